//! A storm of hot-plug under Debian's unmodified kernel.
#![cfg(feature = "guest-tests")]

mod support;

use std::time::Duration;

use support::console::Console;

fn storm(arguments: &[&str]) -> (Option<i32>, String) {
    let mut console = Console::start(&[&["stress", "--guest", "debian"], arguments].concat());
    let status = console.wait(Duration::from_secs(1500));
    (status.code(), console.output())
}

#[test]
fn processes_of_a_real_kernel_see_no_wrong_value() {
    let (status, output) = storm(&["--harts", "4", "--seconds", "5"]);
    assert!(status == Some(0) && output.contains("PASS: no wrong value"), "{output}");
}

#[test]
fn nor_do_they_when_devices_fail() {
    let (status, output) =
        storm(&["--harts", "2", "--functions", "16", "--seconds", "3", "--inject", "panic,slow=4,refuse=4"]);
    assert!(status == Some(0) && output.contains("the machine going on"), "{output}");
}
