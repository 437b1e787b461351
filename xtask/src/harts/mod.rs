//! `bench harts`: how fast harts run, beside QEMU in the same run.
//!
//! A workload (`guest/bench`) is run at two lengths; a figure is what the longer run takes more, so that starting, loading and translating
//! cancel out. Time is the emulator's processor time, of all its threads; both emulators run in turn. A workload of two harts does its work twice,
//! at once: its time is for one repetition of one hart, and what two harts do is compared with one by the time on the wall.

mod page;
mod target;
mod workload;

use clap::builder::PossibleValuesParser;

use crate::emulator::Emulator;
use crate::figures::Spread;
use crate::plot::time;
use crate::{BenchHartsArgs, Error, boot};
use workload::{Case, WORKLOADS};

/// The name that stands for the boots among the workloads'.
const BOOT: &str = "boot";
/// How many harts boot, and how far.
const BOOTS: [(u32, boot::Goal); 2] = [(1, boot::FIRST_LINE), (4, boot::SELF_CHECK)];

/// What was measured of one workload, or of a boot.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The workload.
    workload: &'static str,
    /// What it runs on.
    place: String,
    harts: u32,
    /// Nanoseconds for each repetition: ours, then QEMU's.
    times: [f64; 2],
    /// QEMU's time by ours, pair by pair: how many times as fast we are.
    speed: Spread,
    /// The same on the wall, for as many repetitions as one hart does.
    walls: [f64; 2],
    /// Our instructions in a microsecond of processor time.
    mips: Option<f64>,
}

impl Figure {
    /// What it is, for a row and for a target.
    fn name(&self) -> String {
        let harts = if self.harts == 1 { "1 hart".to_owned() } else { format!("{} harts", self.harts) };
        format!("{}, {}, {harts}", self.workload, self.place)
    }

    fn row(&self) -> String {
        let [ours, theirs] = self.times.map(time);
        let Spread { min, median, max } = self.speed;
        let mips = self.mips.map(|mips| format!("  {mips:.0} MIPS")).unwrap_or_default();
        let [name, inverse] = [self.name(), format!("{:.3}", 1.0 / median)];
        format!(
            "{name:<36} {ours:>9} {theirs:>9}   {median:>6.2}x the speed ({min:.2} to {max:.2}), {inverse}x the time{mips}"
        )
    }
}

/// What `--only` takes.
pub fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(WORKLOADS.iter().map(|workload| workload.name).chain([BOOT]))
}

/// `bench harts`.
pub fn bench(args: &BenchHartsArgs) -> Result<(), Error> {
    let (ours, theirs) = (Emulator::manyhart()?, Emulator::qemu());
    let versions = [ours.version()?, theirs.version()?];
    println!("{}\n{}", versions[0], versions[1]);
    println!(
        "{} pairs of runs; processor time for a repetition, ours and QEMU's; the median, and from min to max",
        args.runs
    );
    let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|only| only == name);
    let mut figures = Vec::new();
    for case in workload::cases().filter(|case| wanted(case.workload.name)) {
        figures.push(measure(&case, [&ours, &theirs], args.runs)?);
        figures.last().into_iter().for_each(|figure| println!("{}", figure.row()));
    }
    if wanted(BOOT) && !args.no_boot {
        let guest = boot::guest(args.guest.clone())?;
        for (harts, goal) in BOOTS {
            let pairs = boot::pairs([&ours, &theirs], &guest, harts, goal, args.runs)?;
            figures.push(booted(harts, goal, &pairs));
            figures.last().into_iter().for_each(|figure| println!("{}", figure.row()));
        }
    }
    let gains = target::gains(&figures);
    for gain in &gains {
        println!("{}", gain.row());
    }
    let losses = target::losses(&figures);
    for loss in &losses {
        println!("{}", loss.row());
    }
    for line in target::verdicts(&figures, &gains, &losses) {
        println!("{line}");
    }
    match args.only.is_empty() && !args.no_boot {
        true => page::write(&args.docs, &versions, &figures, &[page::two_harts(&gains), page::changes(&losses)]),
        false => Ok(()),
    }
}

/// How often a run of QEMU's is tried again that the guest calls wrong.
const TRIES: u32 = 10;

/// A run of QEMU's. Code that changes under several harts comes out wrong there now and then, which the guest notices: such a run has no time.
fn by_peer(case: &Case, guest: &workload::Guest, theirs: &Emulator) -> Result<workload::Total, Error> {
    let mut tries = 0;
    loop {
        match guest.run(theirs) {
            Err(error) if case.workload.name == workload::PATCH && case.harts > 1 && tries < TRIES => {
                eprintln!("once more, after {error}");
                tries += 1;
            }
            other => return other,
        }
    }
}

fn measure(case: &Case, [ours, theirs]: [&Emulator; 2], runs: u32) -> Result<Figure, Error> {
    let guests = case.guests()?;
    let mut pairs = Vec::new();
    for _ in 0..runs {
        let mut totals = [[workload::Total::default(); 2]; 2];
        for length in [0, 1] {
            totals[0][length] = guests[length].run(ours)?;
            totals[1][length] = by_peer(case, &guests[length], theirs)?;
        }
        pairs.push(totals.map(|[short, long]| workload::Total::more(&long, &short)));
    }
    let repetitions = f64::from(case.repetitions());
    let of = |figure: fn(&workload::Total) -> f64| {
        [0, 1].map(|side| Spread::of(pairs.iter().map(|pair: &[_; 2]| figure(&pair[side]))).median)
    };
    let name = format!("{}, {}, {} hart(s)", case.workload.name, case.place, case.harts);
    if pairs.iter().flatten().any(|total| total.cpu <= 0.0 || total.wall <= 0.0) {
        return Err(Error::Failed(format!("{name}: the longer run was not the longer one: the machine is too busy")));
    }
    let (cpu, harts) = (of(|total| total.cpu), f64::from(case.harts));
    Ok(Figure {
        workload: case.workload.name,
        place: case.place.to_owned(),
        harts: case.harts,
        times: cpu.map(|seconds| seconds * 1e9 / repetitions / harts),
        speed: Spread::of(pairs.iter().map(|[ours, theirs]| theirs.cpu / ours.cpu)),
        walls: of(|total| total.wall),
        mips: Some(of(|total| total.instructions as f64)[0] * harts / cpu[0] / 1e6),
    })
}

/// A boot's time is on the wall: it is what somebody waits for.
fn booted(harts: u32, goal: boot::Goal, pairs: &[(crate::emulator::Times, crate::emulator::Times)]) -> Figure {
    let walls = [Spread::of(pairs.iter().map(|pair| pair.0.wall)), Spread::of(pairs.iter().map(|pair| pair.1.wall))];
    Figure {
        workload: BOOT,
        place: format!("to {}", goal.marker),
        harts,
        times: walls.map(|wall| wall.median * 1e9),
        speed: Spread::of(pairs.iter().map(|(ours, theirs)| theirs.wall / ours.wall)),
        walls: walls.map(|wall| wall.median),
        mips: None,
    }
}
