//! The command line from outside: a wrong one is one line on standard error and exit status 2, never a panic.

mod support;

use support::elf::{Part, program};
use support::{Scratch, manyhart, run, text};

const BASE: u64 = 0x8000_0000;

/// The one line that a refused command line gets.
fn refused(scratch: &Scratch, line: &str) -> String {
    let output = run(scratch, &line.split(' ').filter(|token| !token.is_empty()).collect::<Vec<_>>());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}: {said}");
    assert_eq!((said.lines().count(), output.stdout.len()), (1, 0), "{line}: {said}");
    said.strip_prefix("manyhart: ").expect("the command's name in front").trim_end().to_owned()
}

#[test]
fn a_wrong_command_line_is_one_line_and_status_2() {
    let scratch = Scratch::new();
    let cases = [
        ("run -fsdev local,id=x", "-fsdev: this option of qemu-system-riscv64 is not there yet"),
        (
            "run -device e1000",
            "invalid value 'e1000' for '--device <DEVICE>': 'e1000' is not a valid device model name",
        ),
        ("run -device e1000,help", "invalid value 'e1000,help' for '--device <DEVICE>': 'e1000' is not a valid device"),
        ("mtree -device edu,bus=nowhere", "Bus 'nowhere' not found"),
        ("mtree -device edu,nonsense=1", "Property 'edu.nonsense' not found"),
        ("mtree -device edu,id=a -device edu,id=a", "Duplicate device ID 'a'"),
        ("mtree -device virtio-blk-pci,drive=d", "Property 'virtio-blk-pci.drive' can't find value 'd'"),
        ("mtree -drive file={}/missing", "Could not open '{}/missing': No such file"),
        ("run -qmp unix:/q", "invalid value 'unix:/q' for '--qmp <WHERE>': 'unix:/q' is not there yet"),
        ("run -smp 0", "invalid value '0' for '--harts <N>': a machine has 1 to 512 harts, not 0"),
        ("run -smp 100000", "invalid value '100000' for '--harts <N>': a machine has 1 to 512 harts, not 100000"),
        ("run -m 0", "invalid value '0' for '--memory <SIZE>': a machine has 4 KiB to 1 TiB of memory"),
        ("run -m lots", "invalid value 'lots' for '--memory <SIZE>': 'lots' is not a number"),
        ("run -M sifive_u", "invalid value 'sifive_u' for '--machine <NAME>': 'sifive_u' is not there yet"),
        ("frobnicate", "unrecognized subcommand 'frobnicate'"),
        ("run -bios none", "nothing to run: name a kernel with -kernel, or firmware with -bios"),
        ("run -bios none -kernel {}/missing", "{}/missing: cannot read: No such file or directory"),
        ("run -bios none -kernel {}", "{}: cannot read: Is a directory"),
        ("run -bios none -kernel /dev/zero", "/dev/zero: does not fit the machine's memory"),
        ("run -bios {}/missing", "{}/missing: cannot read: No such file or directory"),
    ];
    let here = scratch.path("").display().to_string();
    for (line, want) in cases {
        let want = want.replace("{}", here.trim_end_matches('/'));
        let said = refused(&scratch, line);
        assert!(said.starts_with(&want), "{line}: {said}");
    }
}

#[test]
fn an_unusable_image_is_named_with_its_cause() {
    let scratch = Scratch::new();
    let good = program(BASE, &[Part::at(BASE, [0x6f, 0, 0, 0])], &[]);
    let patched = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let mut linux = vec![0; 4096];
    linux[16..24].copy_from_slice(&(62u64 << 20).to_le_bytes());
    linux[0x38..0x3c].copy_from_slice(b"RSC\x05");
    for (name, bytes) in [
        ("good", good.clone()),
        ("cut", good[..90].to_vec()),
        ("wide", patched(4, 1)),
        ("arm", patched(18, 183)),
        ("object", patched(16, 1)),
        ("empty", Vec::new()),
        ("low", program(0x1000, &[Part::at(0x1000, [0; 8])], &[])),
        ("twice", program(BASE, &[Part::at(BASE, [0; 16]), Part::at(BASE + 8, [0; 16])], &[])),
        ("gzip", vec![0x1f, 0x8b, 8, 0, 0, 0]),
        ("linux", linux),
        ("initrd", vec![0; 4 << 20]),
        ("firmware", vec![0x13; 100]),
        ("qcow2", [&b"QFI\xfb\0\0\0\x03"[..], &[0; 504]].concat()),
        ("cut.qcow2", b"QFI\xfb\0\0\0\x03".to_vec()),
    ] {
        scratch.file(name, bytes);
    }
    let cases = [
        ("-bios none -kernel {}/cut", "truncated or damaged ELF file"),
        ("-bios none -kernel {}/wide", "a 32-bit ELF file, not a 64-bit RISC-V program"),
        ("-bios none -kernel {}/arm", "an ELF file for another machine, not a 64-bit RISC-V program"),
        ("-bios none -kernel {}/object", "an ELF file that is not executable, not a 64-bit RISC-V program"),
        ("-bios none -kernel {}/empty", "is empty"),
        ("-bios none -kernel {}/low", "does not fit RAM"),
        ("-bios none -kernel {}/twice", "overlaps the kernel"),
        ("-bios none -kernel {}/gzip", "broken gzip file"),
        ("-bios {}/firmware -kernel {}/good", "overlaps the firmware"),
        ("-m 64 -bios {}/firmware -kernel {}/linux", "the device tree"),
        ("-m 66 -bios none -kernel {}/linux -initrd {}/initrd", "finds no place in RAM"),
        ("-m 1 -bios none -kernel {}/initrd", "does not fit the machine's memory"),
        ("-bios none -kernel {}/good -dtb {}/firmware", "not a device tree blob"),
        ("-bios none -kernel {}/good --signature {}/s", "has no symbols begin_signature and end_signature"),
        ("-bios none -kernel {}/good -serial file:{}/no/such", "cannot write: No such file or directory"),
        ("-bios none -kernel {}/good --log-commits {}/no/such", "cannot write: No such file or directory"),
        ("-bios none -kernel {}/good -device loader,file={}/firmware", "raw bytes need an address"),
        ("-bios none -kernel {}/good -drive file={}", "it is a directory, neither a regular file nor a block device"),
        ("-bios none -kernel {}/good -drive file={}/firmware", "is 100 bytes long, which is no multiple of 512"),
        ("-bios none -kernel {}/good -drive file={}/empty,format=raw", "is empty"),
        ("-bios none -kernel {}/good -drive file={}/qcow2", "looks like qcow2: say format=qcow2, or format=raw"),
        ("-bios none -kernel {}/good -drive file={}/cut.qcow2,format=qcow2", "is truncated: its header"),
        ("-bios none -kernel {}/good -netdev stream,id=n,addr.type=unix,addr.path={}/no", "netdev 'n': connecting to"),
    ];
    for (line, want) in cases {
        let said = refused(&scratch, &format!("run {line}"));
        assert!(said.contains(want), "{line}: {said}");
    }
}

#[test]
fn without_opensbi_it_says_where_it_looked_and_what_to_install() {
    let scratch = Scratch::new();
    // Where this host has OpenSBI the default works, and there is nothing to see.
    let places = ["/usr/share/opensbi", "/usr/lib/riscv64-linux-gnu/opensbi", "/usr/share/qemu"];
    if places.iter().any(|place| std::path::Path::new(place).exists()) {
        let kernel = scratch.file("kernel", [0; 8]);
        let dtb = scratch.path("dtb").display().to_string();
        let output = run(&scratch, &["run", "-kernel", &kernel, "--dump-dtb", &dtb]);
        let said = text(&output.stderr);
        assert!(output.status.success() || said.contains("package opensbi"), "{said}");
        return;
    }
    let said = refused(&scratch, "run");
    assert!(said.starts_with("no OpenSBI found (looked at ") && said.contains("package opensbi"), "{said}");
}

/// Every command that prints, with its output full, closed, or read by somebody who has gone.
#[test]
fn an_output_that_takes_nothing_is_an_error_and_never_a_panic() {
    let scratch = Scratch::new();
    let lines = [
        "--help",
        "--version",
        "run --help",
        "run -device help",
        "mtree",
        "mtree --json",
        "litmus --list",
        "completions bash",
        "litmus --shape SB --iterations 64",
        "stress --seconds 1 --harts 1 --functions 2",
        "--seconds 1 --harts 1",
    ];
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for line in lines {
        let start = || {
            let mut command = manyhart(&scratch);
            command.args(line.split(' '));
            command
        };
        let output = start().stdout(full()).output().expect("runs");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(last, "manyhart: standard output: No space left on device (os error 28)", "{line}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = start().stdout(writer).output().expect("runs");
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && !said.contains("manyhart:"), "{line}: {:?} {said}", output.status);
    }
    for (line, status) in [("run -smp 0", 2), ("run -bios none -kernel {}/missing", 2), ("--seconds 1 --harts 1", 0)] {
        let status_of =
            manyhart(&scratch).args(line.split(' ')).stderr(full()).stdout(std::process::Stdio::null()).status();
        assert_eq!(status_of.expect("runs").code(), Some(status), "{line}");
    }
}

/// A run is not for nothing: what it is to write at its end is made before it begins.
#[test]
fn a_file_that_cannot_be_written_is_said_at_once() {
    let scratch = Scratch::new();
    let symbols = [("begin_signature", BASE), ("end_signature", BASE + 4)];
    let kernel = scratch.file("spin", program(BASE, &[Part::at(BASE, [0x6f, 0, 0, 0])], &symbols));
    let endless = "--seconds 100000";
    let lines = [
        format!("stress {endless} --json {{}}/no/file"),
        format!("stress {endless} --html {{}}/no/file"),
        "litmus --iterations 1000000000 --json {}/no/file".to_owned(),
        format!("run -bios none -nographic -kernel {kernel} --signature {{}}/no/file"),
    ];
    for line in lines {
        let said = refused(&scratch, &line);
        assert!(said.ends_with("/no/file: cannot write: No such file or directory (os error 2)"), "{line}: {said}");
    }
    for line in ["stress --seconds 1 --harts 1 --json /dev/full", "litmus --shape SB --iterations 64 --json /dev/full"]
    {
        let output = run(&scratch, &line.split(' ').collect::<Vec<_>>());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(
            said.ends_with("manyhart: /dev/full: cannot write: No space left on device (os error 28)\n"),
            "{line}: {said}"
        );
        assert!(!output.stdout.is_empty(), "{line}: the verdict is said all the same");
    }
}

#[test]
fn wrong_values_of_checks_are_refused_in_words() {
    let scratch = Scratch::new();
    let cases = [
        ("--harts 0", "invalid value '0' for '--harts <N>': 0 is not in 1..=64"),
        ("--seconds -1", "invalid value '-1' for '--seconds <S>': not a number"),
        ("--seed 18446744073709551616", "invalid value '18446744073709551616' for '--seed <N>': number too large"),
        ("--harts 1 --harts 2", "the argument '--harts <N>' cannot be used multiple times"),
        ("stress --mix move=0", "invalid value 'move=0' for '--mix <KIND=WEIGHT,...>': all weights are zero"),
        (
            "stress --inject panic=-1",
            "invalid value 'panic=-1' for '--inject <FAULT=WEIGHT,...>': '-1' is not a weight",
        ),
        ("stress --seconds 1 --commits 5", "the argument '--seconds <S>' cannot be used with '--commits <N>'"),
        ("litmus --harts 1", "invalid value '1' for '--harts <N>': 1 is not in 2..=64"),
        ("litmus --shape NOPE", "no shape is called NOPE"),
        ("litmus --list --shape NOPE", "no shape is called NOPE"),
        ("mtree --generation -1", "invalid value '-1' for '--generation <N>': not a number"),
    ];
    for (line, want) in cases {
        let said = refused(&scratch, line);
        assert!(said.starts_with(want), "{line}: {said}");
    }
    let output = run(&scratch, &["litmus", "--list", "--shape", "SB*"]);
    let names = text(&output.stdout);
    assert!(names.lines().count() > 1 && names.lines().all(|name| name.starts_with("SB")), "{names}");
    let version = run(&scratch, &["run", "--version"]);
    assert_eq!(version.status.code(), Some(0));
}

#[test]
fn help_is_complete_and_a_success() {
    let scratch = Scratch::new();
    let cases: [(&[&str], &[&str]); 4] = [
        (&["--help"], &["manyhart run debian", "--harts", "--seconds", "--seed", "mtree"]),
        (
            &["run", "--help"],
            &[
                "-bios",
                "--kernel",
                "--initrd",
                "--append",
                "--dtb",
                "--dump-dtb",
                "--serial",
                "--no-reboot",
                "--signature",
                "--log-commits",
                "--limit",
                "Ctrl-A x",
                "Exit status",
                "Examples",
            ],
        ),
        (&["run", "debian", "-help"], &["--dir", "--append"]),
        (
            &["mtree", "-h"],
            &["--harts", "--memory", "--tree", "--flat", "--lint", "--history", "--why", "--json", "--svg"],
        ),
    ];
    for (line, wanted) in cases {
        let output = run(&scratch, line);
        assert_eq!(output.status.code(), Some(0), "{line:?}");
        for want in wanted {
            assert!(text(&output.stdout).contains(want), "{line:?} lacks {want}");
        }
    }
    let version = run(&scratch, &["-version"]);
    assert!(text(&version.stdout).starts_with("manyhart "));
}

#[test]
fn shells_complete_every_command() {
    let scratch = Scratch::new();
    for (shell, how) in [("bash", "complete -F"), ("zsh", "#compdef manyhart"), ("fish", "complete -c manyhart")] {
        let output = run(&scratch, &["completions", shell]);
        let script = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        for want in [how, "debian", "stress", "litmus", "mtree", "completions", "log-commits"] {
            assert!(script.contains(want), "{shell} lacks {want}");
        }
    }
    assert!(refused(&scratch, "completions tcsh").contains("tcsh"));
}

#[test]
fn mtree_says_what_an_address_is() {
    let scratch = Scratch::new();
    let output = run(&scratch, &["mtree", "--why", "0x10000005"]);
    let answer = "0x0000000010000005 in memory at generation 3: uart+0x5 (mmio, by system > uart)\n";
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), answer.to_owned()));
    for (line, want) in [
        ("mtree --why nowhere", "invalid value 'nowhere' for '--why <ADDR>'"),
        ("mtree --why 1 --space x", "there is no address space 'x'"),
        ("mtree --generation 7", "memory map: generation 7 is not kept: the history has 0 to 3"),
    ] {
        let said = refused(&scratch, line);
        assert!(said.starts_with(want), "{line}: {said}");
    }
}

#[test]
fn dump_dtb_needs_no_guest() {
    let scratch = Scratch::new();
    for line in [
        &["run", "-smp", "3", "-m", "1G", "--dump-dtb", "{}/dtb"][..],
        &["-machine", "virt,dumpdtb={}/dtb", "-smp", "3", "-m", "1G"],
    ] {
        let output = run(&scratch, line);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{line:?}");
        let blob = std::fs::read(scratch.path("dtb")).expect("a device tree");
        assert_eq!(blob[..4], [0xd0, 0x0d, 0xfe, 0xed]);
        for name in ["cpu@0", "cpu@2", "memory@80000000"] {
            assert!(blob.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
        }
        std::fs::remove_file(scratch.path("dtb")).expect("removed");
    }
    assert_eq!(
        manyhart(&scratch).args(["run", "--dump-dtb", "/nonexistent/x"]).status().expect("runs").code(),
        Some(2)
    );
}

#[test]
fn a_device_tree_of_the_users_gets_the_command_line_and_the_initrd() {
    let scratch = Scratch::new();
    scratch.file("kernel", [0x6f, 0, 0, 0]);
    scratch.file("initrd", [0; 100]);
    let kernel = ["-bios", "none", "-kernel", "{}/kernel", "-initrd", "{}/initrd"];
    let first = [&["run", "-append", "first", "--dump-dtb", "{}/a"], &kernel[..]].concat();
    let second = [&["run", "-append", "second", "-dtb", "{}/a", "--dump-dtb", "{}/b"], &kernel[..]].concat();
    for line in [&first, &second] {
        let output = run(&scratch, line);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{line:?}");
    }
    let blob = std::fs::read(scratch.path("b")).expect("a device tree");
    let has = |text: &[u8]| blob.windows(text.len()).any(|window| window == text);
    assert!(has(b"second\0") && !has(b"first") && has(b"cpu@0\0"));
}

#[test]
fn devices_are_listed_described_and_shown_in_the_map() {
    let scratch = Scratch::new();
    let cases: [(&[&str], &[&str]); 4] = [
        (&["run", "-device", "help"], &["name \"virtio-blk-pci\", bus PCI", "name \"edu\""]),
        (&["-device", "edu,help"], &["edu options:\n", "  addr=", "  dma_mask="]),
        (&["mtree", "-device", "pcie-root-port,id=rp0", "-device", "edu,id=e,bus=rp0"], &["rp0 memory", " e bar 0"]),
        (
            &["mtree", "-device", "virtio-rng-device", "-flat"],
            &["0000000010008000-0000000010008fff mmio     virtio-mmio"],
        ),
    ];
    for (line, wanted) in cases {
        let output = run(&scratch, line);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{line:?}");
        for want in wanted {
            assert!(text(&output.stdout).contains(want), "{line:?}: {}", text(&output.stdout));
        }
    }
}
