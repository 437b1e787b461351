//! Builds the frame, and the memory image of a batch of cases around it.

use std::path::Path;
use std::process::Command;

use crate::case::Case;
use crate::layout::*;

/// The frame's bytes, for guest memory from its start on.
pub fn assemble(directory: &Path) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/frame.S");
    let (elf, binary) = (directory.join("frame.elf"), directory.join("frame.bin"));
    let mut gcc = Command::new("riscv64-unknown-elf-gcc");
    gcc.args(["-march=rv64gc", "-mabi=lp64d", "-nostdlib", "-Wl,--build-id=none"]).args(definitions());
    run(gcc.arg(format!("-Wl,-Ttext={RAM:#x}")).arg(source).arg("-o").arg(&elf));
    run(Command::new("riscv64-unknown-elf-objcopy").args(["-O", "binary"]).arg(&elf).arg(&binary));
    std::fs::read(&binary).expect("the frame")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Guest memory up to the last case's end.
pub fn image(frame: &[u8], cases: &[Case]) -> Vec<u8> {
    assert!(cases.len() <= MAX_CASES, "too many cases for one batch");
    let table = (CASES - RAM) as usize;
    let mut image = vec![0; table + cases.len() * RECORD];
    image[..frame.len()].copy_from_slice(frame);
    let count = (CONTEXT - RAM) as usize + 8;
    image[count..count + 8].copy_from_slice(&(cases.len() as u64).to_le_bytes());
    for (case, record) in cases.iter().zip(image[table..].chunks_exact_mut(RECORD)) {
        case.encode(record);
    }
    image
}
