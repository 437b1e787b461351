//! Boots of the Debian guest: compared with QEMU's, or repeated until something goes wrong.

use std::path::PathBuf;
use std::time::Duration;

use manyhart::debian::{self, Guest};

use crate::emulator::{Emulator, Times};
use crate::figures::Spread;
use crate::{BenchBootArgs, BootsArgs, Error};

const LIMIT: Duration = Duration::from_secs(900);

/// Where a boot is over: what init is told, and the line that it then prints.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    mode: &'static str,
    /// The line.
    pub marker: &'static str,
}

/// The first line of userspace.
pub const FIRST_LINE: Goal = Goal { mode: "marker", marker: "GUEST-MARKER-1" };
/// Power-off, after the guest has looked at itself.
pub const SELF_CHECK: Goal = Goal { mode: "poweroff", marker: "SELFCHECK PASS" };

/// The guest in this directory, or in the cache.
pub fn guest(dir: Option<PathBuf>) -> Result<Guest, Error> {
    let dir = dir.map_or_else(debian::default_dir, Ok)?;
    let guest = debian::ensure(&dir)?;
    println!("{}", debian::describe(&guest));
    Ok(guest)
}

/// The command line that both emulators get.
fn options(guest: &Guest, harts: u32, mode: &str) -> Vec<String> {
    let file = |path: &PathBuf| path.display().to_string();
    // From userspace on the kernel's messages stay off the console: one could come in the middle of the marker.
    let append = format!("console=ttyS0 guest.mode={mode} sysctl.kernel.printk=1");
    [
        ["-M", "virt"],
        ["-smp", &harts.to_string()],
        ["-m", "512M"],
        ["-bios", &file(&guest.firmware)],
        ["-kernel", &file(&guest.kernel)],
        ["-initrd", &file(&guest.initrd)],
        ["-append", &append],
    ]
    .concat()
    .into_iter()
    .chain(["-nographic", "-no-reboot"])
    .map(str::to_owned)
    .collect()
}

/// Boots of both emulators in turn, so that a drift of the host hits both.
pub fn pairs(
    [ours, theirs]: [&Emulator; 2],
    guest: &Guest,
    harts: u32,
    goal: Goal,
    runs: u32,
) -> Result<Vec<(Times, Times)>, Error> {
    let options = options(guest, harts, goal.mode);
    let one = |emulator: &Emulator| emulator.until(&options, goal.marker, LIMIT);
    (0..runs).map(|_| Ok((one(ours)?, one(theirs)?))).collect()
}

/// `bench boot`.
pub fn bench(args: &BenchBootArgs) -> Result<(), Error> {
    let guest = guest(args.guest.guest.clone())?;
    let (ours, theirs) = (Emulator::manyhart()?, Emulator::qemu());
    println!("{}\n{}", ours.version()?, theirs.version()?);
    let goal = if args.self_check { SELF_CHECK } else { FIRST_LINE };
    println!("{} hart(s), to {}, {} pairs of runs", args.guest.harts, goal.marker, args.runs);
    let pairs = pairs([&ours, &theirs], &guest, args.guest.harts, goal, args.runs)?;
    println!("{:<34} {:>8} {:>8} {:>8}", "", "min", "median", "max");
    type Figure = fn(&Times) -> f64;
    let figures: [(&str, Figure); 2] = [("wall", |times| times.wall), ("cpu", |times| times.cpu)];
    for (what, figure) in figures {
        let of = |pick: fn(&(Times, Times)) -> &Times| Spread::of(pairs.iter().map(|pair| figure(pick(pair))));
        println!("{}", of(|pair| &pair.0).row(&format!("manyhart, {what}"), "s"));
        println!("{}", of(|pair| &pair.1).row(&format!("{}, {what}", theirs.name()), "s"));
        let ratio = Spread::of(pairs.iter().map(|(ours, theirs)| figure(ours) / figure(theirs)));
        println!("{}", ratio.row(&format!("ratio, {what}"), "x"));
    }
    Ok(())
}

/// `boots`: each must pass its self-check.
pub fn repeat(args: &BootsArgs) -> Result<(), Error> {
    let guest = guest(args.guest.guest.clone())?;
    let ours = Emulator::manyhart()?;
    let options = options(&guest, args.guest.harts, SELF_CHECK.mode);
    let marker = format!("{} harts={}", SELF_CHECK.marker, args.guest.harts);
    for boot in 1..=args.times {
        let times = ours.until(&options, &marker, LIMIT)?;
        println!("boot {boot}: {marker} after {:.1} s, {:.1} s of processor time", times.wall, times.cpu);
    }
    println!("{} passed, 0 failed", args.times);
    Ok(())
}
