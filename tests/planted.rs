//! The checks of the repository's own guests can fail: each planted defect ends in FAIL and exit status 1.

mod support;

use std::time::Duration;

use support::console::Console;

/// A search ends when it has found something, which may take long on a host whose processors others use.
const AT_MOST: Duration = Duration::from_secs(900);

/// Runs with a defect and expects one of these objections.
fn is_found(command: &[&str], defect: &str, objections: &[&str]) {
    let arguments = [command, &["--harts", "2", "--plant", defect]].concat();
    let mut console = Console::start(&arguments);
    let status = console.wait(AT_MOST);
    let output = console.output();
    assert_eq!(status.code(), Some(1), "{arguments:?}: {output}");
    let named = objections.iter().any(|objection| output.contains(&format!("the first: {objection}")));
    assert!(output.contains("\nFAIL") && named, "{arguments:?}: {output}");
}

#[test]
fn planted_defects_are_found() {
    let built_in = ["--seconds", "300"];
    is_found(&built_in, "tear", &["one load sees one generation"]);
    is_found(&built_in, "lost-write", &["a store after the hart's own bank switch lands in that bank"]);
}

/// Either shows wherever a hart looks first: in a load over two pages, in one that is older than its hart was bound to see, in what a hart moved
/// itself or was told of.
#[test]
fn a_storm_finds_planted_defects() {
    let stress = ["stress", "--functions", "16", "--seconds", "300"];
    let checks = [
        "a value is of an epoch between the bounds of its access",
        "one load over two pages sees one generation",
        "a store is read back where nothing has changed",
        "a hart that moves its function finds it there at once",
        "a store after the hart's own bank switch lands in that bank",
        "what another hart announced by a flag is so",
        "what another hart announced by an interrupt is so",
    ];
    is_found(&stress, "tear", &checks);
    // Nothing is pulled out: harts that keep what they knew would reach memory that is gone, and take the process with them.
    let in_place = ["--mix", "move=6,swap=6,resize=2,disable=2,add=3,remove=2,many=3"];
    is_found(&[&stress[..], &in_place].concat(), "lost-write", &checks);
}

/// Each is found by the shape that is about what it breaks, in far fewer iterations than it may take here: a forbidden outcome ends the run.
#[test]
fn litmus_shapes_find_planted_defects() {
    let cases = [
        ("store-passes-fence", "SB+fence.rw.rws", "0:y=0; 1:x=0;"),
        ("fence-unpolled", "MP+bar.fence+fence", "1:new="),
        ("atomic-unpolled", "MP+bar.rl+aq", "1:new="),
        ("sc-unwatched", "LRSC+LRSC", "[x]=1;"),
        ("code-kept", "MP+code+fencei", "1:new="),
        ("translations-kept", "MP+pte+sfence", "1:new=0;"),
        ("translations-kept", "shootdown+pte", "1:new=0;"),
        ("tear", "MP+swap.fence+fence", "1:new=15;"),
        ("lost-write", "MP+bar.fence+fence", "1:new="),
    ];
    for (defect, shape, outcome) in cases {
        let arguments = ["litmus", "--shape", shape, "--iterations", "200000000", "--harts", "2", "--plant", defect];
        let mut console = Console::start(&arguments);
        let status = console.wait(AT_MOST);
        let output = console.output();
        let found = output.lines().any(|line| line.contains("forbidden and seen") && line.contains(outcome));
        assert!(status.code() == Some(1) && found, "{arguments:?}: {output}");
    }
}
