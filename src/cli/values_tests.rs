use super::*;

#[test]
fn memory_sizes() {
    let cases = [
        ("512M", Ok(512 << 20)),
        ("512", Ok(512 << 20)),
        ("1G", Ok(1 << 30)),
        ("1g", Ok(1 << 30)),
        ("size=64K", Ok(64 << 10)),
        ("1T", Ok(1 << 40)),
        ("2T", Err(ValueError::Memory)),
        ("0", Err(ValueError::Memory)),
        ("0K", Err(ValueError::Memory)),
        ("1K", Err(ValueError::PartOfAPage)),
        ("99999999999999999999", Err(ValueError::NotANumber("99999999999999999999".into()))),
        ("18446744073709551615G", Err(ValueError::Memory)),
        ("-1", Err(ValueError::NotANumber("-1".into()))),
        ("", Err(ValueError::NotANumber("".into()))),
        ("M", Err(ValueError::NotANumber("".into()))),
        ("1é", Err(ValueError::NotANumber("1é".into()))),
    ];
    for (text, want) in cases {
        assert_eq!(memory_size(text), want, "{text}");
    }
}

#[test]
fn harts() {
    let cases = [
        ("4", Ok(SmpOption(4))),
        ("cpus=4", Ok(SmpOption(4))),
        ("4,sockets=1,cores=4,threads=1", Ok(SmpOption(4))),
        ("4,maxcpus=4", Ok(SmpOption(4))),
        ("sockets=2,cores=2", Ok(SmpOption(4))),
        ("512", Ok(SmpOption(512))),
        ("0", Err(ValueError::Harts(0))),
        ("513", Err(ValueError::Harts(513))),
        ("4294967297", Err(ValueError::Harts(4294967297))),
        ("4,cores=3", Err(ValueError::HartTopology { product: 3, harts: 4 })),
        ("2,maxcpus=4", Err(ValueError::NotThere("maxcpus=4".into()))),
        ("2,dies=1", Err(ValueError::NotThere("dies".into()))),
        ("four", Err(ValueError::NotANumber("four".into()))),
        ("", Err(ValueError::NotANumber("".into()))),
    ];
    for (text, want) in cases {
        assert_eq!(text.parse::<SmpOption>(), want, "{text}");
    }
}

#[test]
fn machines() {
    let with = |aia| Ok(MachineOption { dump_dtb: None, aia });
    let plain = MachineOption { dump_dtb: None, aia: Aia::None };
    let cases = [
        ("virt", Ok(plain.clone())),
        ("type=virt", Ok(plain.clone())),
        ("virt,aia=none,acpi=off", Ok(plain)),
        ("virt,dumpdtb=x.dtb", Ok(MachineOption { dump_dtb: Some("x.dtb".into()), aia: Aia::None })),
        ("virt,aia=aplic", with(Aia::Aplic)),
        ("virt,aia=aplic-imsic,aia-guests=0", with(Aia::AplicImsic)),
        ("virt,aia=imsic", Err(ValueError::NotThere("aia=imsic".into()))),
        ("virt,aia=aplic-imsic,aia-guests=1", Err(ValueError::NotThere("aia-guests=1".into()))),
        ("spike", Err(ValueError::NotThere("spike".into()))),
        ("virt,iommu-sys=on", Err(ValueError::NotThere("iommu-sys=on".into()))),
    ];
    for (text, want) in cases {
        assert_eq!(text.parse::<MachineOption>(), want, "{text}");
    }
}

#[test]
fn options_that_can_only_be_what_they_are() {
    assert_eq!("none".parse::<Nothing>(), Ok(Nothing));
    assert_eq!("gtk".parse::<Nothing>(), Err(ValueError::NotThere("gtk".into())));
    assert_eq!("rv64".parse::<CpuOption>(), Ok(CpuOption));
    assert_eq!("rv32".parse::<CpuOption>(), Err(ValueError::NotThere("rv32".into())));
    assert_eq!("tcg,thread=multi".parse::<AcceleratorOption>(), Ok(AcceleratorOption));
    assert_eq!("kvm".parse::<AcceleratorOption>(), Err(ValueError::NotThere("kvm".into())));
}

#[test]
fn loaders() {
    let loader = |addr, cpu, force_raw| Ok(LoaderOption { file: "f".into(), addr, cpu, force_raw });
    let cases = [
        ("loader,file=f,addr=0x80000000", loader(Some(0x8000_0000), None, false)),
        ("loader,file=f", loader(None, None, false)),
        ("driver=loader,file=f,cpu-num=3,force-raw=on", loader(None, Some(3), true)),
        ("loader,addr=1", Err(ValueError::Missing("file"))),
        ("loader,file=f,data=1", Err(ValueError::NotThere("loader,data".into()))),
    ];
    for (text, want) in cases {
        assert_eq!(text.parse::<LoaderOption>(), want, "{text}");
    }
}

#[test]
fn devices() {
    let loader = LoaderOption { file: "f".into(), addr: None, cpu: None, force_raw: false };
    assert_eq!("loader,file=f".parse(), Ok(DeviceOption::Loader(loader)));
    let Ok(DeviceOption::Plugged(rng)) = "virtio-rng-device,id=r".parse() else { panic!() };
    assert_eq!((rng.driver.as_str(), rng.id.as_deref()), ("virtio-rng-device", Some("r")));
    assert!("".parse::<DeviceOption>().is_err());
}
