//! `bench hotplug`: what device registers and BAR moves cost a guest, here and on QEMU. The guest measures itself with `rdtime`
//! (`guest/bench/hotplug.c`).

use std::path::Path;
use std::time::Duration;

use crate::emulator::Emulator;
use crate::figures::Spread;
use crate::{BenchHotplugArgs, Error, guest};

const LIMIT: Duration = Duration::from_secs(300);
/// The board's time has ticks of this many nanoseconds.
const TICK: f64 = 100.0;

/// What one guest printed, by name: nanoseconds for each time it says.
#[derive(Debug, Default)]
struct Figures {
    read: Vec<f64>,
    write: Vec<f64>,
    seen: Vec<f64>,
}

/// Runs of both emulators in turn, so that a drift of the host hits both.
pub fn bench(args: &BenchHotplugArgs) -> Result<(), Error> {
    let (ours, theirs) = (Emulator::manyhart()?, Emulator::qemu());
    println!("{}\n{}", ours.version()?, theirs.version()?);
    println!("{} functions, {} pairs of runs; times are the guest's own", args.functions, args.runs);
    println!("{:<34} {:>9} {:>9} {:>9}", "", "min", "median", "max");
    let alone = run(args, 1, &ours, &theirs)?;
    compare("MMIO read", "ns", 1.0, &alone, &theirs, |figures| &figures.read);
    compare("BAR move, the write itself", "us", 1e-3, &alone, &theirs, |figures| &figures.write);
    let both = run(args, 2, &ours, &theirs)?;
    compare("BAR move until another hart sees", "us", 1e-3, &both, &theirs, |figures| &figures.seen);
    Ok(())
}

fn run(
    args: &BenchHotplugArgs,
    harts: u32,
    ours: &Emulator,
    theirs: &Emulator,
) -> Result<Vec<(Figures, Figures)>, Error> {
    let guest = guest::build("hotplug", harts, &[])?;
    let options = options(args, harts, guest.path());
    let one = |emulator: &Emulator| parse(&emulator.lines_until(&options, "DONE", LIMIT)?, args.functions);
    (0..args.runs).map(|_| Ok((one(ours)?, one(theirs)?))).collect()
}

/// The command line that both emulators get.
fn options(args: &BenchHotplugArgs, harts: u32, guest: &Path) -> Vec<String> {
    let mut options: Vec<String> =
        ["-M", "virt", "-m", "128M", "-bios", "none", "-nographic", "-no-reboot", "-smp"].map(str::to_owned).into();
    options.extend([harts.to_string(), "-kernel".to_owned(), guest.display().to_string()]);
    for function in 0..args.functions {
        // Device 0 is the host bridge.
        let (device, function) = (function / 8 + 1, function % 8);
        options.extend(["-device".to_owned(), format!("edu,addr={device:x}.{function},multifunction=on")]);
    }
    options
}

fn parse(lines: &[String], functions: u32) -> Result<Figures, Error> {
    let mut figures = Figures::default();
    for line in lines {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
        match (name, &numbers[..]) {
            ("functions", [found, _]) if *found != f64::from(functions) => {
                return Err(Error::Failed(format!("the guest finds {found} functions, not {functions}")));
            }
            ("read", [ticks, count]) => figures.read.push(ticks * TICK / count),
            ("write", [ticks, count]) => figures.write.push(ticks * TICK / count),
            ("seen", [ticks, _]) => figures.seen.push(ticks * TICK),
            _ => {}
        }
    }
    match figures.read.is_empty() && figures.seen.is_empty() {
        true => Err(Error::Failed("the guest says no figures".to_owned())),
        false => Ok(figures),
    }
}

/// Three rows: ours, theirs, the ratio of each pair's medians.
fn compare(
    what: &str,
    unit: &str,
    scale: f64,
    pairs: &[(Figures, Figures)],
    theirs: &Emulator,
    pick: fn(&Figures) -> &Vec<f64>,
) {
    // A guest prints some of each, or it never came to its last line.
    let median = |figures: &Figures| Spread::of(pick(figures).iter().copied()).median;
    let of =
        |side: fn(&(Figures, Figures)) -> &Figures| Spread::of(pairs.iter().map(|pair| median(side(pair)) * scale));
    println!("{}", of(|pair| &pair.0).row(&format!("{what}, manyhart"), unit));
    println!("{}", of(|pair| &pair.1).row(&format!("{what}, {}", theirs.name()), unit));
    println!("{}", Spread::of(pairs.iter().map(|(ours, theirs)| median(ours) / median(theirs))).row("ratio", "x"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_console() {
        let lines =
            ["functions 64 0", "read 1000 500", "write 20 10", "seen 7 0", "seen 9 0", "noise"].map(str::to_owned);
        let figures = parse(&lines, 64).expect("all there");
        assert_eq!((figures.read, figures.write, figures.seen), (vec![200.0], vec![200.0], vec![700.0, 900.0]));
        assert!(parse(&lines, 63).is_err(), "another board");
        assert!(parse(&[], 64).is_err(), "nothing");
    }
}
