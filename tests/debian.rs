//! An unmodified Debian kernel on OpenSBI: boots, checks itself on every hart, takes typing, ends cleanly.

mod support;

use std::time::Duration;

use manyhart::debian::{self, Guest};
use support::QUIET;
use support::console::Console;

fn guest() -> Guest {
    let dir = debian::default_dir().expect("a cache directory");
    debian::ensure(&dir).expect("the Debian guest")
}

fn start(guest: &Guest, harts: u32, mode: &str) -> Console {
    start_on("virt", guest, harts, mode)
}

fn start_on(machine: &str, guest: &Guest, harts: u32, mode: &str) -> Console {
    let path = |path: &std::path::Path| path.to_str().expect("a path in text").to_owned();
    let append = format!("console=ttyS0 guest.mode={mode} {QUIET}");
    let (firmware, kernel, initrd) = (path(&guest.firmware), path(&guest.kernel), path(&guest.initrd));
    // The command line of a qemu-system-riscv64 user, unchanged.
    Console::start(&[
        "run",
        "-M",
        machine,
        "-smp",
        &harts.to_string(),
        "-m",
        "512M",
        "-bios",
        &firmware,
        "-kernel",
        &kernel,
        "-initrd",
        &initrd,
        "-append",
        &append,
        "-nographic",
    ])
}

fn boot_to_the_end(guest: &Guest, harts: u32) {
    let mut console = start(guest, harts, "poweroff");
    console.wait_for("GUEST-MARKER-1", Duration::from_secs(600));
    console.wait_for(&format!("SELFCHECK PASS harts={harts}"), Duration::from_secs(900));
    let status = console.wait(Duration::from_secs(240));
    assert_eq!(status.code(), Some(0), "{}", console.output());
}

#[test]
fn one_four_and_eight_harts_boot_check_themselves_and_power_off() {
    let guest = guest();
    for harts in [1, 4, 8] {
        boot_to_the_end(&guest, harts);
        println!("{harts} harts: to power-off");
    }
}

/// With the Advanced Interrupt Architecture wires and messages between harts go the new way: the kernel lists whose they are.
#[test]
fn aia_brings_wires_and_messages_to_one_and_four_harts() {
    let guest = guest();
    for (machine, serves, sends_messages) in
        [("virt,aia=aplic-imsic", "APLIC-MSI", true), ("virt,aia=aplic", "APLIC", false)]
    {
        for harts in [1, 4] {
            let mut console = start_on(machine, &guest, harts, "poweroff");
            console.wait_for("GUEST-MARKER-1", Duration::from_secs(600));
            console.wait_for(&format!("SELFCHECK PASS harts={harts}"), Duration::from_secs(900));
            let status = console.wait(Duration::from_secs(240));
            let output = console.output();
            assert_eq!(status.code(), Some(0), "{output}");
            let serial = output.lines().find(|line| line.contains("ttyS0") && line.contains(" Level "));
            assert!(serial.is_some_and(|line| line.contains(serves)), "{machine}: {serial:?}");
            assert_eq!(output.contains("providing IPIs using interrupt"), sends_messages, "{machine}");
            println!("{machine}, {harts} harts: to power-off");
        }
    }
}

/// Nothing is said of symbols: the kernel brings its own.
#[test]
fn a_profile_names_the_kernels_functions_and_tells_processes_apart() {
    let guest = guest();
    let scratch = support::Scratch::new();
    let path = |path: std::path::PathBuf| path.to_str().expect("a path in text").to_owned();
    let (folded, report) = (path(scratch.path("folded")), path(scratch.path("report")));
    let mut console = Console::start(&[
        "run",
        "-smp",
        "2",
        "-bios",
        &path(guest.firmware),
        "-kernel",
        &path(guest.kernel),
        "-initrd",
        &path(guest.initrd),
        "-append",
        "console=ttyS0 guest.mode=poweroff guest.n=1000",
        "--profile-every",
        "100000",
        "--profile",
        &folded,
        "--profile-report",
        &report,
    ]);
    let status = console.wait(Duration::from_secs(1500));
    assert_eq!(status.code(), Some(0), "{}", console.output());
    let folded = support::read(&folded);
    let samples = |of: &dyn Fn(&str) -> bool| -> u64 {
        let counts =
            folded.lines().filter(|line| of(line)).filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
        counts.sum()
    };
    let kernel = samples(&|line| line.contains(";supervisor;"));
    let nameless = samples(&|line| line.contains(";supervisor;") && line.contains(";["));
    // Modules, and what runs before there are page tables, have no names here.
    assert!(
        kernel > 1000 && nameless * 20 < kernel,
        "{nameless} of {kernel} samples of the kernel have no name: {folded}"
    );
    for stack in [";start_kernel;", ";do_trap_ecall_u;", ";kernel_init;"] {
        assert!(samples(&|line| line.contains(stack)) > 0, "{stack}: {folded}");
    }
    let process = |line: &str| Some(line.split_once(";user;")?.1.split(';').next()?.to_owned());
    let processes: std::collections::BTreeSet<_> = folded.lines().filter_map(process).collect();
    assert!(processes.len() > 3, "{processes:?}");
    let report = support::read(&report);
    let all = samples(&|_| true);
    assert!(report.replace(',', "").starts_with(&format!("{all} samples (hart 0 ")), "{report}");
    assert!(report.lines().any(|line| line.contains(" supervisor  ") && line.ends_with("  start_kernel")), "{report}");
}

#[test]
fn boots_in_a_row_do_not_hang() {
    let guest = guest();
    for _ in 0..5 {
        let mut console = start(&guest, 4, "marker");
        console.wait_for("GUEST-MARKER-1", Duration::from_secs(600));
        assert_eq!(console.wait(Duration::from_secs(240)).code(), Some(0), "{}", console.output());
    }
}

#[test]
fn the_shell_takes_typing_ctrl_c_and_job_control() {
    let guest = guest();
    let mut console = start(&guest, 2, "shell");
    let soon = Duration::from_secs(240);
    console.wait_for("~ # ", Duration::from_secs(600));
    console.send(b"echo typed-$((6 * 7))\n");
    console.wait_for("typed-42", soon);
    console.wait_for("~ # ", soon);
    // Ctrl-C reaches the guest's foreground process, not the emulator.
    console.send(b"(echo sleeps-$((1 + 1)); exec sleep 1000)\n");
    console.wait_for("sleeps-2", soon);
    console.send(b"\x03");
    console.wait_for("~ # ", soon);
    console.send(b"echo status-$?\n");
    console.wait_for("status-130", soon);
    console.wait_for("~ # ", soon);
    // Ctrl-Z stops it, bg and fg go on with it.
    console.send(b"(echo sleeps-$((1 + 2)); exec sleep 1001)\n");
    console.wait_for("sleeps-3", soon);
    console.send(b"\x1a");
    console.wait_for("Stopped", soon);
    console.send(b"bg\njobs\n");
    console.wait_for("Running", soon);
    console.send(b"kill %1\n");
    console.wait_for("~ # ", soon);
    console.send(b"poweroff -f\n");
    assert_eq!(console.wait(soon).code(), Some(0), "{}", console.output());
}
