//! The built-in guest, as a user starts it.

mod support;

use std::time::Duration;

use support::console::Console;

#[test]
fn every_number_of_harts_passes() {
    for harts in ["1", "2", "4", "8"] {
        let mut console = Console::start(&["--harts", harts, "--seconds", "1"]);
        let status = console.wait(Duration::from_secs(240));
        let output = console.output();
        assert!(status.success() && output.contains("PASS: no wrong value"), "{harts} harts: {status}\n{output}");
    }
}

#[test]
fn a_signal_ends_it_early_with_a_verdict() {
    let mut console = Console::start(&["--harts", "2", "--seconds", "600"]);
    console.wait_for("map changes", Duration::from_secs(120));
    console.interrupt();
    let status = console.wait(Duration::from_secs(240));
    let output = console.output();
    assert!(status.success() && output.contains("(interrupted)") && output.contains("PASS"), "{status}\n{output}");
}

#[test]
fn wrong_numbers_are_refused() {
    for arguments in [["--harts", "0"], ["--harts", "65"], ["--harts", "many"], ["--seconds", "0"], ["--seed", "-1"]] {
        let mut console = Console::start(&arguments);
        let status = console.wait(Duration::from_secs(120));
        assert_eq!(status.code(), Some(2), "{arguments:?}: {}", console.output());
    }
}
