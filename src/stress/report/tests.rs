//! Verdicts.

use super::*;
use crate::stress::layout::Mismatch;

/// A run that has passed.
pub fn good() -> Report {
    let figures = HartFigures {
        rounds: 9,
        ram: 9,
        changed: 1600,
        still: 320,
        writes: 5,
        own: 3,
        bank: 2,
        flag: 2,
        interrupt: 2,
        finished: true,
        ..HartFigures::default()
    };
    let row = HartRow { figures, generations: 1000, instructions: 1_000_000 };
    let latency = Latency {
        count: 30,
        min: 900,
        median: 12_000,
        p90: 20_000,
        p99: 40_000,
        p999: 90_000,
        max: 90_000,
        buckets: vec![(1_000, 1), (12_589, 20), (100_000, 9)],
    };
    let sample = |second: u32| Sample {
        seconds: f64::from(second),
        generation: u64::from(second) * 1000,
        resident: 80 << 20,
        judged: vec![u64::from(second) * 480; 2],
    };
    let mut report = Report {
        options: Options {
            harts: 2,
            functions: 8,
            seconds: 4,
            seed: 7,
            mix: "move=1".to_owned(),
            ..Options::default()
        },
        seconds: 4.0,
        commits: 4000,
        operations: [("move", 3000), ("plug", 8)].into(),
        commit_latency: latency.clone(),
        mmio_latency: latency,
        harts: vec![row; 2],
        slots: vec![SlotRow { changes: 9, words: [0x100, u32::MAX] }; 16],
        samples: (0..5).map(sample).collect(),
        ..Report::default()
    };
    report.judge();
    report
}

#[test]
fn a_good_run_passes() {
    let report = good();
    assert_eq!(report.objections, Vec::<String>::new());
    assert!(report.passed && report.to_string().ends_with("PASS: no wrong value (seed 7)"), "{report}");
}

#[test]
fn every_objection_fails_the_run() {
    type Damage = fn(&mut Report);
    let cases: [(&str, Damage); 10] = [
        (
            "hart 1: 2 wrong values; the first: a value is of an epoch between the bounds of its access, expected 0x1, got 0x2 at 0x50002008, slot 1, epochs 3 to 4",
            |report| {
                report.harts[1].figures.errors = 2;
                let first = Mismatch { kind: 2, expected: 1, got: 2, address: 0x5000_2008, epochs: (3, 4) };
                report.harts[1].figures.first = Some(first);
            },
        ),
        ("hart 0 did not finish, and was visiting slot 3", |report| {
            let figures = &mut report.harts[0].figures;
            (figures.finished, figures.whereabouts, figures.slot) = (false, 2, 3);
        }),
        ("hart 0 never looked where something had changed", |report| report.harts[0].figures.changed = 0),
        ("no hart ever moved its own function", |report| {
            report.harts.iter_mut().for_each(|hart| hart.figures.own = 0);
        }),
        ("no hart ever heard of another by an interrupt", |report| {
            report.harts.iter_mut().for_each(|hart| hart.figures.interrupt = 0);
        }),
        ("the storm never did anything", |report| report.operations.clear()),
        ("2 devices were made to panic, and 1 have failed", |report| {
            (report.faults.panics, report.faults.failures) = (2, 1);
        }),
        ("0 devices were made to panic, and 1 have failed", |report| report.faults.failures = 1),
        ("memory grew steadily, from 100 MiB to 200 MiB", |report| {
            report.memory = Some(Memory { settled: 100 << 20, last: 200 << 20, growth: 100 << 20 });
        }),
        ("stuck", |report| report.trouble.push("stuck".to_owned())),
    ];
    for (want, damage) in cases {
        let mut report = good();
        damage(&mut report);
        report.judge();
        assert!(!report.passed && report.objections.iter().any(|line| line == want), "{want}: {:?}", report.objections);
        let command = "FAIL; the same operations again: manyhart stress --harts 2 --functions 8 --seconds 4 --seed 7 --rate 0 --mix move=1";
        assert!(report.to_string().ends_with(command), "{report}");
    }
}

#[test]
fn one_hart_has_nobody_to_listen_to() {
    let mut report = good();
    report.harts.truncate(1);
    let figures = &mut report.harts[0].figures;
    (figures.flag, figures.interrupt) = (0, 0);
    report.judge();
    assert!(report.passed, "{:?}", report.objections);
}

#[test]
fn the_report_is_json() {
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&good()).unwrap()).unwrap();
    assert_eq!(json["passed"], true);
    assert_eq!(json["operations"]["move"], 3000);
    assert_eq!(json["harts"][1]["changed"], 1600);
    assert_eq!(json["harts"][1]["generations"], 1000);
    assert_eq!(json["commit_latency"]["median"], 12_000);
    assert_eq!(json["command"], good().command);
}
