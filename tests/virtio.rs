//! Debian's own drivers on virtio devices, in virtio-mmio slots and as functions of PCI.

mod support;

use std::path::Path;
use std::time::Duration;

use manyhart::debian;
use support::console::Console;

const BOOT: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(60);

/// Boots to a shell on the serial console, with more options; `append` goes to the kernel.
fn boot(harts: u32, append: &str, more: &[&str]) -> Console {
    let guest = debian::default_dir().and_then(|dir| debian::ensure(&dir)).expect("the Debian guest");
    let path = |path: &Path| path.to_str().expect("a path in text").to_owned();
    let (firmware, kernel, initrd) = (path(&guest.firmware), path(&guest.kernel), path(&guest.initrd));
    let (harts, append) = (harts.to_string(), format!("console=ttyS0 guest.mode=shell {append}"));
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
    let mut console = boot(2, "", &["-device", device]);
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
