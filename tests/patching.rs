//! A guest whose code changes while it runs (`guest/bench/patch.c`) looks at what its code came to at each turn, and says when that was stale.

mod support;

use std::path::Path;
use std::process::Command;

use support::{Scratch, manyhart, text};

/// The guest for so many harts; needs Debian's gcc-riscv64-unknown-elf.
fn build(scratch: &Scratch, harts: &str) -> String {
    let out = scratch.path("patch.elf").display().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/bench/build.sh");
    let status = Command::new(script).args(["patch", harts, &out, "-DREPETITIONS=40"]).status();
    assert!(status.expect("a shell").success(), "the guest builds");
    out
}

#[test]
fn no_hart_runs_stale_code() {
    let scratch = Scratch::new();
    let mut of_hart_0 = Vec::new();
    for harts in ["1", "2", "4", "8"] {
        let guest = build(&scratch, harts);
        let mut command = manyhart(&scratch);
        command.args(["run", "-m", "128M", "-bios", "none", "-nographic", "--quiet", "-smp", harts, "-kernel", &guest]);
        // Far more than it takes: a hart that waits for nothing comes to an end, too.
        command.args(["--limit", "5000000000"]);
        let output = command.output().expect("the binary runs");
        let said = text(&output.stdout);
        assert!(output.status.success() && said.ends_with("DONE\n"), "{harts} harts: {said}{}", text(&output.stderr));
        let sums = said.lines().find_map(|line| line.strip_prefix("checksum ")).expect("sums");
        of_hart_0.push(sums.split(' ').next().expect("one for each hart").to_owned());
    }
    assert!(of_hart_0.iter().all(|sum| *sum == of_hart_0[0]), "the same work, however many do it: {of_hart_0:?}");
}
