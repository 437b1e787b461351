//! A guest whose code changes while it runs (`guest/bench/patch.c`) looks at what its code came to at each turn, and says when that was stale.

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::{Scratch, manyhart, text};

/// The guest for so many harts; needs Debian's gcc-riscv64-unknown-elf.
fn build(scratch: &Scratch, harts: &str) -> String {
    let out = scratch.path("patch.elf").display().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/bench/build.sh");
    let status = Command::new(script).args(["patch", harts, &out, "-DREPETITIONS=40"]).status();
    assert!(status.expect("a shell").success(), "the guest builds");
    out
}

/// The guest's run on so many harts, of a length that ends whatever the harts wait for.
fn run(scratch: &Scratch, harts: &str, more: &[&str]) -> Output {
    let guest = build(scratch, harts);
    let mut command = manyhart(scratch);
    command.args(["run", "-m", "128M", "-bios", "none", "-nographic", "--quiet", "-smp", harts, "-kernel", &guest]);
    command.args(["--limit", "50000000000"]).args(more);
    command.output().expect("the binary runs")
}

#[test]
fn no_hart_runs_stale_code() {
    let scratch = Scratch::new();
    let mut of_hart_0 = Vec::new();
    for harts in ["1", "2", "4", "8"] {
        let output = run(&scratch, harts, &[]);
        let said = text(&output.stdout);
        assert!(output.status.success() && said.ends_with("DONE\n"), "{harts} harts: {said}{}", text(&output.stderr));
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
        let output = run(&scratch, harts, &["--plant", "code-kept"]);
        let said = text(&output.stdout);
        assert!(output.status.code() == Some(9) && said.starts_with("WRONG "), "{harts} harts: {said}");
    }
}
