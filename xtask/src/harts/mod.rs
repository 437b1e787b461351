//! `bench harts`: how fast harts run, beside QEMU in the same run.
//!
//! A workload (`guest/bench`) is run at two lengths; a figure is what the longer run takes more, so that starting, loading and translating
//! cancel out. Time is the emulator's processor time, of all its threads; both emulators run in turn. A workload of two harts does its work twice,
//! at once: its time is for one repetition of one hart. What two harts do is compared with one by the time on the wall, round by round: in each round
//! the workload runs on every number of harts.

mod page;
mod target;
mod workload;

use clap::builder::PossibleValuesParser;

use crate::emulator::Emulator;
use crate::figures::Spread;
use crate::plot::time;
use crate::{BenchHartsArgs, Error, boot};
use workload::{Case, Total, WORKLOADS};

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
    /// Nanoseconds for each repetition: the median.
    ours: f64,
    /// None where all of QEMU's runs were wrong.
    theirs: Option<f64>,
    /// QEMU's time by ours, pair by pair: how many times as fast we are.
    speed: Option<Spread>,
    /// Our instructions in a microsecond of processor time.
    mips: Option<f64>,
    peer: PeerRuns,
    /// What was measured, in the order of the rounds.
    rounds: Vec<Round>,
}

/// How often QEMU ran, and how often the guest found what it did wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct PeerRuns {
    all: u32,
    wrong: u32,
}

impl PeerRuns {
    /// Nothing, where none was wrong.
    fn remark(&self) -> Option<String> {
        (self.wrong > 0).then(|| format!("QEMU wrong in {} of {} runs", self.wrong, self.all))
    }
}

impl Figure {
    /// What it is, for a row and for a target.
    fn name(&self) -> String {
        let harts = if self.harts == 1 { "1 hart".to_owned() } else { format!("{} harts", self.harts) };
        format!("{}, {}, {harts}", self.workload, self.place)
    }

    fn row(&self) -> String {
        let (name, ours) = (self.name(), time(self.ours));
        let theirs = self.theirs.map_or_else(|| "-".to_owned(), time);
        let ratio = self.speed.map(|Spread { min, median, max }| {
            format!("   {median:>6.2}x the speed ({min:.2} to {max:.2}), {:.3}x the time", 1.0 / median)
        });
        let mips = self.mips.map(|mips| format!("  {mips:.0} MIPS"));
        let remark = self.peer.remark().map(|remark| format!("  {remark}"));
        let rest: String = [ratio, mips, remark].into_iter().flatten().collect();
        format!("{name:<36} {ours:>9} {theirs:>9}{rest}")
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
    for cases in workload::groups().filter(|cases| cases.iter().any(|case| wanted(case.workload.name))) {
        let measured = measure(&cases, [&ours, &theirs], args.runs)?;
        measured.iter().for_each(|figure| println!("{}", figure.row()));
        figures.extend(measured);
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

/// How often a run is tried that QEMU gets wrong.
const TRIES: u32 = 4;

/// A run of QEMU's; none if each was wrong. Code that one hart changes while others run it comes out wrong there now and then
/// (`docs/harts.md` says why), which the guest notices: such a run has no time, and no other workload may be wrong.
fn by_peer(
    case: &Case,
    guest: &workload::Guest,
    qemu: &Emulator,
    runs: &mut PeerRuns,
) -> Result<Option<workload::Total>, Error> {
    for _ in 0..TRIES {
        runs.all += 1;
        match guest.run(qemu) {
            Err(Error::Failed(why)) if case.workload.name == workload::PATCH && case.harts > 1 => {
                eprintln!("{why}");
                runs.wrong += 1;
            }
            other => return other.map(Some),
        }
    }
    Ok(None)
}

/// What a workload's longer runs took more than its shorter, ours and QEMU's.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Round {
    ours: Total,
    theirs: Option<Total>,
}

impl Round {
    fn measure(
        case: &Case,
        guests: &[workload::Guest; 2],
        both: [&Emulator; 2],
        runs: &mut PeerRuns,
    ) -> Result<Round, Error> {
        let [ours, theirs] = both;
        let mut totals = [(Total::default(), None); 2];
        for (guest, total) in guests.iter().zip(&mut totals) {
            *total = (guest.run(ours)?, by_peer(case, guest, theirs, runs)?);
        }
        let [short, long] = totals;
        let theirs = long.1.zip(short.1).map(|(long, short)| long.more(&short));
        let round = Round { ours: long.0.more(&short.0), theirs };
        let longer = |total: &Total| total.cpu > 0.0 && total.wall > 0.0;
        match longer(&round.ours) && theirs.as_ref().is_none_or(longer) {
            true => Ok(round),
            false => {
                let name = format!("{}, {}, {} hart(s)", case.workload.name, case.place, case.harts);
                let why = "the longer run was not the longer one: the machine is too busy";
                Err(Error::Failed(format!("{name}: {why}")))
            }
        }
    }
}

/// Measures these cases in turn, so that what disturbs one disturbs all.
fn measure(cases: &[Case], both: [&Emulator; 2], runs: u32) -> Result<Vec<Figure>, Error> {
    let guests = cases.iter().map(Case::guests).collect::<Result<Vec<_>, _>>()?;
    let mut measured = vec![(PeerRuns::default(), Vec::new()); cases.len()];
    for _ in 0..runs {
        for ((case, guests), (peer, rounds)) in cases.iter().zip(&guests).zip(&mut measured) {
            rounds.push(Round::measure(case, guests, both, peer)?);
        }
    }
    Ok(cases.iter().zip(measured).map(|(case, (peer, rounds))| figure(case, peer, rounds)).collect())
}

fn figure(case: &Case, peer: PeerRuns, rounds: Vec<Round>) -> Figure {
    let ours: Vec<Total> = rounds.iter().map(|round| round.ours).collect();
    let theirs: Vec<Total> = rounds.iter().filter_map(|round| round.theirs).collect();
    let (repetitions, harts) = (f64::from(case.repetitions()), f64::from(case.harts));
    let median = |totals: &[Total], figure: fn(&Total) -> f64| Spread::of(totals.iter().map(figure)).median;
    let took = |totals: &[Total]| median(totals, |total| total.cpu) * 1e9 / repetitions / harts;
    let ratios: Vec<f64> = rounds.iter().filter_map(|round| Some(round.theirs?.cpu / round.ours.cpu)).collect();
    let instructions = median(&ours, |total| total.instructions as f64);
    Figure {
        workload: case.workload.name,
        place: case.place.to_owned(),
        harts: case.harts,
        ours: took(&ours),
        theirs: (!theirs.is_empty()).then(|| took(&theirs)),
        speed: (!ratios.is_empty()).then(|| Spread::of(ratios)),
        mips: Some(instructions * harts / median(&ours, |total| total.cpu) / 1e6),
        peer,
        rounds,
    }
}

/// A boot's time is on the wall: it is what somebody waits for.
fn booted(harts: u32, goal: boot::Goal, pairs: &[(crate::emulator::Times, crate::emulator::Times)]) -> Figure {
    let took = |walls: Spread| walls.median * 1e9;
    Figure {
        workload: BOOT,
        place: format!("to {}", goal.marker),
        harts,
        ours: took(Spread::of(pairs.iter().map(|pair| pair.0.wall))),
        theirs: Some(took(Spread::of(pairs.iter().map(|pair| pair.1.wall)))),
        speed: Some(Spread::of(pairs.iter().map(|(ours, theirs)| theirs.wall / ours.wall))),
        mips: None,
        peer: PeerRuns::default(),
        rounds: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_is_known() {
        let mut figure = Figure {
            workload: workload::PATCH,
            place: workload::BARE.to_owned(),
            harts: 2,
            ours: 1000.0,
            theirs: Some(2000.0),
            speed: Some(Spread::of([2.0])),
            mips: Some(7.0),
            peer: PeerRuns { all: 12, wrong: 0 },
            rounds: Vec::new(),
        };
        assert!(figure.row().ends_with("x the speed (2.00 to 2.00), 0.500x the time  7 MIPS"), "{}", figure.row());
        figure.peer.wrong = 3;
        assert!(figure.row().ends_with("  QEMU wrong in 3 of 12 runs"), "{}", figure.row());
        (figure.theirs, figure.speed) = (None, None);
        let fields: Vec<_> = figure.row().split_whitespace().skip(4).map(str::to_owned).collect();
        assert_eq!(fields.join(" "), format!("{} - 7 MIPS QEMU wrong in 3 of 12 runs", time(1000.0)));
    }
}
