//! A terminal on standard input: raw while the guest has it, and as it was after every way out.

mod support;

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, tcgetattr};
use support::asm::*;
use support::elf::{Part, program};
use support::{Scratch, manyhart};

const LIMIT: Duration = Duration::from_secs(120);

struct Terminal {
    /// The person's end.
    person: OwnedFd,
    /// The program's end, kept open so that its modes can be asked.
    program: OwnedFd,
}

impl Terminal {
    fn new() -> Terminal {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&person).expect("granted");
        unlockpt(&person).expect("unlocked");
        let name = ptsname(&person, Vec::new()).expect("its name");
        let program = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its other end");
        Terminal { person, program }
    }

    fn modes(&self) -> Termios {
        tcgetattr(&self.program).expect("its modes")
    }

    fn is_raw(&self) -> bool {
        !self.modes().local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn types(&self, keys: &[u8]) {
        assert_eq!(rustix::io::write(&self.person, keys).expect("typed"), keys.len());
    }
}

/// Echoes what it receives, after a greeting.
fn echo() -> Vec<u8> {
    let code = [
        &print(">")[..],
        &[lui(A0, 0x1000_0000)],
        &[lbu(T2, 5, A0), slli(T2, T2, 63), beq(T2, ZERO, -8)],
        &[lbu(T2, 0, A0), sb(T2, 0, A0), beq(ZERO, ZERO, -20)],
    ];
    program(0x8000_0000, &[Part::code(0x8000_0000, &code.concat())], &[])
}

fn start(scratch: &Scratch, terminal: &Terminal, serial: &str) -> Child {
    let kernel = scratch.file("echo.elf", echo());
    let stdin = terminal.program.try_clone().expect("another handle");
    let mut child = manyhart(scratch)
        .args(["run", "--quiet", "-m", "64M", "-bios", "none", "-kernel", &kernel, "-serial", serial])
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    expect(&mut child, b">");
    child
}

fn expect(child: &mut Child, want: &[u8]) {
    let mut got = vec![0; want.len()];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut got).expect("output");
    assert_eq!(got, want);
}

fn status(mut child: Child) -> Option<i32> {
    let since = Instant::now();
    loop {
        match child.try_wait().expect("a child") {
            Some(status) => return status.code(),
            None if since.elapsed() > LIMIT => {
                child.kill().expect("killed");
                panic!("no end");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn ctrl_c_is_the_guests_and_ctrl_a_x_puts_the_terminal_back() {
    let (scratch, terminal) = (Scratch::new(), Terminal::new());
    let before = terminal.modes();
    let mut child = start(&scratch, &terminal, "mon:stdio");
    assert!(terminal.is_raw());
    terminal.types(b"a\x03\x01\x01\r");
    expect(&mut child, b"a\x03\x01\r");
    terminal.types(b"\x01x");
    assert_eq!(status(child), Some(0));
    assert_eq!(format!("{:?}", terminal.modes()), format!("{before:?}"));
}

#[test]
fn a_signal_puts_the_terminal_back() {
    let (scratch, terminal) = (Scratch::new(), Terminal::new());
    let before = terminal.modes();
    let child = start(&scratch, &terminal, "mon:stdio");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("signalled");
    assert_eq!(status(child), Some(0));
    assert_eq!(format!("{:?}", terminal.modes()), format!("{before:?}"));
}

#[test]
fn without_keys_ctrl_c_stays_a_signal() {
    let (scratch, terminal) = (Scratch::new(), Terminal::new());
    let mut child = start(&scratch, &terminal, "stdio");
    assert!(terminal.is_raw() && terminal.modes().local_modes.contains(LocalModes::ISIG));
    terminal.types(b"\x01x");
    expect(&mut child, b"\x01x");
    kill_process(Pid::from_child(&child), Signal::INT).expect("signalled");
    assert_eq!(status(child), Some(0));
    assert!(!terminal.is_raw());
}

/// Reads the output up to `want`.
fn wait_for(child: &mut Child, want: &str) -> String {
    let (mut got, mut byte) = (Vec::new(), [0]);
    let out = child.stdout.as_mut().expect("a pipe");
    while !got.ends_with(want.as_bytes()) {
        let limit = Timespec::try_from(LIMIT).expect("a limit");
        let came = poll(&mut [PollFd::new(out, PollFlags::IN)], Some(&limit)).expect("polled");
        assert_eq!(came, 1, "no {want:?} in {:?}", String::from_utf8_lossy(&got));
        assert_eq!(out.read(&mut byte).expect("output"), 1, "no {want:?} in {:?}", String::from_utf8_lossy(&got));
        got.push(byte[0]);
    }
    String::from_utf8_lossy(&got).into_owned()
}

#[test]
fn ctrl_a_c_leads_to_the_monitor_and_back() {
    let (scratch, terminal) = (Scratch::new(), Terminal::new());
    let before = terminal.modes();
    let mut child = start(&scratch, &terminal, "mon:stdio");
    terminal.types(b"\x01cinfo st\t\r");
    wait_for(&mut child, "(manyhart) ");
    wait_for(&mut child, "VM status: running\n");
    terminal.types(b"stop\r\x1b[A\x1b[A\r");
    wait_for(&mut child, "VM status: paused (paused)\n");
    terminal.types(b"cont\r");
    wait_for(&mut child, "cont");
    wait_for(&mut child, "(manyhart) ");
    terminal.types(b"\x04");
    wait_for(&mut child, "\n");
    // What is typed now is the guest's, which has gone on.
    terminal.types(b"~");
    wait_for(&mut child, "~");
    assert!(terminal.is_raw());
    // The key works both ways, also over half a line.
    terminal.types(b"\x01cnonsen\x01c");
    wait_for(&mut child, "nonsen");
    wait_for(&mut child, "\n");
    terminal.types(b"^");
    wait_for(&mut child, "^");
    terminal.types(b"\x01cquit\r");
    assert_eq!(status(child), Some(0));
    assert_eq!(format!("{:?}", terminal.modes()), format!("{before:?}"));
}

#[test]
fn a_person_at_the_monitor_does_not_hold_up_the_end() {
    let (scratch, terminal) = (Scratch::new(), Terminal::new());
    let before = terminal.modes();
    let mut child = start(&scratch, &terminal, "mon:stdio");
    terminal.types(b"\x01c");
    wait_for(&mut child, "(manyhart) ");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("signalled");
    assert_eq!(status(child), Some(0));
    assert_eq!(format!("{:?}", terminal.modes()), format!("{before:?}"));
}

#[test]
fn without_a_terminal_the_monitor_takes_lines() {
    use std::io::Write;
    let scratch = Scratch::new();
    let kernel = scratch.file("echo.elf", echo());
    let mut child = manyhart(&scratch)
        .args(["run", "--quiet", "-m", "64M", "-bios", "none", "-kernel", &kernel, "-serial", "mon:stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    wait_for(&mut child, ">");
    let mut typed = child.stdin.take().expect("a pipe");
    typed.write_all(b"\x01cinfo status\nnonsense\n\x04hello").expect("typed");
    wait_for(&mut child, "VM status: running\n(manyhart) ");
    wait_for(&mut child, "unknown command: 'nonsense' (try 'help')\n");
    wait_for(&mut child, "hello");
    typed.write_all(b"\x01cquit\n").expect("typed");
    assert_eq!(status(child), Some(0));
}
