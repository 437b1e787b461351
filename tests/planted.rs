//! The built-in guest's checks can fail: each planted defect ends in FAIL and exit status 1.

mod support;

use std::time::Duration;

use support::console::Console;

#[test]
fn planted_defects_are_found() {
    let cases = [
        ("tear", "one load sees one generation"),
        ("lost-write", "a store after the hart's own bank switch lands in that bank"),
    ];
    for (defect, check) in cases {
        let mut console = Console::start(&["--harts", "2", "--seconds", "5", "--plant", defect]);
        let status = console.wait(Duration::from_secs(90));
        let output = console.output();
        assert_eq!(status.code(), Some(1), "{defect}: {output}");
        assert!(output.contains("\nFAIL") && output.contains(&format!("the first: {check}")), "{defect}: {output}");
    }
}
