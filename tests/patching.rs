//! A guest whose code changes while it runs (`guest/bench/patch.c`) looks at what its code came to at each turn, and says when that was stale.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::Scratch;
use support::console::Console;

/// A run takes a second. Harts that wait for one another spin meanwhile, so that their instructions say nothing of how far they are.
const AT_MOST: Duration = Duration::from_secs(900);

/// The guest for so many harts; needs Debian's gcc-riscv64-unknown-elf.
fn build(scratch: &Scratch, harts: &str) -> String {
    let out = scratch.path("patch.elf").display().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/bench/build.sh");
    let status = Command::new(script).args(["patch", harts, &out, "-DREPETITIONS=40"]).status();
    assert!(status.expect("a shell").success(), "the guest builds");
    out
}

/// The guest's run on so many harts: its exit status and what was printed.
fn run(scratch: &Scratch, harts: &str, more: &[&str]) -> (Option<i32>, String) {
    let guest = build(scratch, harts);
    let machine = ["run", "-m", "128M", "-bios", "none", "-nographic", "--quiet", "-smp", harts, "-kernel", &guest];
    let mut console = Console::start(&[&machine, more].concat());
    let status = console.wait(AT_MOST);
    (status.code(), console.output())
}

#[test]
fn no_hart_runs_stale_code() {
    let scratch = Scratch::new();
    let mut of_hart_0 = Vec::new();
    for harts in ["1", "2", "4", "8"] {
        let (status, said) = run(&scratch, harts, &[]);
        assert!(status == Some(0) && said.ends_with("DONE\n"), "{harts} harts: {status:?} {said}");
        let sums = said.lines().find_map(|line| line.strip_prefix("checksum ")).expect("sums");
        of_hart_0.push(sums.split(' ').next().expect("one for each hart").to_owned());
    }
    assert!(of_hart_0.iter().all(|sum| *sum == of_hart_0[0]), "the same work, however many do it: {of_hart_0:?}");
}

/// The guest's checks can fail: harts that keep what they decoded are found out, alone and together.
#[cfg(feature = "planted-bugs")]
#[test]
fn stale_code_is_found() {
    let scratch = Scratch::new();
    for harts in ["1", "2", "4"] {
        let (status, said) = run(&scratch, harts, &["--plant", "code-kept"]);
        assert!(status == Some(9) && said.starts_with("WRONG "), "{harts} harts: {status:?} {said}");
    }
}
