//! Two Debian machines on one wire: a ping, a stream of bytes, and a peer that goes away.

mod support;

use std::time::Duration;

use manyhart::debian::{self, Guest};
use support::console::Console;
use support::{QUIET, Scratch};

const SOON: Duration = Duration::from_secs(900);

fn start(guest: &Guest, netdev: &str, mac: &str) -> Console {
    let path = |path: &std::path::Path| path.to_str().expect("a path in text").to_owned();
    let (firmware, kernel, initrd) = (path(&guest.firmware), path(&guest.kernel), path(&guest.initrd));
    let device = format!("virtio-net-pci,netdev=n0,mac={mac}");
    let mut arguments = vec!["run", "-M", "virt", "-smp", "2", "-m", "256M", "-bios", &firmware, "-kernel", &kernel];
    let append = format!("console=ttyS0 guest.mode=hotplug {QUIET}");
    arguments.extend(["-initrd", &initrd, "-nographic", "-append", &append]);
    arguments.extend(["-netdev", netdev, "-device", &device]);
    Console::start(&arguments)
}

/// Runs a command in the guest; what it prints is waited for.
fn run(console: &mut Console, command: &str, prints: &str) {
    console.send(format!("{command}\n").as_bytes());
    console.wait_for(prints, SOON);
}

#[test]
fn two_debian_machines_talk() {
    let dir = debian::default_dir().expect("a cache directory");
    let guest = debian::ensure(&dir).expect("the Debian guest");
    let scratch = Scratch::new();
    let socket = scratch.path("wire").display().to_string();
    let address = format!("addr.type=unix,addr.path={socket}");
    let mut left = start(&guest, &format!("stream,id=n0,server=on,{address}"), "52:54:00:00:00:01");
    let mut right = start(&guest, &format!("stream,id=n0,server=off,reconnect-ms=100,{address}"), "52:54:00:00:00:02");
    for (console, mac, ip) in [(&mut left, "01", "10.0.0.1"), (&mut right, "02", "10.0.0.2")] {
        console.wait_for("GUEST-MARKER-2", SOON);
        run(console, "cat /sys/class/net/eth0/address", &format!("52:54:00:00:00:{mac}"));
        run(console, &format!("ip link set eth0 up; ip addr add {ip}/24 dev eth0; echo up-$?"), "up-0");
    }
    run(
        &mut left,
        "until grep -q 1 /sys/class/net/eth0/carrier; do sleep 0.2; done; echo carrier-$((0 + 1))",
        "carrier-1",
    );
    // A host that gives one of them no time for seconds has others' questions time out: five in a row come in the end.
    let ping =
        |what: &str| format!("until ping -c 5 {what} | grep '5 packets received'; do :; done; echo pinged-$((4 + 1))");
    run(&mut right, &ping("10.0.0.1"), "pinged-5");
    run(&mut left, &ping("-s 1400 10.0.0.2"), "pinged-5");
    // What 8 MiB of zeroes add up to.
    left.send(b"nc -l -p 7000 | md5sum\n");
    // Until somebody listens.
    right.send(b"until dd if=/dev/zero bs=1M count=8 2>/dev/null | nc -w 20 10.0.0.1 7000; do sleep 0.2; done\n");
    left.wait_for("96995b58d4cbf6aaa9041b4f00c7f6ae", SOON);
    left.send(b"quit\n");
    assert_eq!(left.wait(SOON).code(), Some(0), "{}", left.output());
    // The peer is gone: so is the carrier.
    run(
        &mut right,
        "until grep -q 0 /sys/class/net/eth0/carrier; do sleep 0.2; done; echo carrier-$((1 - 1))",
        "carrier-0",
    );
    right.send(b"quit\n");
    assert_eq!(right.wait(SOON).code(), Some(0), "{}", right.output());
}
