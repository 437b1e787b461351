//! The tree read back by a reader of its own, and compared with the memory map.

use std::collections::BTreeMap;

use super::*;

/// Every property by its path (`/soc/serial@10000000/reg`), as bytes. Devicetree Specification 0.4, chapter 5.
fn parse(blob: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let word = |at: usize| u32::from_be_bytes(blob[at..at + 4].try_into().unwrap()) as usize;
    let text = |at: usize| blob[at..].iter().map_while(|&b| (b != 0).then_some(b as char)).collect::<String>();
    assert_eq!(word(0), 0xd00d_feed);
    assert_eq!(word(4), blob.len());
    let (mut at, strings) = (word(8), word(12));
    let (mut path, mut properties) = (Vec::new(), BTreeMap::new());
    loop {
        let token = word(at);
        at += 4;
        match token {
            1 => {
                path.push(text(at));
                at += (path[path.len() - 1].len() + 1).next_multiple_of(4);
            }
            2 => drop(path.pop()),
            3 => {
                let (len, name) = (word(at), text(strings + word(at + 4)));
                let old = properties.insert(format!("{}/{name}", path.join("/")), blob[at + 8..at + 8 + len].to_vec());
                assert_eq!(old, None, "{name} twice in {path:?}");
                at += 8 + len.next_multiple_of(4);
            }
            4 => {}
            9 => return properties,
            other => panic!("token {other} at {at:#x}"),
        }
    }
}

fn cells(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|&value| (value as u32).to_be_bytes()).collect()
}

fn words(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn board(harts: u32) -> Description {
    Description {
        harts,
        ram_size: 512 << 20,
        aia: Aia::None,
        bootargs: Some("console=ttyS0 quiet".to_owned()),
        initrd: Some(0x8820_0000..0x8821_0000),
        rng_seed: Some([7; 32]),
    }
}

#[test]
fn says_what_the_board_is() {
    let tree = parse(&build(&board(2)).unwrap());
    let cases: &[(&str, Vec<u8>)] = &[
        ("/compatible", b"riscv-virtio\0".to_vec()),
        ("/chosen/bootargs", b"console=ttyS0 quiet\0".to_vec()),
        ("/chosen/stdout-path", b"/soc/serial@10000000\0".to_vec()),
        ("/chosen/linux,initrd-start", words(&[0x8820_0000])),
        ("/chosen/linux,initrd-end", words(&[0x8821_0000])),
        ("/chosen/rng-seed", vec![7; 32]),
        ("/memory@80000000/reg", words(&[0x8000_0000, 512 << 20])),
        ("/cpus/timebase-frequency", cells(&[10_000_000])),
        ("/cpus/cpu@1/reg", cells(&[1])),
        ("/cpus/cpu@1/riscv,isa", b"rv64imafdc_zicntr_zicsr_zifencei_zba_zbb_zbc_zbs_sstc\0".to_vec()),
        ("/poweroff/value", cells(&[0x5555])),
        ("/reboot/value", cells(&[0x7777])),
        ("/soc/serial@10000000/reg", words(&[0x1000_0000, 0x100])),
        ("/soc/serial@10000000/interrupts", cells(&[10])),
        ("/soc/serial@10000000/clock-frequency", cells(&[3_686_400])),
        ("/soc/rtc@101000/interrupts", cells(&[11])),
        ("/soc/plic@c000000/riscv,ndev", cells(&[95])),
        ("/soc/test@100000/compatible", b"sifive,test1\0sifive,test0\0syscon\0".to_vec()),
    ];
    for (path, want) in cases {
        assert_eq!(tree.get(*path), Some(want), "{path}");
    }
}

#[test]
fn leaves_out_what_was_not_given() {
    let bare = Description { bootargs: None, initrd: None, rng_seed: None, ..board(1) };
    let tree = parse(&build(&bare).unwrap());
    let chosen: Vec<_> = tree.keys().filter(|path| path.starts_with("/chosen/")).collect();
    assert_eq!(chosen, ["/chosen/stdout-path"]);
}

/// Phandles are unique, and every reference leads to the node that it means.
#[test]
fn references_lead_somewhere() {
    const HARTS: u32 = 5;
    let tree = parse(&build(&board(HARTS)).unwrap());
    let mut owners = BTreeMap::new();
    for (path, value) in tree.iter().filter(|(path, _)| path.ends_with("/phandle")) {
        let node = path.trim_end_matches("/phandle").to_owned();
        assert_eq!(owners.insert(value.clone(), node), None, "{path}");
    }
    let leads_to = |reference: &str, node: &str| assert_eq!(owners[&tree[reference]], node, "{reference}");
    leads_to("/poweroff/regmap", "/soc/test@100000");
    leads_to("/reboot/regmap", "/soc/test@100000");
    leads_to("/soc/serial@10000000/interrupt-parent", "/soc/plic@c000000");
    leads_to("/soc/rtc@101000/interrupt-parent", "/soc/plic@c000000");
    for hart in 0..HARTS {
        leads_to(&format!("/cpus/cpu-map/cluster0/core{hart}/cpu"), &format!("/cpus/cpu@{hart:x}"));
    }
    for (node, inputs) in [("/soc/clint@2000000", [3, 7]), ("/soc/plic@c000000", [11, 9])] {
        let wires: Vec<_> = tree[&format!("{node}/interrupts-extended")].chunks(8).collect();
        assert_eq!(wires.len(), 2 * HARTS as usize);
        for (index, wire) in wires.iter().enumerate() {
            let want = format!("/cpus/cpu@{:x}/interrupt-controller", index / 2);
            assert_eq!(owners[&wire[..4]], want, "{node}, input {index}");
            assert_eq!(wire[4..], cells(&[inputs[index % 2]]), "{node}, input {index}");
        }
    }
}

/// As many harts as the board takes still make a tree, with hexadecimal unit addresses.
#[test]
fn grows_with_the_harts() {
    let tree = parse(&build(&board(4095)).unwrap());
    assert!(tree.contains_key("/cpus/cpu@ffe/reg"));
    assert_eq!(tree["/soc/plic@c000000/interrupts-extended"].len(), 4095 * 16);
}

#[test]
fn pci_has_its_windows_and_its_lines() {
    let tree = parse(&build(&board(1)).unwrap());
    let of = |name: &str| &tree[&format!("/soc/pci@30000000/{name}")];
    let io = [0x0100_0000, 0, 0, 0, 0x300_0000, 0, 0x1_0000];
    let low = [0x0200_0000, 0, 0x4000_0000, 0, 0x4000_0000, 0, 0x4000_0000];
    let high = [0x0300_0000, 4, 0, 4, 0, 4, 0];
    assert_eq!(*of("ranges"), cells(&[io, low, high].concat()));
    assert_eq!(*of("interrupt-map-mask"), cells(&[0x1800, 0, 0, 7]));
    let map = of("interrupt-map");
    let entry = |index: usize| &map[24 * index..24 * (index + 1)];
    let plic = u64::from(interrupts::PARENT);
    assert_eq!(map.len(), 16 * 24);
    for (index, device, pin, line) in
        [(0, 0, 1, 32), (3, 0, 4, 35), (4, 0x800, 1, 33), (7, 0x800, 4, 32), (15, 0x1800, 4, 34)]
    {
        assert_eq!(entry(index), cells(&[device, 0, 0, pin, plic, line]), "{index}");
    }
}

/// The nodes of the AIA and who refers to them, as guests of a `virt` board know them.
#[test]
fn aia_has_its_controllers_in_place_of_the_plic() {
    const HARTS: u64 = 3;
    let tree = |aia| parse(&build(&Description { aia, ..board(HARTS as u32) }).unwrap());
    let [plic, wires, messages] = [Aia::None, Aia::Aplic, Aia::AplicImsic].map(tree);
    let [root, child] = ["/soc/interrupt-controller@c000000", "/soc/interrupt-controller@d000000"];
    let imsics = ["/soc/interrupt-controller@24000000", "/soc/interrupt-controller@28000000"];
    let inputs =
        |input| cells(&(0..HARTS).flat_map(|hart| [phandle_intc(hart as u32).into(), input]).collect::<Vec<_>>());
    for (tree, by_messages) in [(&wires, false), (&messages, true)] {
        assert!(!tree.keys().any(|path| path.contains("/plic@")));
        for (node, base, level, input) in [(root, 0xc00_0000, 0, 11), (child, 0xd00_0000, 1, 9)] {
            assert_eq!(tree[&format!("{node}/reg")], words(&[base, 0x8000]));
            assert_eq!(tree[&format!("{node}/riscv,num-sources")], cells(&[96]));
            assert_eq!(tree[&format!("{node}/#interrupt-cells")], cells(&[2]));
            let wired = tree.get(&format!("{node}/interrupts-extended"));
            assert_eq!(wired, (!by_messages).then(|| inputs(input)).as_ref(), "{node}");
            let parent = tree.get(&format!("{node}/msi-parent"));
            assert_eq!(parent, by_messages.then(|| tree[&format!("{}/phandle", imsics[level])].clone()).as_ref());
        }
        let delegated = [tree[&format!("{child}/phandle")].clone(), cells(&[1, 96])].concat();
        assert_eq!(tree[&format!("{root}/riscv,delegation")], delegated);
        assert_eq!(tree[&format!("{root}/riscv,children")], delegated[..4]);
        assert_eq!(tree["/soc/serial@10000000/interrupts"], cells(&[10, 4]));
        assert_eq!(tree["/soc/serial@10000000/interrupt-parent"], delegated[..4]);
    }
    // Twice as many cells of an interrupt, and where messages go.
    assert_eq!(messages["/soc/pci@30000000/interrupt-map"][..24], cells(&[0, 0, 0, 1, 1, 32]));
    assert_eq!(messages["/soc/pci@30000000/interrupt-map"].len(), 16 * 28);
    assert_eq!(messages["/soc/pci@30000000/msi-parent"], messages[&format!("{}/phandle", imsics[1])]);
    assert!(!wires.contains_key("/soc/pci@30000000/msi-parent"));
    for (node, base, input) in [(imsics[0], 0x2400_0000, 11), (imsics[1], 0x2800_0000, 9)] {
        assert_eq!(messages[&format!("{node}/reg")], words(&[base, 0x1000 * HARTS]));
        assert_eq!(messages[&format!("{node}/riscv,num-ids")], cells(&[255]));
        assert_eq!(messages[&format!("{node}/interrupts-extended")], inputs(input));
        assert!(messages.contains_key(&format!("{node}/msi-controller")));
    }
    let isa = |tree: &BTreeMap<String, Vec<u8>>| String::from_utf8(tree["/cpus/cpu@2/riscv,isa"].clone()).unwrap();
    assert!(isa(&messages).contains("_zbs_smaia_ssaia_sstc"));
    assert!(!isa(&plic).contains("aia") && !isa(&wires).contains("aia"), "only with an IMSIC");
}
