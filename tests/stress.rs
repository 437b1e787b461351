//! `manyhart stress`, as a user starts it.

mod support;

use std::path::PathBuf;
use std::time::Duration;

use support::console::Console;

/// A file of this test's own.
fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("manyhart-stress-{}-{name}", std::process::id()))
}

/// Runs to the end; answers the exit status and what was printed.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let mut console = Console::start(&[&["stress"], arguments].concat());
    let status = console.wait(Duration::from_secs(400));
    (status.code(), console.output())
}

#[test]
fn a_short_storm_passes_and_leaves_its_reports() {
    let (json, html) = (file("report.json"), file("report.html"));
    let paths = [&json, &html].map(|path| path.to_str().expect("plain paths").to_owned());
    let arguments = ["--harts", "3", "--functions", "12", "--seconds", "2", "--seed", "5"];
    let (status, output) = run(&[&arguments[..], &["--json", &paths[0], "--html", &paths[1]]].concat());
    assert!(status == Some(0) && output.contains("PASS: no wrong value (seed 5)"), "{output}");
    let report = std::fs::read_to_string(&json).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!((&report["passed"], &report["options"]["functions"]), (&true.into(), &12.into()));
    let harts = report["harts"].as_array().expect("a row a hart");
    assert!(harts.len() == 3 && harts.iter().all(|hart| hart["generations"].as_u64() > Some(0)), "{harts:?}");
    let page = std::fs::read_to_string(&html).expect("a page");
    assert!(page.contains(">PASS<") && page.contains("</html>") && page.contains("data:image/svg+xml,"));
    for path in [json, html] {
        std::fs::remove_file(path).expect("it was there");
    }
}

#[test]
fn injected_faults_are_met_and_told_and_the_machine_stays_up() {
    let arguments = ["--harts", "2", "--functions", "16", "--commits", "6000", "--inject", "panic=2,slow=4,refuse=4"];
    let (status, output) = run(&arguments);
    assert!(status == Some(0) && output.contains("PASS"), "{output}");
    let line = output.lines().find(|line| line.starts_with("injected: ")).expect("a line about it");
    assert!(!line.starts_with("injected: 0 devices") && line.contains("all refused (no such"), "{line}");
}

#[test]
fn one_function_one_hart_and_a_slow_storm_are_a_storm_too() {
    let arguments = ["--harts", "1", "--functions", "1", "--seconds", "1", "--rate", "200", "--mix", "move,disable"];
    let (status, output) = run(&arguments);
    assert!(status == Some(0) && output.contains("PASS"), "{output}");
}

#[test]
fn a_mix_that_comes_to_its_end_fails_with_the_command_that_repeats_it() {
    let (status, output) = run(&["--harts", "1", "--functions", "4", "--seconds", "60", "--mix", "unplug"]);
    assert!(status == Some(1) && output.contains("leads to nothing"), "{output}");
    let again = "manyhart stress --harts 1 --functions 4 --seconds 60 --seed 1 --rate 0 --mix unplug=1";
    assert!(output.contains(&format!("FAIL; the same operations again: {again}")), "{output}");
}

#[test]
fn a_storm_may_be_as_long_as_it_takes_for_so_many_commits() {
    let (status, output) = run(&["--harts", "2", "--functions", "8", "--commits", "3000"]);
    let commits = output.lines().find_map(|line| line.split_once(" commits (")).expect("a line about them").0;
    let commits: u64 = commits.replace(',', "").parse().expect("a number");
    assert!(status == Some(0) && output.contains("PASS") && commits >= 3000, "{output}");
}

#[test]
fn a_signal_ends_it_early_with_a_report() {
    let mut console = Console::start(&["stress", "--harts", "2", "--functions", "8", "--seconds", "600"]);
    console.wait_for("commits", Duration::from_secs(120));
    console.interrupt();
    let status = console.wait(Duration::from_secs(240));
    let output = console.output();
    assert!(status.success() && output.contains("(interrupted)") && output.contains("PASS"), "{status}\n{output}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        (["--harts", "65"], "65"),
        (["--functions", "161"], "161"),
        (["--seconds", "0"], "0"),
        (["--commits", "0"], "0"),
        (["--mix", "jump"], "'jump' is none of"),
        (["--inject", "move"], "'move' is none of panic, slow, refuse"),
    ];
    for (arguments, want) in cases {
        let (status, output) = run(&arguments);
        assert!(status == Some(2) && output.contains(want), "{arguments:?}: {output}");
    }
}
