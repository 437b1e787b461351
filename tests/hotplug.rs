//! PCI under real guests: root on a disk behind PCI, and devices that come and go while four harts run.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use manyhart::debian::{self, Guest};
use serde_json::{Value, json};
use support::console::Console;
use support::qmp::Client;
use support::{QUIET, Scratch};

const BOOT: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_secs(240);

/// Debian's guest, with a QMP socket beside its console.
struct Machine {
    console: Console,
    client: Client,
    /// Holds the files that the machine uses.
    _scratch: Scratch,
}

fn guest() -> Guest {
    let dir = debian::default_dir().expect("a cache directory");
    debian::ensure(&dir).expect("the Debian guest")
}

fn shown(path: &Path) -> String {
    path.to_str().expect("a path in text").to_owned()
}

impl Machine {
    fn start(scratch: Scratch, kernel: &Path, machine: &str, append: &str, devices: &[&str]) -> Machine {
        let guest = guest();
        let socket = scratch.path("qmp");
        let append = format!("console=ttyS0 guest.mode=hotplug {append} {QUIET}");
        let qmp = format!("unix:{},server=on,wait=off", shown(&socket));
        let (firmware, kernel, initrd) = (shown(&guest.firmware), shown(kernel), shown(&guest.initrd));
        let mut arguments = vec!["run", "-M", machine, "-smp", "4", "-m", "512M", "-nographic", "-qmp", &qmp];
        arguments.extend(["-bios", &firmware, "-kernel", &kernel, "-initrd", &initrd, "-append", &append]);
        arguments.extend(devices);
        let mut console = Console::start(&arguments);
        console.wait_for("HOTPLUG serving slots", BOOT);
        let client = Client::connect(&socket).negotiated();
        Machine { console, client, _scratch: scratch }
    }

    /// Runs a line in the guest's shell; what it prints.
    fn guest(&mut self, line: &str) -> String {
        let before = self.console.output().len();
        // The echo of what is typed holds no such line.
        self.console.send(format!("{line}; echo STEP-$((6 * 7))\n").as_bytes());
        self.console.wait_for("STEP-42", SOON);
        self.console.output()[before..].to_owned()
    }

    fn add(&mut self, arguments: Value) {
        self.client.execute_with("device_add", arguments);
    }

    /// Asks for a removal; returns when it is done.
    fn remove(&mut self, id: &str) {
        self.client.execute_with("device_del", json!({ "id": id }));
        self.client.event_of("DEVICE_DELETED", id);
    }

    /// The ranges of the memory map, without the headings, which count generations and name spaces that are kept for the next device.
    fn flat_view(&mut self) -> String {
        let view = self.client.monitor("info mtree -f");
        view.lines().filter(|line| line.starts_with("  ")).collect::<Vec<_>>().join("\n")
    }

    /// Threads and open files of the emulator.
    fn resources(&self) -> (usize, usize) {
        let count =
            |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", self.console.id())).expect("it runs").count();
        (count("task"), count("fd"))
    }

    /// The same, once they have not changed for a second.
    fn settled_resources(&self) -> (usize, usize) {
        let (mut last, mut since) = (self.resources(), Instant::now());
        while since.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(20));
            let now = self.resources();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        last
    }

    fn power_off(mut self) {
        self.console.send(b"quit\n");
        assert_eq!(self.console.wait(SOON).code(), Some(0), "{}", self.console.output());
    }
}

/// An ext4 file system with what the initial RAM disk holds.
fn root_disk(scratch: &Scratch) -> String {
    let (tree, disk) = (scratch.path("tree"), scratch.path("root.ext4"));
    std::fs::create_dir_all(&tree).expect("a directory");
    std::fs::File::create(&disk).and_then(|file| file.set_len(48 << 20)).expect("a disk");
    let script = "zcat \"$1\" | cpio --quiet -i -d -D \"$2\" && mke2fs -q -t ext4 -d \"$2\" \"$3\"";
    let status = Command::new("sh").args(["-c", script, "sh"]).arg(guest().initrd).arg(&tree).arg(&disk).status();
    assert!(status.expect("a shell").success(), "needs cpio and e2fsprogs");
    shown(&disk)
}

#[test]
fn debian_runs_from_a_disk_behind_pci_and_serves_its_slots() {
    let scratch = Scratch::new();
    let root = format!("file={},format=raw,if=none,id=root", root_disk(&scratch));
    let text = format!("{:<512}", "THIS IS THE HOT-PLUGGED DISK");
    let plugged = format!("file={},format=raw,if=none,id=plugged", scratch.file("plugged.img", text.repeat(64)));
    let devices = [
        ["-drive", &root],
        ["-device", "virtio-blk-pci,drive=root"],
        ["-device", "pcie-root-port,id=rp0,chassis=1,slot=1"],
        ["-device", "pcie-root-port,id=rp1,chassis=2,slot=2"],
        ["-device", "pcie-root-port,id=rp2,chassis=3,slot=3"],
        ["-drive", &plugged],
    ];
    let mut machine = Machine::start(scratch, &guest().kernel, "virt", "guest.root=vda", devices.as_flattened());

    let mounts = machine.guest("cat /proc/mounts");
    assert!(mounts.contains("/dev/root / ext4") || mounts.contains("/dev/vda / ext4"), "{mounts}");
    let listing = machine.guest("list_pci");
    let want = [
        "pci 0000:00:00.0 0x1b36:0x0008 class 0x060000",
        "pci 0000:00:01.0 0x1af4:0x1042 class 0x010000",
        "pci 0000:00:02.0 0x1b36:0x000c class 0x060400",
        "pci 0000:00:03.0 0x1b36:0x000c class 0x060400",
        "pci 0000:00:04.0 0x1b36:0x000c class 0x060400",
    ];
    for line in want {
        assert!(listing.contains(line), "no {line:?} in\n{listing}");
    }
    assert!(listing.contains("driver virtio-pci") && listing.contains("driver pcieport"), "{listing}");

    let before = machine.flat_view();
    let mut resources = None;
    for round in 1..=2 {
        machine.add(json!({ "driver": "virtio-rng-pci", "id": "hp0", "bus": "rp0" }));
        machine.console.wait_for("HOTPLUG added", SOON);
        assert!(machine.guest("head -c 16 /dev/hwrng | hexdump -C").contains("00000010"), "round {round}");

        machine.add(json!({ "driver": "edu", "id": "hp1", "bus": "rp1" }));
        machine.console.wait_for("HOTPLUG added", SOON);
        let edu = machine.guest(
            "p=/sys/bus/pci/devices/0000:02:00.0; echo 1 > $p/enable; a=$(head -n 1 $p/resource | cut -d' ' -f1); \
             devmem $a 32; devmem $((a + 4)) 32 0x12345678; devmem $((a + 4)) 32",
        );
        assert!(edu.contains("0x010000ED") && edu.contains("0xEDCBA987"), "round {round}: {edu}");

        machine.add(json!({ "driver": "virtio-blk-pci", "id": "hp2", "bus": "rp2", "drive": "plugged" }));
        machine.console.wait_for("HOTPLUG added", SOON);
        assert!(machine.guest("head -c 32 /dev/vdb; echo").contains("THIS IS THE HOT-PLUGGED DISK"), "round {round}");

        assert_ne!(machine.flat_view(), before);
        for id in ["hp0", "hp1", "hp2"] {
            machine.remove(id);
        }
        assert_eq!(machine.flat_view(), before, "round {round}");
        // The first round makes what is kept for later ones; a device's threads end a moment after it.
        let settled = resources.get_or_insert_with(|| machine.settled_resources());
        let since = Instant::now();
        // Fewer, if one was still about to end when they were counted.
        let is_left = |(tasks, files): (usize, usize)| tasks > settled.0 || files > settled.1;
        while is_left(machine.resources()) {
            assert!(since.elapsed() < SOON, "threads and open files: {:?}, then {:?}", settled, machine.resources());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    machine.power_off();
}
