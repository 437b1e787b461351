//! Boots of the Debian guest: compared with QEMU's, or repeated until something goes wrong.

use std::path::PathBuf;
use std::time::Duration;

use manyhart::debian::{self, Guest};

use crate::emulator::{Emulator, Times};
use crate::figures::Spread;
use crate::{BenchBootArgs, BootsArgs, Error, GuestArgs};

const LIMIT: Duration = Duration::from_secs(300);

fn guest(args: &GuestArgs) -> Result<Guest, Error> {
    let dir = args.guest.clone().map_or_else(debian::default_dir, Ok)?;
    let guest = debian::ensure(&dir)?;
    println!("{}", debian::describe(&guest));
    Ok(guest)
}

/// The command line that both emulators get.
fn options(guest: &Guest, harts: u32, mode: &str) -> Vec<String> {
    let file = |path: &PathBuf| path.display().to_string();
    let append = format!("console=ttyS0 guest.mode={mode}");
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

/// `bench boot`: runs of both in turn, so that a drift of the host hits both.
pub fn bench(args: &BenchBootArgs) -> Result<(), Error> {
    let guest = guest(&args.guest)?;
    let (ours, theirs) = (Emulator::manyhart()?, Emulator::qemu());
    println!("{}\n{}", ours.version()?, theirs.version()?);
    let (mode, marker) = if args.self_check { ("poweroff", "SELFCHECK PASS") } else { ("marker", "GUEST-MARKER-1") };
    let options = options(&guest, args.guest.harts, mode);
    println!("{} hart(s), to {marker}, {} pairs of runs", args.guest.harts, args.runs);

    let mut pairs: Vec<(Times, Times)> = Vec::new();
    for _ in 0..args.runs {
        pairs.push((ours.until(&options, marker, LIMIT)?, theirs.until(&options, marker, LIMIT)?));
    }
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
    let guest = guest(&args.guest)?;
    let ours = Emulator::manyhart()?;
    let options = options(&guest, args.guest.harts, "poweroff");
    let marker = format!("SELFCHECK PASS harts={}", args.guest.harts);
    for boot in 1..=args.times {
        let times = ours.until(&options, &marker, LIMIT)?;
        println!("boot {boot}: {marker} after {:.1} s, {:.1} s of processor time", times.wall, times.cpu);
    }
    println!("{} passed, 0 failed", args.times);
    Ok(())
}
