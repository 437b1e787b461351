//! After start-up, harts that touch nothing but RAM make no futex call: no lock, no condition variable, no message is on their path.

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use support::asm::{T0, T1, ZERO, addi, beq, ld, ram_address, sd};
use support::console::Console;
use support::{Scratch, read};

/// Loads, adds and stores in a loop, for ever.
fn ram_only() -> Vec<u8> {
    let setup = ram_address(T0, 0x400);
    let forever = [ld(T1, 0, T0), addi(T1, T1, 1), sd(T1, 0, T0), beq(ZERO, ZERO, -12)];
    setup.into_iter().chain(forever).flat_map(u32::to_le_bytes).collect()
}

/// The host threads that run harts, by name.
fn hart_threads(process: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("a process");
    let ids = tasks.map(|task| task.expect("a thread").file_name().into_string().expect("a number"));
    ids.filter(|id| {
        std::fs::read_to_string(format!("/proc/{process}/task/{id}/comm")).is_ok_and(|name| name.starts_with("hart"))
    })
    .collect()
}

/// How long a thread has run in user mode, in hundredths of a second.
fn ticks(process: u32, thread: &str) -> u64 {
    let stat = read(format!("/proc/{process}/task/{thread}/stat"));
    let behind_the_name = stat.rsplit(')').next().expect("a line");
    behind_the_name.split_ascii_whitespace().nth(11).expect("utime").parse().expect("a number")
}

#[test]
fn harts_in_ram_make_no_futex_call() {
    let scratch = Scratch::new();
    let program = scratch.file("ram-only.bin", ram_only());
    let arguments = ["run", "-bios", "none", "-kernel", &program, "-smp", "2", "-m", "16M", "-serial", "null"];
    let console = Console::start(&arguments);
    // Until both have run for so long that they are in the loop.
    let start = Instant::now();
    let threads = loop {
        let threads = hart_threads(console.id());
        if threads.len() == 2 && threads.iter().all(|thread| ticks(console.id(), thread) >= 30) {
            break threads;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{threads:?}: {}", console.output());
        std::thread::sleep(Duration::from_millis(20));
    };
    for thread in threads {
        let trace = scratch.file("futex.trace", "");
        let status = Command::new("timeout")
            .args(["2", "strace", "-q", "-p", &thread, "-e", "trace=futex", "-o", &trace])
            .status()
            .expect("strace");
        assert_eq!(status.code(), Some(124), "strace must have watched until its time was up");
        let calls = read(&trace);
        assert!(!calls.contains("futex("), "thread {thread}:\n{calls}");
    }
}
