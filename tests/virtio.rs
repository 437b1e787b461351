//! Debian's own drivers on virtio devices, in virtio-mmio slots and as functions of PCI.

mod support;

use std::path::Path;
use std::time::Duration;

use manyhart::debian;
use support::QUIET;
use support::console::Console;

const BOOT: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_secs(240);

/// Boots to a shell on `console`, with more options.
fn boot(harts: u32, console: &str, more: &[&str]) -> Console {
    let guest = debian::default_dir().and_then(|dir| debian::ensure(&dir)).expect("the Debian guest");
    let path = |path: &Path| path.to_str().expect("a path in text").to_owned();
    let (firmware, kernel, initrd) = (path(&guest.firmware), path(&guest.kernel), path(&guest.initrd));
    let (harts, append) = (harts.to_string(), format!("console={console} guest.mode=shell {QUIET}"));
    let mut arguments = vec!["run", "-M", "virt", "-smp", &harts, "-m", "512M", "-nographic"];
    arguments.extend(["-bios", &firmware, "-kernel", &kernel, "-initrd", &initrd, "-append", &append]);
    arguments.extend(more);
    let mut console = Console::start(&arguments);
    console.wait_for("~ # ", BOOT);
    console
}

/// Has the shell run a line; what it echoes of the line itself does not hold `text`.
fn run(console: &mut Console, line: &str, text: &str) {
    assert!(!line.contains(text), "the echo of the line would do");
    console.send(format!("{line}\n").as_bytes());
    console.wait_for(text, SOON);
    console.wait_for("~ # ", SOON);
}

fn power_off(mut console: Console) {
    console.send(b"poweroff -f\n");
    assert_eq!(console.wait(SOON).code(), Some(0), "{}", console.output());
}

/// The kernel takes entropy from the device: two reads differ, and the device has interrupted.
fn entropy(device: &str, interrupt: &str) {
    let mut console = boot(2, "ttyS0", &["-device", device]);
    run(&mut console, "cat /sys/class/misc/hw_random/rng_current", "virtio_rng.0");
    run(
        &mut console,
        "for i in 1 2; do dd if=/dev/hwrng bs=64 count=64 2>/dev/null | tee /tmp/$i | wc -c; done; \
         cmp -s /tmp/1 /tmp/2 || echo differ-$((40 + 2))",
        "4096\r\n4096\r\ndiffer-42",
    );
    run(&mut console, "cat /proc/interrupts", interrupt);
    power_off(console);
}

#[test]
fn entropy_by_a_virtio_mmio_slot() {
    entropy("virtio-rng-device", "virtio0");
}

#[test]
fn entropy_by_pci() {
    entropy("virtio-rng-pci", "virtio0");
}

/// A reboot in the middle of it: the next kernel finds devices as at power-on, and they work.
#[test]
fn devices_work_again_after_a_reboot() {
    let mut console = boot(2, "ttyS0", &["-device", "virtio-rng-device", "-device", "virtio-rng-pci"]);
    let read = "for d in virtio_rng.0 virtio_rng.1; do echo $d >/sys/class/misc/hw_random/rng_current; \
                dd if=/dev/hwrng bs=64 count=16 2>/dev/null | wc -c; done";
    run(&mut console, read, "1024\r\n1024");
    console.send(b"cat /dev/hwrng >/dev/null & sleep 1; reboot -f\n");
    console.wait_for("GUEST-MARKER-2", BOOT);
    console.wait_for("~ # ", BOOT);
    run(&mut console, read, "1024\r\n1024");
    power_off(console);
}

const CONSOLE: [&str; 4] = ["-device", "virtio-serial-pci,id=s", "-device", "virtconsole,chardev=c,bus=s.0"];

/// The kernel's console, and a shell's, is the virtio console: printing, typing, Ctrl-C.
#[test]
fn a_console_by_pci() {
    let more = [&["-serial", "null", "-chardev", "stdio,id=c,mux=on"][..], &CONSOLE].concat();
    let mut console = boot(2, "hvc0", &more);
    run(&mut console, "echo typed-$((6 * 7)) on $(tty)", "typed-42 on /dev/hvc0");
    run(&mut console, "seq 1 20000 | tail -n 1; echo end-$((1 + 1))", "20000\r\nend-2");
    console.send(b"(echo sleeps-$((1 + 1)); exec sleep 1000)\n");
    console.wait_for("sleeps-2", SOON);
    console.send(b"\x03");
    console.wait_for("~ # ", SOON);
    run(&mut console, "echo status-$?", "status-130");
    power_off(console);
}

/// Beside the serial console: what the guest writes to it is in the file, all of it.
#[test]
fn a_console_in_a_virtio_mmio_slot_to_a_file() {
    let file = std::env::temp_dir().join(format!("manyhart-hvc-{}", std::process::id()));
    let end = format!("file,id=c,path={}", file.to_str().expect("a path in text"));
    let more = ["-chardev", &end, "-device", "virtio-serial-device", "-device", "virtconsole,chardev=c"];
    let mut console = boot(1, "ttyS0", &more);
    run(&mut console, "seq 1 30000 >/dev/hvc0; echo done-$((1 + 1))", "done-2");
    power_off(console);
    let written = std::fs::read_to_string(&file).expect("the file");
    std::fs::remove_file(&file).expect("removed");
    let want: String = (1..=30000).map(|n| format!("{n}\r\n")).collect();
    assert!(written == want, "{} bytes instead of {}", written.len(), want.len());
}
