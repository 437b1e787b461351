use super::*;
use crate::control::tests::machine;

/// Of a machine that never runs.
fn check(cases: &[(&str, &str)]) {
    let machine = machine(&["pcie-root-port,id=rp0,slot=3", "edu,id=e0,addr=5"]);
    let control = machine.control();
    for (line, want) in cases {
        let reply = execute(control, line);
        let fits = if want.is_empty() { reply.text.is_empty() } else { reply.text.starts_with(want) };
        assert!(fits, "{line}: {:?} instead of {want:?}", reply.text);
        assert!(reply.text.is_empty() || reply.text.ends_with('\n'), "{line}: {:?}", reply.text);
        assert_eq!(reply.quit, matches!(*line, "quit" | " q "), "{line}");
    }
    machine.stop().unwrap();
}

#[test]
fn lines_are_carried_out_or_refused_with_a_reason() {
    check(&[
        ("", ""),
        ("# a remark", ""),
        ("nonsense", "unknown command: 'nonsense' (try 'help')\n"),
        ("help", "help|? [COMMAND]                   these lines\n"),
        ("help stop", "stop|s                             stop the harts\n"),
        ("help info", "info status"),
        ("help info why", "info why ADDR [SPACE] [@GENERATION]"),
        ("help x", "Error: there is no 'x'\n"),
        ("stop now", "stop: nothing may follow, not 'now'\n"),
        ("info", "info status"),
        ("info status", "VM status: paused (prelaunch)\n"),
        ("info status x", "Error: info status: nothing may follow, not 'x'\n"),
        ("info nonsense", "Error: there is no 'info nonsense' (try 'info')\n"),
        ("info cpus", "* CPU #0: "),
        ("info mtree", "address space memory\n  0000000000000000-ffffffffffffffff (priority 0, container): system\n"),
        ("info mtree -f", "view of memory at generation "),
        ("info mtree -j", "{\n"),
        ("info mtree -x", "Error: info mtree: '-x' is not -f, -j or @GENERATION\n"),
        ("info why 0x10000004", "0x0000000010000004 in memory at generation "),
        ("info why 0x2004 elsewhere", "Error: there is no address space 'elsewhere'\n"),
        ("info why", "Error: info why: an address is missing\n"),
        ("info why x", "Error: info why: 'x' is not a number\n"),
        ("info history", "generation 0 to 1\n"),
        ("info version", "manyhart "),
        ("info pci", "  Bus  0, device   0, function 0:\n    Host bridge: PCI device 1b36:0008\n"),
        ("info block", ""),
        ("info qtree", "bus: pcie.0\n"),
        ("device_add help", "name \"edu\", bus PCI, "),
        ("device_add edu,help", "edu options:\n"),
        ("device_add", "Error: Parameter 'driver' is missing\n"),
        ("device_add nonsense", "Error: 'nonsense' is not a valid device model name\n"),
        ("device_add edu,id=e0", "Error: Duplicate device ID 'e0'\n"),
        ("device_add edu,bus=nowhere", "Error: Bus 'nowhere' not found\n"),
        ("device_add edu,addr=5", "Error: PCI: slot 5 function 0 not available, in use by e0\n"),
        ("device_add virtio-blk-pci", "Error: virtio-blk-pci: drive property not set\n"),
        ("device_add virtio-blk-pci,drive=d", "Error: Property 'virtio-blk-pci.drive' can't find value 'd'\n"),
        ("device_add virtio-rng-pci,rng=r", "Error: Property 'virtio-rng-pci.rng' can't find value 'r'\n"),
        ("device_add virtio-rng-device", "Error: Device 'virtio-rng-device' does not support hotplugging\n"),
        ("device_add edu,x=1", "Error: Property 'edu.x' not found\n"),
        ("device_del", "Error: an id is missing\n"),
        ("device_del nobody", "Error: Device 'nobody' not found\n"),
        ("device_del rp0", "Error: Device 'pcie-root-port' does not support hotplugging\n"),
        ("device_pull", "Error: an id is missing\n"),
        ("device_pull e0 e1", "Error: one id, not 'e1' too\n"),
        ("device_pull nobody", "Error: Device 'nobody' not found\n"),
        ("device_pull rp0", "Error: Device 'pcie-root-port' does not support hotplugging\n"),
        ("pcie_link rp0 off", ""),
        ("pcie_link rp0 on", ""),
        ("pcie_link rp0", "Error: 'on' or 'off' behind the id of a root port\n"),
        ("pcie_link e0 off", "Error: 'e0' is no port with a link\n"),
        ("pcie_aer_inject_error rp0 bad-tlp", ""),
        ("pcie_aer_inject_error rp0 poisoned-tlp 1 0x2 3 4", ""),
        ("pcie_aer_inject_error rp0", "Error: an id and an error: receiver, bad-tlp, "),
        ("pcie_aer_inject_error rp0 worse", "Error: 'worse' is none of receiver, "),
        ("pcie_aer_inject_error rp0 ecrc 1 2 3 4 5", "Error: a header has four words\n"),
        ("pcie_aer_inject_error rp0 ecrc x", "Error: 'x' is no word of 32 bits\n"),
        ("pcie_aer_inject_error e0 ecrc", "Error: 'e0' does not report errors\n"),
        ("object_add rng-random,id=r0", ""),
        ("object_add rng-random,id=r0", "Error: Duplicate device ID 'r0'\n"),
        ("object_add nonsense,id=x", "Error: invalid object type: nonsense\n"),
        ("object_del r0", ""),
        ("object_del r0", "Error: Device 'r0' not found\n"),
        ("drive_add 0 file=/nowhere/x,if=none,id=d", "Error: "),
        ("drive_del d", "Error: Failed to find node with node-name='d'\n"),
        ("quit", ""),
        (" q ", ""),
        ("quit now", "quit: nothing may follow, not 'now'\n"),
    ]);
}

#[test]
fn words_are_completed() {
    let machine = machine(&["pcie-root-port,id=rp0", "pcie-root-port,id=rp1", "edu,id=e0", "virtio-rng-device,id=v0"]);
    let control = machine.control();
    let cases: [(&str, (usize, &[&str])); 22] = [
        ("st", (0, &["stop "])),
        ("sy", (0, &["system_reset ", "system_powerdown "])),
        ("info st", (5, &["status "])),
        ("help sto", (5, &["stop "])),
        ("help info mt", (10, &["mtree "])),
        ("stop x", (5, &[])),
        ("zz", (0, &[])),
        ("info why 0x1000 me", (16, &["memory "])),
        ("device_del ", (11, &["e0 "])),
        ("device_pull e", (12, &["e0 "])),
        ("pcie_link ", (10, &["rp0 ", "rp1 "])),
        ("pcie_link rp0 o", (14, &["on ", "off "])),
        ("pcie_aer_inject_error rp1 ec", (26, &["ecrc "])),
        ("device_add virtio-r", (11, &["virtio-rng-pci"])),
        ("device_add ed", (11, &["edu"])),
        ("device_add nonsense,b", (11, &[])),
        ("device_add virtio-blk,drive=d,q", (30, &["queue-size="])),
        ("device_add edu,id=x,", (20, &["dma_mask=", "addr=", "bus="])),
        ("device_add edu,id=x,bus=", (24, &["rp0", "rp1"])),
        ("device_add edu,bus=rp1,b", (23, &[])),
        ("device_add virtio-blk-pci,write-cache=", (38, &["on", "off"])),
        ("device_add edu,addr=", (20, &[])),
    ];
    for (line, (start, want)) in cases {
        let want: Vec<String> = want.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(candidates(control, line), (start, want), "{line}");
    }
    machine.stop().unwrap();
}

#[test]
fn the_tree_of_what_is_plugged_in_says_where_and_how() {
    let devices =
        ["pcie-root-port,id=rp0,slot=3", "edu,id=e0,bus=rp0", "edu,id=e1,addr=5,dma_mask=0xff", "virtio-rng-device"];
    let machine = machine(&devices);
    let want = "bus: pcie.0\n  type PCI\n  dev: pcie-root-port, id \"rp0\"\n    addr = \"01.0\"\n    slot = \"3\"\n\
                \x20   bus: rp0\n      type PCI\n      dev: edu, id \"e0\"\n        addr = \"00.0\"\n\
                \x20 dev: edu, id \"e1\"\n    addr = \"05.0\"\n    dma_mask = \"0xff\"\n\
                bus: virtio-mmio\n  type virtio-bus\n  dev: virtio-rng-device, id \"device[0]\"\n";
    assert_eq!(execute(machine.control(), "info qtree").text, want);
    machine.stop().unwrap();
}

#[test]
fn the_map_is_shown_as_it_was() {
    let machine = machine(&["edu,id=e0,addr=5"]);
    let control = machine.control();
    let newest = control.history().unwrap().newest().generation();
    let says = |line: &str| execute(control, line).text;
    assert!(says("info mtree @0").contains("at generation 0") || !says("info mtree @0").contains("e0 bar 0"));
    assert!(!says(&format!("info mtree @{}", newest - 1)).contains("e0 bar 0"));
    assert!(says(&format!("info mtree @{newest}")).contains("e0 bar 0"));
    let then = says("info why 0x40000000 @1");
    assert!(then.contains("at generation 1: nothing"), "{then}");
    let now = says(&format!("info why 0x40000000 memory @{newest}"));
    assert!(now.contains(&format!("at generation {newest}: pci-mmio32 background")), "{now}");
    let dma = control.survey().unwrap().spaces().last().unwrap().name.clone();
    assert!(dma.contains(' ') && says(&format!("info why 0x80000000 {dma}")).contains(&format!("in {dma} at")));
    for (line, want) in [
        ("info mtree @x", "Error: info mtree: 'x' is not a number\n"),
        ("info why 0 @99999", "Error: "),
        ("info why @1", "Error: info why: an address is missing\n"),
    ] {
        assert!(says(line).starts_with(want), "{line}: {}", says(line));
    }
    machine.stop().unwrap();
}
