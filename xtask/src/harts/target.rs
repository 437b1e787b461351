//! What the figures are to reach.

use super::workload::{BARE, PATCH, STILL, SV39, Total};
use super::{BOOT, Figure};
use crate::figures::{self, Spread};

/// How fast we are to be, as so many times QEMU's speed.
#[derive(Debug)]
struct Target {
    workload: &'static str,
    /// `None`: wherever it was measured.
    place: Option<&'static str>,
    harts: u32,
    limit: Limit,
}

#[derive(Debug, Clone, Copy)]
enum Limit {
    /// At least so many times QEMU's speed.
    Speed(f64),
    /// At most so many times QEMU's time.
    Time(f64),
}

const TARGETS: [Target; 10] = [
    Target { workload: "mem", place: Some(SV39), harts: 1, limit: Limit::Speed(2.0) },
    Target { workload: "tlb", place: Some(SV39), harts: 1, limit: Limit::Speed(8.0) },
    Target { workload: "alu", place: None, harts: 1, limit: Limit::Speed(0.33) },
    Target { workload: "fp", place: None, harts: 1, limit: Limit::Speed(0.7) },
    Target { workload: "amo-shared", place: None, harts: 2, limit: Limit::Speed(1.0) },
    Target { workload: "mmio", place: None, harts: 1, limit: Limit::Time(0.4) },
    Target { workload: "trap", place: Some(BARE), harts: 1, limit: Limit::Time(0.15) },
    Target { workload: "trap", place: Some(SV39), harts: 1, limit: Limit::Time(0.35) },
    Target { workload: BOOT, place: None, harts: 1, limit: Limit::Time(1.25) },
    Target { workload: BOOT, place: None, harts: 4, limit: Limit::Time(2.0) },
];

/// Two harts on integers are to do so many times the work of one.
const GAIN: (&str, f64) = ("alu", 1.9);
/// Code that changes may take so many times what the same work takes without.
const LOSS: f64 = 2.0;

impl Limit {
    /// As a speed.
    fn speed(self) -> f64 {
        match self {
            Limit::Speed(speed) => speed,
            Limit::Time(time) => 1.0 / time,
        }
    }
}

/// The target of a figure, as a speed.
pub fn of(figure: &Figure) -> Option<f64> {
    TARGETS.iter().find(|target| target.is_for(figure)).map(|target| target.limit.speed())
}

impl Target {
    fn is_for(&self, figure: &Figure) -> bool {
        self.workload == figure.workload
            && self.harts == figure.harts
            && self.place.is_none_or(|place| place == figure.place)
    }

    /// None where there is nothing to compare with.
    fn verdict(&self, figure: &Figure) -> Option<String> {
        let (name, speed) = (figure.name(), figure.speed?.median);
        let what = match self.limit {
            Limit::Speed(least) => format!("{name}: {speed:.2} of QEMU's speed, at least {least}"),
            Limit::Time(most) => format!("{name}: {:.3} of QEMU's time, at most {most}", 1.0 / speed),
        };
        Some(figures::verdict(speed >= self.limit.speed(), &what))
    }
}

/// One figure by another: ours, and QEMU's where it has both.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ratio {
    ours: f64,
    theirs: Option<f64>,
}

impl Ratio {
    fn of(a: &Figure, b: &Figure) -> Ratio {
        Ratio { ours: a.ours / b.ours, theirs: a.theirs.zip(b.theirs).map(|(a, b)| a / b) }
    }

    /// Two times the work of `one` in the time of `two`: the median of the rounds.
    fn gain(one: &Figure, two: &Figure, figure: fn(&Total) -> f64) -> Option<Ratio> {
        let rounds = || one.rounds.iter().zip(&two.rounds);
        let times = |one: &Total, two: &Total| 2.0 * figure(one) / figure(two);
        let median = |ratios: Vec<f64>| (!ratios.is_empty()).then(|| Spread::of(ratios).median);
        let ours = median(rounds().map(|(one, two)| times(&one.ours, &two.ours)).collect())?;
        let theirs = rounds().filter_map(|(one, two)| Some(times(&one.theirs?, &two.theirs?))).collect();
        Some(Ratio { ours, theirs: median(theirs) })
    }

    fn doubled(self) -> Ratio {
        Ratio { ours: 2.0 * self.ours, theirs: self.theirs.map(|theirs| 2.0 * theirs) }
    }

    fn theirs(&self) -> String {
        self.theirs.map_or_else(|| "-".to_owned(), |theirs| format!("{theirs:.2}"))
    }
}

/// How many times the work of one hart two do in the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct Gain {
    workload: &'static str,
    name: String,
    /// On the wall.
    times: Ratio,
    /// As it would be if both had a processor of their own: by processor time.
    undisturbed: Ratio,
}

impl Gain {
    /// Its line.
    pub fn row(&self) -> String {
        let Gain { name, times, undisturbed, .. } = self;
        format!(
            "{name}: two harts do {:.2}x ({:.2}x by processor time) the work of one in the same time; QEMU's {}x ({}x)",
            times.ours,
            undisturbed.ours,
            times.theirs(),
            undisturbed.theirs()
        )
    }

    /// Its row of the page's table.
    pub fn cells(&self) -> String {
        format!("| {} | {:.2} | {} |", self.name, self.times.ours, self.times.theirs())
    }
}

/// Of all workloads that ran on one hart and on two.
pub fn gains(figures: &[Figure]) -> Vec<Gain> {
    let of = |two: &Figure| {
        let same = |one: &&Figure| one.harts == 1 && one.workload == two.workload && one.place == two.place;
        let one = figures.iter().find(same)?;
        // Each of the two does as much as the one. Processor time is of both together.
        let times = Ratio::gain(one, two, |total| total.wall)?;
        let undisturbed = Ratio::gain(one, two, |total| total.cpu).map(Ratio::doubled)?;
        Some(Gain { workload: two.workload, name: format!("{}, {}", two.workload, two.place), times, undisturbed })
    };
    figures.iter().filter(|figure| figure.harts == 2).filter_map(of).collect()
}

/// How many times as long work takes when its code changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    harts: u32,
    times: Ratio,
}

impl Loss {
    /// Its line.
    pub fn row(&self) -> String {
        let Loss { harts, times } = self;
        format!(
            "{PATCH}, {harts} hart(s): code that changes takes {:.2}x the time of code that does not; QEMU's {}x",
            times.ours,
            times.theirs()
        )
    }

    /// Its row of the page's table.
    pub fn cells(&self) -> String {
        format!("| {} | {:.2} | {} |", self.harts, self.times.ours, self.times.theirs())
    }
}

/// Of each number of harts that was measured with both.
pub fn losses(figures: &[Figure]) -> Vec<Loss> {
    let of = |patched: &Figure| {
        let still = figures.iter().find(|still| still.workload == STILL && still.harts == patched.harts)?;
        Some(Loss { harts: patched.harts, times: Ratio::of(patched, still) })
    };
    figures.iter().filter(|figure| figure.workload == PATCH).filter_map(of).collect()
}

/// A line for each target whose figure was measured.
pub fn verdicts(figures: &[Figure], gains: &[Gain], losses: &[Loss]) -> Vec<String> {
    let of_target = |target: &'static Target| {
        figures.iter().filter(|figure| target.is_for(figure)).filter_map(|figure| target.verdict(figure))
    };
    let (workload, least) = GAIN;
    let of_gains = gains.iter().filter(|gain| gain.workload == workload).map(|gain| {
        let what =
            format!("{}: two harts do {:.2} times the work of one, at least {least}", gain.name, gain.times.ours);
        figures::verdict(gain.times.ours >= least, &what)
    });
    let of_losses = losses.iter().map(|Loss { harts, times: Ratio { ours, .. } }| {
        let what = format!(
            "{PATCH}, {harts} hart(s): {ours:.2} times the time of code that does not change, less than {LOSS}"
        );
        figures::verdict(*ours < LOSS, &what)
    });
    TARGETS.iter().flat_map(of_target).chain(of_gains).chain(of_losses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harts::{PeerRuns, Round};

    fn figure(workload: &'static str, place: &str, harts: u32, speed: f64) -> Figure {
        Figure {
            workload,
            place: place.to_owned(),
            harts,
            ours: 1.0,
            theirs: Some(speed),
            speed: Some(Spread::of([speed])),
            mips: None,
            peer: PeerRuns::default(),
            rounds: Vec::new(),
        }
    }

    /// Rounds that took this long on the wall, ours and QEMU's.
    fn rounds(walls: &[(f64, Option<f64>)]) -> Vec<Round> {
        let total = |wall: f64| Total { cpu: wall, wall, instructions: 0 };
        walls.iter().map(|&(ours, theirs)| Round { ours: total(ours), theirs: theirs.map(total) }).collect()
    }

    #[test]
    fn targets_are_met_or_missed() {
        let figures = [
            figure("mem", BARE, 1, 0.1),
            figure("mem", SV39, 1, 2.0),
            figure("mmio", BARE, 1, 2.4),
            figure("trap", SV39, 1, 3.0),
            figure("boot", "to the end", 4, 0.49),
        ];
        let mut unknown = figures[1].clone();
        unknown.speed = None;
        let lines = verdicts(&[&figures[..], &[unknown]].concat(), &[], &[]);
        let met: Vec<bool> = lines.iter().map(|line| line.starts_with("target met: ")).collect();
        assert_eq!(met, [true, false, true, false], "{lines:#?}");
        assert!(of(&figures[0]).is_none() && of(&figures[1]) == Some(2.0));
    }

    #[test]
    fn two_harts_are_compared_with_one_round_by_round() {
        let mut figures = [
            figure("alu", BARE, 1, 1.0),
            figure("alu", BARE, 2, 1.0),
            figure("alu", SV39, 2, 1.0),
            figure("mem", BARE, 1, 1.0),
        ];
        // The machine was slow in the second round, and something else ran beside the third.
        figures[0].rounds = rounds(&[(2.0, Some(3.0)), (8.0, None), (2.0, Some(3.0))]);
        figures[1].rounds = rounds(&[(2.5, Some(3.0)), (10.0, Some(3.0)), (4.0, Some(6.0))]);
        let gains = gains(&figures);
        assert_eq!(
            gains.iter().map(|gain| (gain.name.as_str(), gain.times)).collect::<Vec<_>>(),
            [("alu, bare", Ratio { ours: 1.6, theirs: Some(1.5) })]
        );
        let lines = verdicts(&[], &gains, &[]);
        assert!(lines.len() == 1 && lines[0].starts_with("target MISSED: alu, bare"), "{lines:?}");
    }

    #[test]
    fn what_changing_costs_is_by_the_same_work() {
        let slow = |mut figure: Figure| {
            figure.ours = 3.0;
            figure
        };
        let mut wrong = slow(figure(PATCH, BARE, 4, 1.0));
        wrong.theirs = None;
        let figures = [
            slow(figure(PATCH, BARE, 1, 9.0)),
            slow(figure(PATCH, BARE, 2, 1.0)),
            wrong,
            figure(STILL, BARE, 1, 2.0),
            figure(STILL, BARE, 4, 2.0),
        ];
        let losses = losses(&figures);
        let loss = |harts, theirs| Loss { harts, times: Ratio { ours: 3.0, theirs } };
        assert_eq!(losses, [loss(1, Some(4.5)), loss(4, None)]);
        let lines = verdicts(&[], &[], &losses);
        assert!(lines.len() == 2 && lines[0].starts_with("target MISSED: patch, 1 hart(s)"), "{lines:?}");
    }
}
