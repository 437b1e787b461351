//! The reference: one start of `qemu-system-riscv64` 7.2 for a whole batch, on a RAM file that holds the results afterwards.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::layout::*;

/// The hart that ours is compared with: the same extensions, and no more.
const CPU: &str = "rv64,h=false,v=false,zba=true,zbb=true,zbc=true,zbs=true,sstc=true,svnapot=true,svpbmt=true,svinval=false,\
                   Zfh=false,Zfhmin=false,debug=false,pmu-num=0,mvendorid=0,marchid=0,mimpid=0";

/// A second hart, which sleeps, makes the reference execute atomics as such: alone, it makes them a load and a store.
const HARTS: &str = "2";

/// How long no case may end. One takes microseconds, and starting a moment.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the image; returns the records of so many results, or the index of the case that never ended.
pub fn run(directory: &Path, image: &[u8], cases: usize) -> Result<Vec<u8>, usize> {
    let path = directory.join("qemu-ram");
    let ram = File::options().read(true).write(true).create(true).truncate(true).open(&path).expect("the RAM file");
    ram.set_len(RAM_SIZE).and_then(|()| ram.write_all_at(image, 0)).expect("the RAM file");
    let mut child = Command::new("qemu-system-riscv64")
        .args([
            "-machine",
            "virt,memory-backend=ram",
            "-m",
            "64M",
            "-smp",
            HARTS,
            "-cpu",
            CPU,
            "-bios",
            "none",
            "-nodefaults",
            "-display",
            "none",
        ])
        .arg("-object")
        .arg(format!("memory-backend-file,id=ram,size=64M,share=on,mem-path={}", path.display()))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("qemu-system-riscv64");
    let mut progress = (0, Instant::now());
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait") {
            break status;
        }
        let ended = index(&ram);
        if ended != progress.0 {
            progress = (ended, Instant::now());
        } else if progress.1.elapsed() > PATIENCE {
            child.kill().and_then(|()| child.wait()).expect("kill");
            return Err(ended);
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("stderr");
    assert!(status.success() && said.is_empty(), "QEMU: {status} {said}");
    let mut results = vec![0; cases * RECORD];
    ram.read_exact_at(&mut results, RESULTS - RAM).expect("the results");
    if index(&ram) == cases { Ok(results) } else { Err(index(&ram)) }
}

fn index(ram: &File) -> usize {
    let mut bytes = [0; 8];
    ram.read_exact_at(&mut bytes, CONTEXT - RAM).expect("the index");
    u64::from_le_bytes(bytes) as usize
}
