use super::*;

#[test]
fn every_driver_has_one_name_and_a_description() {
    let names: Vec<_> = DRIVERS.iter().flat_map(|driver| driver.names).collect();
    for (index, name) in names.iter().enumerate() {
        assert!(!names[..index].contains(name), "{name}");
    }
    let firsts: Vec<_> = DRIVERS.iter().map(|driver| driver.names[0]).collect();
    assert!(firsts.is_sorted(), "{firsts:?}");
    let list = help(&"help".parse().unwrap()).unwrap().unwrap();
    for driver in DRIVERS {
        assert!(list.contains(driver.names[0]) && list.contains(driver.about));
        let text = help(&format!("{},help", driver.names[0]).parse().unwrap()).unwrap().unwrap();
        assert!(driver.properties.iter().all(|property| text.contains(property.name)), "{text}");
    }
    assert!(help(&"nonsense,help".parse().unwrap()).unwrap().is_err());
    assert!(help(&"edu".parse().unwrap()).is_none());
}

#[test]
fn objects_are_understood_or_refused() {
    let cases = [
        ("rng-random,id=r", ""),
        ("qom-type=rng-builtin,id=r", ""),
        ("rng-random,filename=/dev/urandom,id=r", ""),
        ("rng-random", "rng-random: id property not set"),
        ("rng-random,id=r,filename=/etc/passwd", "rng-random: filename: the host's entropy is /dev/urandom"),
        ("rng-random,id=r,x=y", "Property 'rng-random.x' not found"),
        ("nonsense,id=r", "invalid object type: nonsense"),
    ];
    for (text, want) in cases {
        let said = text.parse::<ObjectSpec>().map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(said, want, "{text}");
    }
}

#[test]
fn devices_are_plugged_and_taken_out_before_the_machine_runs() {
    let machine = crate::control::tests::machine(&["pcie-root-port,id=rp0", "virtio-rng-device,id=m"]);
    let plugs = machine.control().plugs();
    let flat = || {
        machine
            .control()
            .survey()
            .unwrap()
            .flat_text()
            .lines()
            .filter(|l| l.starts_with("  "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = flat();
    let ids = || plugs.list().into_iter().map(|plugged| plugged.id).collect::<Vec<_>>();
    for bus in ["rp0", "pcie.0"] {
        for driver in ["edu", "virtio-rng-pci", "manyhart-scratch,memory=4K"] {
            plugs.add(format!("{driver},id=x,bus={bus}").parse().unwrap()).unwrap();
            assert_eq!(ids(), ["m", "rp0", "x"], "{driver} on {bus}");
            plugs.remove("x").unwrap();
            plugs.gone("x");
        }
    }
    assert_eq!((ids(), flat()), (vec!["m".to_owned(), "rp0".to_owned()], before));
    plugs.add("edu".parse().unwrap()).unwrap();
    assert_eq!(ids()[0], "device[0]", "whoever has no name gets one that no user can give");
    machine.stop().unwrap();
}

#[test]
fn a_disk_is_used_by_one_device_at_a_time() {
    let path = std::env::temp_dir().join(format!("manyhart-plug-{}", std::process::id()));
    std::fs::write(&path, vec![0; 1 << 20]).unwrap();
    let machine = crate::control::tests::machine(&[]);
    let plugs = machine.control().plugs();
    let node = format!("driver=raw,node-name=n,file.driver=file,file.filename={}", path.display());
    plugs.backends().drives.add_blockdev(&node.parse().unwrap()).unwrap();
    let add = |id: &str| plugs.add(format!("virtio-blk-pci,drive=n,id={id}").parse().unwrap());
    add("a").unwrap();
    assert_eq!(add("b").unwrap_err().to_string(), "Node 'n' is busy: 'a' uses it");
    assert!(plugs.backends().drives.remove("n").is_err());
    plugs.remove("a").unwrap();
    plugs.gone("a");
    add("b").unwrap();
    let refused = plugs.add("virtio-blk-pci,drive=n,queue-size=7".parse().unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), "virtio-blk-pci: queue-size: a power of two of at least 4");
    machine.stop().unwrap();
    std::fs::remove_file(&path).unwrap();
}
