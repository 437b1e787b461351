use std::sync::atomic::{AtomicU32, Ordering};

use super::drives::*;
use manyhart_devices::block::{Format, OpenOptions};

/// A raw image that goes away by itself.
struct Scratch(String);

impl Scratch {
    fn new(bytes: &[u8]) -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("manyhart-drives-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        Scratch(path.to_string_lossy().into_owned())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).expect("the scratch file");
    }
}

fn drive(text: &str) -> Result<DriveSpec, String> {
    text.parse().map_err(|error: DriveError| error.to_string())
}

fn node(text: &str) -> Result<BlockdevSpec, String> {
    text.parse().map_err(|error: DriveError| error.to_string())
}

#[test]
fn drives_are_read_as_users_write_them() {
    let plain = DriveSpec {
        id: None,
        interface: Interface::Virtio,
        open: OpenOptions::new("F"),
        writeback: true,
        serial: None,
    };
    assert_eq!(drive("file=F"), Ok(plain.clone()));
    assert_eq!(drive("if=virtio,index=0,media=disk,werror=report,aio=threads,file=F"), Ok(plain.clone()));
    let open = OpenOptions { discard: false, ..OpenOptions::new("a,b").format(Format::Raw).read_only() };
    let full = DriveSpec {
        id: Some("d0".to_owned()),
        interface: Interface::None,
        open,
        writeback: false,
        serial: Some("s".to_owned()),
    };
    assert_eq!(
        drive("file=a,,b,format=raw,if=none,id=d0,readonly=on,cache=writethrough,serial=s,discard=ignore"),
        Ok(full)
    );
    let unlocked = OpenOptions { lock: false, ..OpenOptions::new("F").format(Format::Qcow2) };
    assert_eq!(drive("file=F,format=qcow2,file.locking=off").map(|spec| spec.open), Ok(unlocked));
}

#[test]
fn drives_that_cannot_be_had_are_refused_by_name() {
    let cases = [
        ("id=d0", "Parameter 'file' is missing"),
        ("file=F,if=ide", "if=ide: the buses are 'virtio' and 'none'"),
        ("file=F,format=vhdx", "format=vhdx: the formats are 'raw', 'qcow2' and 'vmdk'"),
        ("file=F,cache=fast", "cache=fast: 'writeback', 'writethrough', 'none' or 'directsync'"),
        ("file=F,snapshot=on", "snapshot=on: not supported: copy the image"),
        ("file=F,werror=stop", "rerror, werror=stop: errors are always reported to the guest"),
        ("file=F,readonly=maybe", "Parameter 'readonly' expects 'on' or 'off'"),
        ("file=F,colour=red", "Property 'drive.colour' not found"),
    ];
    for (text, want) in cases {
        assert_eq!(drive(text), Err(want.to_owned()), "{text}");
    }
}

#[test]
fn nodes_are_the_same_in_every_spelling() {
    let want = BlockdevSpec {
        name: "d0".to_owned(),
        node: NodeSpec::Format(OpenOptions::new("F").format(Format::Qcow2).read_only()),
    };
    let spellings = [
        "driver=qcow2,node-name=d0,file.driver=file,file.filename=F,read-only=on",
        "qcow2,node-name=d0,read-only,file.filename=F",
        r#"{"driver":"qcow2","node-name":"d0","file":{"driver":"file","filename":"F"},"read-only":true}"#,
        r#"{"driver":"qcow2","node-name":"d0","file":{"driver":"file","filename":"F","cache":{"direct":false}},"read-only":true,"cache":{"direct":true}}"#,
    ];
    for text in spellings {
        assert_eq!(node(text), Ok(want.clone()), "{text}");
    }
    let on = NodeSpec::On { file: "f0".to_owned(), format: Format::Raw, read_only: false, discard: true };
    assert_eq!(node("driver=raw,node-name=d0,file=f0").map(|spec| spec.node), Ok(on));
    assert_eq!(
        node("driver=file,node-name=f0,filename=F").map(|spec| spec.node),
        Ok(NodeSpec::File(OpenOptions::new("F")))
    );
    let cases = [
        ("driver=raw,file.filename=F", "Parameter 'node-name' is missing"),
        ("driver=raw,node-name=d0", "Parameter 'file.filename' is missing"),
        ("driver=nbd,node-name=d0", "driver=nbd: the drivers are 'file', 'raw', 'qcow2' and 'vmdk'"),
        ("driver=file,node-name=d0,filename=F,x=y", "Property 'file.x' not found"),
    ];
    for (text, want) in cases {
        assert_eq!(node(text), Err(want.to_owned()), "{text}");
    }
}

#[test]
fn a_drive_belongs_to_one_device_at_a_time() {
    let image = Scratch::new(&[7; 4096]);
    let drives = Drives::default();
    let spec = drive(&format!("file={},format=raw,if=none,id=d0,serial=s", image.0)).expect("a drive");
    assert_eq!(drives.add_drive(&spec, "drive0").expect("it opens"), "d0");
    let again = drives.add_drive(&spec, "drive0").map_err(|error| error.to_string());
    assert_eq!(again, Err("Duplicate nodes with node-name='d0'".to_owned()));
    let taken = drives.take("d0", "disk").expect("it is free");
    assert_eq!((taken.backend.size(), taken.serial.as_deref()), (4096, Some("s")));
    let busy = "Node 'd0' is busy: 'disk' uses it";
    assert_eq!(drives.take("d0", "other").err().map(|error| error.to_string()).as_deref(), Some(busy));
    assert_eq!(drives.remove("d0").map_err(|error| error.to_string()), Err(busy.to_owned()));
    let report =
        DriveReport { name: "d0".to_owned(), size: Some(4096), read_only: false, user: Some("disk".to_owned()) };
    assert_eq!(drives.list(), [report]);
    drives.release("disk");
    // The device is not quite gone yet: whoever comes next waits for it.
    let lets_go = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        drop(taken);
    });
    assert!(drives.take("d0", "next").is_ok());
    lets_go.join().expect("it lets go");
    drives.release("next");
    let taken = drives.take("d0", "last").expect("it is free");
    drives.release("last");
    drives.remove("d0").expect("it is free");
    let lets_go = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        drop(taken);
    });
    drives.add_drive(&spec, "drive0").expect("it is opened again once it is closed");
    lets_go.join().expect("it lets go");
    drives.remove("d0").expect("it is free");
    let gone = drives.take("d0", "disk").err().map(|error| error.to_string());
    assert_eq!(gone.as_deref(), Some("Failed to find node with node-name='d0'"));
    // The image is closed: its lock is gone.
    assert!(drives.add_drive(&spec, "drive0").is_ok());
}

#[test]
fn a_node_lies_on_a_node() {
    let image = Scratch::new(&[7; 4096]);
    let drives = Drives::default();
    let add = |text: &str| drives.add_blockdev(&node(text).expect("a node")).map_err(|error| error.to_string());
    assert_eq!(add(&format!("driver=file,node-name=f0,filename={}", image.0)), Ok(()));
    assert_eq!(add("driver=raw,node-name=d0,file=f0"), Ok(()));
    assert_eq!(add("driver=raw,node-name=d1,file=f0"), Err("Node 'f0' is busy: 'd0' uses it".to_owned()));
    assert_eq!(add("driver=raw,node-name=d1,file=f9"), Err("Failed to find node with node-name='f9'".to_owned()));
    assert!(drives.take("d0", "disk").is_ok());
    drives.release("disk");
    assert!(drives.remove("f0").is_err());
    assert!(drives.remove("d0").is_ok());
    assert_eq!(drives.take("f0", "disk").map(|taken| taken.backend.size()).ok(), Some(4096));
    let missing = add("driver=file,node-name=f1,filename=/nonexistent/image");
    assert!(missing.as_ref().is_err_and(|text| text.starts_with("Could not open '/nonexistent/image'")), "{missing:?}");
}
