//! Debian with disks: its root file system on a virtio disk behind PCI; what a host that refuses, or an image that is cut short, looks like to it.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use manyhart::debian::{self, Guest};
use support::console::{Console, MANYHART};
use support::{QUIET, Scratch};

const SOON: Duration = Duration::from_secs(600);
const MIB: u64 = 1 << 20;

fn guest() -> Guest {
    let dir = debian::default_dir().expect("a cache directory");
    debian::ensure(&dir).expect("the Debian guest")
}

/// A command of the host that must succeed.
fn host(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A file system image that holds what the initial RAM disk holds.
fn root_image(scratch: &Scratch, guest: &Guest) -> String {
    let (tree, image) = (scratch.path("tree"), scratch.path("root.img").display().to_string());
    std::fs::create_dir(&tree).expect("a directory");
    let unpack = "gzip -dc \"$1\" | (cd \"$2\" && cpio --quiet -idm --no-absolute-filenames)";
    let initrd = guest.initrd.display().to_string();
    host("sh", &["-c", unpack, "sh", &initrd, &tree.display().to_string()]);
    sparse(Path::new(&image), 64 * MIB);
    host("/sbin/mke2fs", &["-q", "-F", "-t", "ext4", "-d", &tree.display().to_string(), &image]);
    image
}

fn sparse(path: &Path, len: u64) -> String {
    std::fs::File::create(path).and_then(|file| file.set_len(len)).expect("an image");
    path.display().to_string()
}

/// `-drive` and `-device` for each image.
fn disks(images: &[&str]) -> Vec<String> {
    let disk = |(index, image): (usize, &&str)| {
        [
            "-drive".to_owned(),
            format!("file={image},format=raw,if=none,id=d{index}"),
            "-device".to_owned(),
            format!("virtio-blk-pci,drive=d{index},id=disk{index},serial=number-{index}"),
        ]
    };
    images.iter().enumerate().flat_map(disk).collect()
}

/// A guest whose root is on the first of `images`, up to where it takes commands.
fn start(guest: &Guest, machine: &str, images: &[&str]) -> Console {
    let path = |path: &Path| path.to_str().expect("a path in text").to_owned();
    let (firmware, kernel, initrd) = (path(&guest.firmware), path(&guest.kernel), path(&guest.initrd));
    let mut arguments = vec!["run", "-M", machine, "-smp", "4", "-m", "512M", "-bios", &firmware, "-kernel", &kernel];
    arguments.extend(["-initrd", &initrd, "-nographic"]);
    let append = format!("console=ttyS0 guest.mode=hotplug guest.root=vda {QUIET}");
    arguments.extend(["-append", &append]);
    let disks = disks(images);
    arguments.extend(disks.iter().map(String::as_str));
    // A file's limit would end the process by a signal, where whoever sets one has not said otherwise.
    let mut console = Console::start_by(Command::new("env").args(["--ignore-signal=XFSZ", MANYHART]).args(&arguments));
    console.wait_for("GUEST-ROOT vda", SOON);
    console
}

/// Runs a command in the guest; what it prints is waited for.
fn run(console: &mut Console, command: &str, prints: &str) {
    console.send(format!("{command}\n").as_bytes());
    console.wait_for(prints, SOON);
}

fn quit(mut console: Console) {
    console.send(b"quit\n");
    let status = console.wait(SOON);
    assert_eq!(status.code(), Some(0), "{}", console.output());
}

#[test]
fn debian_has_its_root_on_a_virtio_disk_behind_pci() {
    let (guest, scratch) = (guest(), Scratch::new());
    let image = root_image(&scratch, &guest);
    let mut console = start(&guest, "virt", &[&image]);
    console.wait_for("pci 0000:00:00.0 0x1b36:0x0008 class 0x060000", SOON);
    console.wait_for("pci 0000:00:01.0 0x1af4:0x1042 class 0x010000", SOON);
    console.wait_for("driver virtio-pci", SOON);
    console.wait_for("GUEST-MARKER-2", SOON);
    run(&mut console, "grep ' / ' /proc/mounts", "/dev/vda / ext4");
    run(&mut console, "cat /sys/block/vda/serial; echo serial-$?", "number-0");
    run(&mut console, "cat /sys/block/vda/size", &(64 * MIB / 512).to_string());
    run(&mut console, "cat /sys/block/vda/queue/write_cache", "write back");
    // All harts write and read back at once.
    let load = "p=; for c in 0 1 2 3; do (dd if=/dev/urandom of=/load$c bs=64k count=64 2>/dev/null; sync; md5sum /load$c >/sum$c) & p=\"$p $!\"; done; wait $p; \
                echo 3 >/proc/sys/vm/drop_caches; cat /sum? | md5sum -c && echo LOAD-\"\"OK";
    run(&mut console, load, "LOAD-OK");
    // What it flushed is there, also when the machine's process is killed.
    run(&mut console, "echo kept >/kept; sync; echo flush-$?", "flush-0");
    drop(console);
    host("/sbin/e2fsck", &["-p", &image]).clear();
    assert_eq!(host("/sbin/debugfs", &["-R", "cat /kept", &image]), "kept\n");
    // Again, with messages for interrupts.
    let mut again = start(&guest, "virt,aia=aplic-imsic", &[&image]);
    again.wait_for("GUEST-MARKER-2", SOON);
    let output = again.output();
    let line = output.lines().find(|line| line.contains("0x1af4:0x1042")).unwrap_or_default();
    assert!(line.contains("msi [") && !line.contains("msi []"), "{line}");
    run(&mut again, "cat /kept; grep -c virtio0-req /proc/interrupts", "kept");
    quit(again);
    host("/sbin/e2fsck", &["-n", "-f", &image]).clear();
}

#[test]
fn a_guest_sees_errors_of_its_disks_and_goes_on() {
    let (guest, scratch) = (guest(), Scratch::new());
    let root = root_image(&scratch, &guest);
    let data = sparse(&scratch.path("data.img"), 16 * MIB);
    let mut console = start(&guest, "virt", &[&root, &data]);
    console.wait_for("GUEST-MARKER-2", SOON);
    let dd = |what: &str| format!("dd {what} bs=1M count=1 2>&1 && echo dd-\"\"fine");
    run(&mut console, &dd("if=/dev/zero of=/dev/vdb seek=12 oflag=direct"), "dd-fine");
    run(&mut console, &dd("if=/dev/vdb of=/dev/null skip=12 iflag=direct"), "dd-fine");
    // Somebody cuts the image short: what is gone is an error, what is left is not.
    std::fs::File::options().write(true).open(&data).and_then(|file| file.set_len(8 * MIB)).expect("cut short");
    run(&mut console, &dd("if=/dev/vdb of=/dev/null skip=12 iflag=direct"), "Input/output error");
    run(&mut console, &dd("if=/dev/vdb of=/dev/null skip=4 iflag=direct"), "dd-fine");
    run(&mut console, "grep ' / ' /proc/mounts", "/dev/vda / ext4");
    quit(console);
}

/// A host that has no more room for a file says so with another number than one whose disk is full, and is much easier to come by.
#[test]
fn a_host_without_room_is_an_input_output_error_to_the_guest() {
    let (guest, scratch) = (guest(), Scratch::new());
    let root = root_image(&scratch, &guest);
    let data = sparse(&scratch.path("data.img"), 256 * MIB);
    let mut console = start(&guest, "virt", &[&root, &data]);
    console.wait_for("GUEST-MARKER-2", SOON);
    host("prlimit", &["--fsize=134217728:", "--pid", &console.id().to_string()]);
    let dd = |seek: u32| {
        format!("dd if=/dev/zero of=/dev/vdb bs=1M count=1 oflag=direct seek={seek} 2>&1 && echo dd-\"\"fine")
    };
    run(&mut console, &dd(200), "Input/output error");
    run(&mut console, &dd(100), "dd-fine");
    host("prlimit", &["--fsize=unlimited:", "--pid", &console.id().to_string()]);
    run(&mut console, &dd(200), "dd-fine");
    quit(console);
}
