use super::*;
use crate::board::Aia;
use crate::console::Serial;
use crate::control::ControlSpec;
use crate::load::{Firmware, Images, Loader, Source};
use crate::machine::{BoardSpec, Parts, RunSpec, SignatureSpec};

fn cli(line: &str) -> Result<Cli, String> {
    let argv = std::iter::once("manyhart").chain(line.split(' ').filter(|token| !token.is_empty()));
    parse(argv.map(OsString::from)).map_err(|refusal| match refusal {
        Refusal::Usage(line) => line,
        Refusal::Answer(text) => format!("answer: {}", text.kind()),
    })
}

fn run_spec(line: &str) -> Result<RunSpec, String> {
    match cli(line)?.command {
        Some(Command::Run(run)) => Ok(run.spec()),
        other => panic!("{line}: {other:?}"),
    }
}

fn file(name: &str) -> Option<Source> {
    Some(Source::File(name.into()))
}

/// What `manyhart run` alone means.
fn plain() -> RunSpec {
    RunSpec {
        board: BoardSpec { harts: 1, memory: 512 << 20, aia: Aia::None },
        images: Images {
            firmware: Firmware::Default,
            kernel: None,
            initrd: None,
            command_line: None,
            device_tree: None,
            more: Vec::new(),
        },
        dump_device_tree: None,
        serial: Serial::Stdio { keys: true },
        reboots: true,
        limit: None,
        log_commits: None,
        profile: None,
        signature: None,
        summary: true,
        control: ControlSpec::default(),
        plug: crate::plug::PlugSpec::default(),
    }
}

#[test]
fn definitions_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn command_lines_of_the_other_emulator_work_unchanged() {
    let linux = RunSpec {
        board: BoardSpec { harts: 4, memory: 1 << 30, aia: Aia::None },
        images: Images {
            firmware: Firmware::File("fw_dynamic.bin".into()),
            kernel: file("Image"),
            initrd: file("initramfs.cpio.gz"),
            command_line: Some("console=ttyS0".into()),
            ..plain().images
        },
        ..plain()
    };
    let boot = "-bios fw_dynamic.bin -kernel Image -initrd initramfs.cpio.gz -append console=ttyS0";
    for line in [
        format!("run -M virt -smp 4 -m 1G {boot} -nographic"),
        format!("run -machine virt -cpu rv64 -smp cpus=4 -m 1024 {boot} -display none -serial mon:stdio"),
        format!("run --machine virt --harts 4 --memory 1G {}", boot.replace(" -", " --").replacen('-', "--", 1)),
        format!("-M virt -accel tcg,thread=multi -smp 4 -m 1G {boot} -nographic -monitor none -nic none"),
    ] {
        assert_eq!(run_spec(&line).as_ref(), Ok(&linux), "{line}");
    }

    let bare = Images { firmware: Firmware::None, kernel: file("t.elf"), ..plain().images };
    let loader = Loader { source: Source::File("f".into()), addr: Some(0x9000_0000), hart: None, force_raw: false };
    let cases = [
        ("run", plain()),
        ("run -bios none -kernel t.elf", RunSpec { images: bare.clone(), ..plain() }),
        ("run -no-reboot -serial null", RunSpec { reboots: false, serial: Serial::Null, ..plain() }),
        ("run -serial file:log -nographic", RunSpec { serial: Serial::File("log".into()), ..plain() }),
        ("run -machine virt,dumpdtb=x", RunSpec { dump_device_tree: Some("x".into()), ..plain() }),
        ("run --dump-dtb x", RunSpec { dump_device_tree: Some("x".into()), ..plain() }),
        (
            "run -dtb t -device loader,file=f,addr=0x90000000",
            RunSpec { images: Images { device_tree: file("t"), more: vec![loader], ..plain().images }, ..plain() },
        ),
        (
            "run --limit 1000 --log-commits l --quiet",
            RunSpec { limit: Some(1000), log_commits: Some("l".into()), summary: false, ..plain() },
        ),
        (
            "run --bios none --kernel t.elf --signature s --signature-granularity 4",
            RunSpec { images: bare, signature: Some(SignatureSpec { file: "s".into(), granularity: 4 }), ..plain() },
        ),
    ];
    for (line, want) in cases {
        assert_eq!(run_spec(line), Ok(want), "{line}");
    }
}

#[test]
fn a_refusal_is_one_line_that_names_the_cause() {
    let cases = [
        ("run -fsdev local,id=x", "-fsdev: this option of qemu-system-riscv64 is not there yet"),
        ("-kernel k -tpmdev x", "-tpmdev: this option"),
        (
            "run -device e1000",
            "invalid value 'e1000' for '--device <DEVICE>': 'e1000' is not a valid device model name",
        ),
        (
            "run -device edu,id=7",
            "invalid value 'edu,id=7' for '--device <DEVICE>': Parameter 'id' expects an identifier",
        ),
        ("run -drive file=x,if=scsi", "invalid value 'file=x,if=scsi' for '--drive <DRIVE>': if=scsi: the buses are"),
        ("run -object x,id=y", "invalid value 'x,id=y' for '--object <OBJECT>': invalid object type: x"),
        (
            "run -qmp unix:/q",
            "invalid value 'unix:/q' for '--qmp <WHERE>': 'unix:/q' is not there yet: say server=on,wait=off",
        ),
        (
            "run -kernel k -mon chardev=m,mode=control",
            "-mon: no '-chardev socket' is called 'm', or another -mon has it",
        ),
        (
            "run -kernel k -chardev socket,id=m,path=/q,server=on,wait=off",
            "-chardev socket,id=m: only a -mon can use a socket, and none does",
        ),
        (
            "run -chardev socket,id=m,path=/q,wait=off",
            "invalid value 'socket,id=m,path=/q,wait=off' for '--chardev <END>': socket: server: ",
        ),
        (
            "run -chardev socket,id=m,path=/q,server=on",
            "invalid value 'socket,id=m,path=/q,server=on' for '--chardev <END>': socket: wait: ",
        ),
        (
            "run -chardev socket,id=m,server=on",
            "invalid value 'socket,id=m,server=on' for '--chardev <END>': socket: path: ",
        ),
        (
            "run -mon chardev=m,mode=x",
            "invalid value 'chardev=m,mode=x' for '--mon <SOCKET>': Parameter 'mode' expects 'readline' or 'control'",
        ),
        ("run -monitor pty", "invalid value 'pty' for '--monitor <WHERE>': 'pty' is not there yet"),
        ("run -smp 0", "invalid value '0' for '--harts <N>': a machine has 1 to 512 harts, not 0"),
        ("run -smp 513", "invalid value '513' for '--harts <N>': a machine has 1 to 512 harts"),
        ("run -m 0", "invalid value '0' for '--memory <SIZE>': a machine has 4 KiB to 1 TiB of memory"),
        ("run -m 2T", "invalid value '2T' for '--memory <SIZE>'"),
        ("run -M spike", "invalid value 'spike' for '--machine <NAME>': 'spike' is not there yet"),
        ("run -display gtk", "invalid value 'gtk' for '--display <NAME>': 'gtk' is not there yet"),
        ("run -serial pty", "invalid value 'pty' for '--serial <WHERE>': 'pty' is not there yet"),
        ("run -kernel", "a value is required for '--kernel <FILE>'"),
        ("run -initrd i", "the following required arguments were not provided: --kernel <FILE>"),
        ("run --nonsense", "unexpected argument '--nonsense' found"),
        ("run disk.img", "unrecognized subcommand 'disk.img'"),
        ("run --limit 0", "invalid value '0' for '--limit <N>'"),
        ("bogus", "unrecognized subcommand 'bogus'"),
        ("--harts 0", "invalid value '0' for '--harts <N>'"),
        ("--harts 2 run", "the subcommand 'run' cannot be used with '--harts <N>'"),
        ("mtree -kernel x", "unexpected argument '--kernel' found"),
    ];
    for (line, want) in cases {
        let got = cli(line).map(|cli| format!("{cli:?}")).unwrap_or_else(|line| line);
        assert!(got.starts_with(want) && got.lines().count() == 1, "{line}: {got}");
    }
}

#[test]
fn the_long_way_to_control_is_the_short_one() {
    let boot = "run -kernel k";
    let cases = [
        (
            "-chardev socket,id=m,path=/q,server=on,wait=off -mon chardev=m,mode=control,pretty=off",
            "-qmp unix:/q,server=on,wait=off",
        ),
        ("-chardev socket,id=m,path=/q,server,nowait -mon m", "-monitor unix:/q,server=on,wait=off"),
        (
            "-mon chardev=m,mode=control -chardev socket,id=m,host=::1,port=4444,server=on,wait=off -chardev null,id=n",
            "-qmp tcp:[::1]:4444,server=on,wait=off -chardev null,id=n",
        ),
    ];
    for (long, short) in cases {
        let [long, short] = [long, short].map(|line| format!("{:?}", cli(&format!("{boot} {line}")).unwrap()));
        assert_eq!(long, short);
        let debian = format!("{:?}", cli("run debian -qmp unix:/q,server=on,wait=off").unwrap());
        let line = "run debian -chardev socket,id=m,path=/q,server=on,wait=off -mon chardev=m,mode=control";
        assert_eq!(format!("{:?}", cli(line).unwrap()), debian);
    }
}

#[test]
fn help_and_version_are_answers() {
    for line in ["--help", "-h", "run --help", "run -help", "run debian --help", "mtree -h", "--version", "-version"] {
        assert!(cli(line).unwrap_err().starts_with("answer: "), "{line}");
    }
}

#[test]
fn other_commands() {
    let Ok(Cli { builtin, command: None }) = cli("--harts 8 --seconds 60 --seed 7") else { panic!() };
    assert_eq!((builtin.harts, builtin.seconds, builtin.seed), (8, 60, 7));
    let Some(Command::Mtree(args)) = cli("mtree -smp 3 -m 2G").unwrap().command else { panic!() };
    assert_eq!(args.board.spec(), BoardSpec { harts: 3, memory: 2 << 30, aia: Aia::None });
    let (both, none) = (Parts { tree: true, flat: true, ..Parts::default() }, Parts::default());
    assert_eq!((args.spec().parts, args.spec().space.as_str()), (both, "memory"));
    let Some(Command::Mtree(args)) = cli("mtree --why 0x1000 --json").unwrap().command else { panic!() };
    assert_eq!((args.spec().parts, args.json), (Parts { why: Some(manyhart_runtime::Gpa(0x1000)), ..none }, true));
    let Some(Command::Run(run)) = cli("run debian -smp 2 --dir /d --append quiet").unwrap().command else { panic!() };
    let Some(Guest::Debian(args)) = run.guest else { panic!() };
    assert_eq!((args.dir, args.board.harts.0, args.append.as_deref()), (Some("/d".into()), 2, Some("quiet")));
}
