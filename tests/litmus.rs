//! `manyhart litmus`, as a user starts it.

mod support;

use std::time::Duration;

use support::console::Console;

const LIMIT: Duration = Duration::from_secs(600);

/// Runs to the end; answers the exit status and what was printed.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let mut console = Console::start(&[&["litmus"], arguments].concat());
    let status = console.wait(LIMIT);
    (status.code(), console.output())
}

#[test]
fn a_short_run_of_some_shapes_passes_and_leaves_its_report() {
    let json = std::env::temp_dir().join(format!("manyhart-litmus-{}.json", std::process::id()));
    let shapes =
        ["SB", "MP+fence.rw.rws", "IRIW+fence.rw.rws", "MP+bar.fence+fence", "MP+pte+sfence", "MP+code+fencei"];
    let mut arguments = vec!["--iterations", "500", "--json", json.to_str().expect("a plain path")];
    shapes.iter().for_each(|shape| arguments.extend(["--shape", *shape]));
    let (status, output) = run(&arguments);
    assert!(status == Some(0) && output.contains("PASS: no forbidden outcome (seed 1)"), "{output}");
    assert!(output.contains("Observation MP+fence.rw.rws Never 0 512"), "{output}");
    let report = std::fs::read_to_string(&json).expect("a report");
    std::fs::remove_file(&json).expect("it was there");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let rows = report["shapes"].as_array().expect("a row a shape");
    assert_eq!(rows.len(), shapes.len());
    for row in rows {
        assert!(row["iterations"].as_u64() >= Some(500) && row["forbidden"] == 0, "{row}");
    }
}

#[test]
fn shapes_for_which_there_are_too_few_harts_are_named_and_not_run() {
    let (status, output) = run(&["--harts", "2", "--iterations", "64", "--shape", "CoRR", "--shape", "IRIW"]);
    assert!(status == Some(0) && output.contains("not run, for want of harts: IRIW"), "{output}");
}

#[test]
fn a_signal_ends_it_early_and_it_says_how_far_it_came() {
    let mut console = Console::start(&["litmus", "--harts", "2", "--seed", "7"]);
    // At that moment the next shape begins.
    console.wait_for("Observation", LIMIT);
    console.interrupt();
    let status = console.wait(LIMIT);
    let output = console.output();
    assert!(
        output.contains("INTERRUPTED: ") && output.ends_with(" done, no forbidden outcome so far (seed 7)\n"),
        "{output}"
    );
    assert_eq!(status.code(), Some(130), "{output}");
}

#[test]
fn wrong_command_lines_are_refused() {
    let cases =
        [["--shape", "no-such"], ["--harts", "1"], ["--harts", "65"], ["--iterations", "0"], ["--seconds", "1"]];
    for arguments in cases {
        let (status, output) = run(&arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {output}");
    }
    let (status, output) = run(&["--list"]);
    assert!(status == Some(0) && output.lines().any(|line| line == "IRIW+addrs"), "{output}");
}
