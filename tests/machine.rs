//! Whole runs of the real binary with programs of a dozen instructions: how they end, what they print, what they leave behind.

mod support;

use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::asm::*;
use support::elf::{Part, program};
use support::{Scratch, manyhart, read, text};

const BASE: u64 = 0x8000_0000;
const TOHOST: u64 = BASE + 0x1000;
const FROMHOST: u64 = BASE + 0x1040;
const DATA: u64 = BASE + 0x2000;

/// A program of these instructions at RAM's start, with the usual symbols and a data page of these doublewords.
fn guest(code: &[&[u32]], data: &[u64], symbols: &[(&str, u64)]) -> Vec<u8> {
    let data: Vec<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
    let data = Part { memory: 4096, ..Part::at(DATA, data) };
    let host = Part { memory: 0x48, ..Part::at(TOHOST, []) };
    program(BASE, &[Part::code(BASE, &code.concat()), host, data], symbols)
}

/// `manyhart run` with this program and these options.
fn command(scratch: &Scratch, elf: &[u8], options: &[&str]) -> Command {
    let kernel = scratch.file("guest.elf", elf);
    let mut command = manyhart(scratch);
    command.args(["run", "-M", "virt", "-m", "64M", "-bios", "none", "-nographic", "-kernel", &kernel]).args(options);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the end, and kills what does not come to one.
fn finish(mut child: Child) -> Output {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let out = std::thread::spawn(move || drain(&mut stdout));
    let err = std::thread::spawn(move || drain(&mut stderr));
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None if start.elapsed() > Duration::from_secs(180) => {
                child.kill().expect("killed");
                let said = text(&err.join().expect("a reader"));
                panic!("no end within three minutes: {said}");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    Output { status, stdout: out.join().expect("a reader"), stderr: err.join().expect("a reader") }
}

fn drain(from: &mut Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.read_to_end(&mut bytes).expect("readable");
    }
    bytes
}

fn run(scratch: &Scratch, elf: &[u8], options: &[&str]) -> Output {
    finish(command(scratch, elf, options).spawn().expect("the binary runs"))
}

/// Runs to the end, which must have this status.
#[track_caller]
fn check(code: &[&[u32]], options: &[&str], status: i32) -> Output {
    let scratch = Scratch::new();
    let output = run(&scratch, &guest(code, &[], &[("tohost", TOHOST), ("fromhost", FROMHOST)]), options);
    assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
    output
}

fn signal(child: &Child, signal: Signal) {
    let id = Pid::from_child(child);
    kill_process(id, signal).expect("signalled");
}

#[test]
fn the_finisher_gives_the_exit_status() {
    for (value, status) in [(0x5555, 0), (0x3333, 0), (0x7_3333, 7), (0xff_3333, 255), (0x12c_3333, 255)] {
        check(&[&finish_code(value), &[SPIN]], &[], status);
    }
}

/// `asm::finish` under a name that does not clash.
fn finish_code(value: u32) -> [u32; 4] {
    support::asm::finish(value)
}

#[test]
fn what_is_printed_last_is_not_lost() {
    let output = check(&[&print("hello, no newline"), &finish_code(0x5555), &[SPIN]], &[], 0);
    assert_eq!(text(&output.stdout), "hello, no newline");
    let summary = text(&output.stderr);
    assert!(summary.starts_with("manyhart: hart 0: ") && summary.contains(" instructions"), "{summary}");
    let quiet = check(&[&finish_code(0x5555), &[SPIN]], &["--quiet"], 0);
    assert_eq!(text(&quiet.stderr), "");
}

#[test]
fn the_serial_port_may_be_a_file_or_nothing() {
    let scratch = Scratch::new();
    let elf = guest(&[&print("to a file\n"), &finish_code(0x5555), &[SPIN]], &[], &[]);
    let path = scratch.path("serial.log");
    let output = run(&scratch, &elf, &["-serial", &format!("file:{}", path.display())]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert_eq!(read(path), "to a file\n");
    assert_eq!(run(&scratch, &elf, &["-serial", "null"]).stdout.len(), 0);
}

/// Stores the doubleword that `build` leaves in t2 to tohost.
fn to_host(build: &[u32]) -> Vec<u32> {
    [&ram_address(T0, 0)[..], &[lui(T1, 0x1000), add(T0, T0, T1)], build, &[sd(T2, 0, T0)]].concat()
}

fn add(rd: u32, rs1: u32, rs2: u32) -> u32 {
    rs2 << 20 | rs1 << 15 | rd << 7 | 0x33
}

#[test]
fn htif_ends_a_run_and_prints() {
    for (word, status) in [(1, 0), (3 << 1 | 1, 3)] {
        check(&[&to_host(&[addi(T2, ZERO, word)]), &[SPIN]], &[], status);
    }
    let put = |byte: u8| to_host(&[addi(T2, ZERO, 0x101), slli(T2, T2, 48), addi(T2, T2, byte.into())]);
    let output = check(&[&put(b'h'), &put(b'i'), &to_host(&[addi(T2, ZERO, 1)]), &[SPIN]], &[], 0);
    assert_eq!(text(&output.stdout), "hi");
    // As riscv-tests end: two words, again and again.
    let ending = to_host(&[addi(T2, ZERO, 5 << 1 | 1)]);
    let (store, before) = ending.split_last().expect("a store");
    assert_eq!(*store, sd(T2, 0, T0));
    check(&[before, &[sw(T2, 0, T0), sw(ZERO, 4, T0), beq(ZERO, ZERO, -8)]], &[], 5);
}

#[test]
fn htif_system_calls_print() {
    let scratch = Scratch::new();
    let message = u64::from_le_bytes(*b"message\n");
    let block = [64, 1, DATA + 64, 8, 0, 0, 0, 0, message];
    // A call; then waits for fromhost, and ends with the call's result as exit status.
    let code = [
        &ram_address(A0, 0)[..],
        &[lui(A1, 0x2000), add(A1, A0, A1), lui(T1, 0x1000), add(T0, A0, T1)],
        &[sd(A1, 0, T0), ld(T2, 0x40, T0), beq(T2, ZERO, -4)],
        &[ld(T2, 0, A1), slli(T2, T2, 1), addi(T2, T2, 1), sd(T2, 0, T0), SPIN],
    ];
    let symbols = [("tohost", TOHOST), ("fromhost", FROMHOST)];
    let output = run(&scratch, &guest(&code, &block, &symbols), &[]);
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(8), "message\n"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_signature_is_written_at_the_end() {
    let scratch = Scratch::new();
    let symbols = [("tohost", TOHOST), ("begin_signature", DATA), ("end_signature", DATA + 24)];
    let code = [&ram_address(A0, 0)[..], &[lui(A1, 0x2000), add(A1, A0, A1), addi(T2, ZERO, 0x123), sw(T2, 16, A1)]];
    let code = [&code.concat()[..], &to_host(&[addi(T2, ZERO, 1)]), &[SPIN]];
    let elf = guest(&code, &[0x0011_2233_4455_6677, 0x8899_aabb_ccdd_eeff], &symbols);
    let file = scratch.path("signature");
    let name = file.display().to_string();
    let cases = [
        ("4", "44556677\n00112233\nccddeeff\n8899aabb\n00000123\n00000000\n"),
        ("16", "8899aabbccddeeff0011223344556677\n00000000000000000000000000000123\n"),
    ];
    for (granularity, want) in cases {
        let output = run(&scratch, &elf, &["--signature", &name, "--signature-granularity", granularity]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(read(&file), want);
    }
}

#[test]
fn commits_are_logged_from_the_reset_vector_on() {
    let scratch = Scratch::new();
    let log = scratch.path("commits.log");
    let elf = guest(&[&[addi(T2, ZERO, 5)], &finish_code(0x5555), &[SPIN]], &[], &[]);
    let output = run(&scratch, &elf, &["--log-commits", &log.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let log = read(log);
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines[0], "core   0: 3 0x0000000000001000 (0x00000297) x5  0x0000000000001000");
    assert!(lines.contains(&"core   0: 3 0x0000000080000000 (0x00500393) x7  0x0000000000000005"), "{log}");
    assert!(lines.iter().any(|line| line.ends_with(" mem 0x0000000000100000 0x00005555")), "{log}");
}

/// Hart 0 counts its starts in RAM that no image covers, and asks for a reboot until there were `times`; then ends with 3. The others
/// do as `others` says.
fn reboots(times: i32, others: &[u32]) -> Vec<u8> {
    let size = 4 * (others.len() as i32 + 1);
    let park = [&[csrr(T0, 0xf14), beq(T0, ZERO, size)][..], others].concat();
    let address = [&ram_address(A0, 0)[..], &[lui(A1, 0x10_0000), add(A1, A0, A1)]].concat();
    let count = [ld(T2, 0, A1), addi(T2, T2, 1), sd(T2, 0, A1), addi(A0, ZERO, times), bne(T2, A0, 4 * 6)];
    let last = [&finish_code(0x3_3333)[..], &[SPIN]].concat();
    // It asks again and again, as firmware does; only the first time counts.
    let again = [&print("start\n")[..], &finish_code(0x7777), &[sw(T1, 0, T0), beq(ZERO, ZERO, -4)]].concat();
    guest(&[&park, &address, &count, &last, &again], &[], &[])
}

#[test]
fn a_reboot_starts_again_and_keeps_ram() {
    let scratch = Scratch::new();
    for (harts, others) in [("1", &[SPIN][..]), ("3", &[SPIN]), ("3", &[WFI, beq(ZERO, ZERO, -4)])] {
        let output = run(&scratch, &reboots(20, others), &["-smp", harts]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "start\n".repeat(19), "{harts} harts");
        assert!(text(&output.stderr).contains(", 19 reboots"), "{}", text(&output.stderr));
    }
}

#[test]
fn no_reboot_ends_instead() {
    let scratch = Scratch::new();
    let output = run(&scratch, &reboots(3, &[SPIN]), &["-no-reboot"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), "start\n"));
}

#[test]
fn a_limit_ends_an_endless_loop() {
    let output = check(&[&[SPIN]], &["--limit", "100000"], 0);
    assert!(text(&output.stderr).contains("hart 0: 100,000 instructions"), "{}", text(&output.stderr));
}

#[test]
fn every_hart_starts_with_its_number() {
    // Harts add their numbers up by AMO; the one that sees the sum of four of them, 6, ends the run with it.
    let amoadd_d = |rd: u32, rs2: u32, base: u32| rs2 << 20 | base << 15 | 3 << 12 | rd << 7 | 0x2f;
    let code = [
        &ram_address(T1, 0)[..],
        &[lui(T2, 0x10_0000), add(T1, T1, T2), amoadd_d(T2, A0, T1), add(T2, T2, A0), addi(A1, ZERO, 6)],
        &[bne(T2, A1, 4 * 5)],
        &finish_code(0x6_3333),
        &[SPIN],
    ];
    check(&code, &["-smp", "4"], 6);
}

/// Echoes until `q`, then ends with 9.
fn echo() -> Vec<u8> {
    let code = [
        &[lui(A0, 0x1000_0000), addi(A1, ZERO, 'q' as i32)][..],
        &[lbu(T2, 5, A0), slli(T2, T2, 63), beq(T2, ZERO, -8)],
        &[lbu(T2, 0, A0), sb(T2, 0, A0), bne(T2, A1, -20)],
        &finish_code(0x9_3333),
        &[SPIN],
    ];
    guest(&code, &[], &[])
}

#[test]
fn input_reaches_the_guest_and_its_end_ends_nothing() {
    let scratch = Scratch::new();
    let mut child = command(&scratch, &echo(), &[]).stdin(Stdio::piped()).spawn().expect("runs");
    let mut input = child.stdin.take().expect("a pipe");
    let long: Vec<u8> = (0..3000).map(|i| b'a' + (i % 16) as u8).collect();
    input.write_all(&long).expect("written");
    input.write_all(b"\x01\x01q").expect("written");
    drop(input);
    let output = finish(child);
    assert_eq!(output.status.code(), Some(9), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), text(&long) + "\x01q");
}

#[test]
fn ctrl_a_x_leaves_although_the_guest_takes_nothing() {
    let scratch = Scratch::new();
    let mut child = command(&scratch, &guest(&[&[SPIN]], &[], &[]), &[]).stdin(Stdio::piped()).spawn().expect("runs");
    child.stdin.take().expect("a pipe").write_all(b"nobody reads this\x01x").expect("written");
    let output = finish(child);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_signal_ends_the_run_cleanly() {
    let scratch = Scratch::new();
    for code in [&[SPIN][..], &[WFI, beq(ZERO, ZERO, -4)]] {
        let elf = guest(&[&print("up\n"), code], &[], &[]);
        let mut child = command(&scratch, &elf, &["-smp", "2"]).spawn().expect("runs");
        let mut up = [0; 3];
        child.stdout.as_mut().expect("a pipe").read_exact(&mut up).expect("the guest runs");
        signal(&child, Signal::TERM);
        let output = finish(child);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("manyhart: hart 1: "), "{}", text(&output.stderr));
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    // Output that nobody takes holds the clean end up for some seconds; the first signal alone would come to one.
    let scratch = Scratch::new();
    let elf = guest(&[&endless_print()], &[], &[]);
    let ends_after = |signals: usize| {
        let mut child = command(&scratch, &elf, &[]).spawn().expect("runs");
        let unread = child.stdout.take().expect("a pipe");
        wait_until_full(&unread);
        for _ in 0..signals {
            signal(&child, Signal::INT);
            std::thread::sleep(Duration::from_millis(300));
        }
        let output = finish(child);
        drop(unread);
        let status = output.status.code().unwrap_or_else(|| panic!("{}", text(&output.stderr)));
        assert!([0, 130].contains(&status), "{status}: {}", text(&output.stderr));
        status
    };
    assert_eq!(ends_after(1), 0);
    // On a busy machine two signals may arrive as one, or the second one after the end: tried again.
    assert!((0..20).any(|_| ends_after(2) == 130));
}

/// Waits until a pipe takes no more: it holds much, and no more comes for a while. How much that is depends on how its pages were filled.
fn wait_until_full(pipe: &impl std::os::fd::AsFd) {
    let (start, mut held, mut since) = (Instant::now(), 0, Instant::now());
    while held < 32 << 10 || since.elapsed() < Duration::from_millis(500) {
        let now = rustix::io::ioctl_fionread(pipe).expect("a pipe");
        if now != held {
            (held, since) = (now, Instant::now());
        }
        assert!(start.elapsed() < Duration::from_secs(120), "the guest does not fill the pipe");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn endless_print() -> [u32; 4] {
    [lui(A0, 0x1000_0000), addi(A1, ZERO, 'x' as i32), sb(A1, 0, A0), beq(ZERO, ZERO, -4)]
}

#[test]
fn a_closed_console_ends_the_run_with_one_line() {
    let scratch = Scratch::new();
    let mut child = command(&scratch, &guest(&[&endless_print()], &[], &[]), &[]).spawn().expect("runs");
    drop(child.stdout.take());
    let output = finish(child);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("manyhart: the console's output: Broken pipe"), "{said}");
}

#[test]
fn a_loader_image_starts_the_hart_it_names() {
    let scratch = Scratch::new();
    let raw: Vec<u8> = finish_code(0x4_3333).iter().chain(&[SPIN]).flat_map(|word| word.to_le_bytes()).collect();
    let file = scratch.file("second.bin", raw);
    let device = format!("loader,file={file},addr=0x80100000,cpu-num=1");
    let sleep = guest(&[&[WFI, beq(ZERO, ZERO, -4)]], &[], &[]);
    let output = run(&scratch, &sleep, &["-smp", "2", "-device", &device]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
}
