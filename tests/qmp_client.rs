//! QMP by a client that somebody else wrote: the package `qemu.qmp`, which `.ci/run` installs.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::asm::SPIN;
use support::elf::{Part, program};
use support::{Scratch, manyhart, text};

const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn a_session_by_an_independent_client() {
    let scratch = Scratch::new();
    let kernel = scratch.file("spin.elf", program(0x8000_0000, &[Part::code(0x8000_0000, &[SPIN])], &[]));
    let socket = scratch.path("qmp");
    let mut machine = manyhart(&scratch)
        .args(["run", "--quiet", "-smp", "2", "-m", "64M", "-bios", "none", "-kernel", &kernel, "-serial", "null"])
        .args(["-device", "pcie-root-port,id=rp0", "-qmp"])
        .arg(format!("unix:{},server=on,wait=off", socket.display()))
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let since = Instant::now();
    while !socket.exists() {
        assert!(since.elapsed() < LIMIT, "no socket");
        std::thread::sleep(Duration::from_millis(5));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qmp_client/session.py");
    let session = Command::new("python3").arg(script).arg(&socket).output().expect("python3 runs");
    if !session.status.success() {
        machine.kill().expect("killed");
        panic!("{}", text(&session.stderr));
    }
    let ended = machine.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), String::new()));
}
