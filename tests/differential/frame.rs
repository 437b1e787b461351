//! Builds the frame, and the memory image of a batch of cases around it.

use std::path::Path;
use std::process::Command;

use crate::case::Case;
use crate::layout::*;

/// The frame's bytes, for guest memory from its start on.
pub fn assemble(directory: &Path) -> Vec<u8> {
    let [source, object, elf, binary] =
        ["frame.s", "frame.o", "frame.elf", "frame.bin"].map(|name| directory.join(name));
    std::fs::write(&source, defined(include_str!("frame.S"))).expect("the frame's source");
    let tool = |name: &str| Command::new(format!("riscv64-unknown-elf-{name}"));
    run(tool("as").args(["-march=rv64gc", "-mabi=lp64d", "-o"]).arg(&object).arg(&source));
    run(tool("ld").arg(format!("-Ttext={RAM:#x}")).arg("-o").arg(&elf).arg(&object));
    run(tool("objcopy").args(["-O", "binary"]).arg(&elf).arg(&binary));
    std::fs::read(&binary).expect("the frame")
}

/// The source with the layout's values in the place of their names.
fn defined(source: &str) -> String {
    let values = definitions();
    let value_of = |word: &str| values.iter().find(|(name, _)| *name == word).map(|(_, value)| value.as_str());
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut text = String::new();
    let mut rest = source;
    while !rest.is_empty() {
        let word = &rest[..rest.find(|c| !in_word(c)).unwrap_or(rest.len())];
        let after = &rest[word.len()..];
        let between = &after[..after.find(in_word).unwrap_or(after.len())];
        text.push_str(value_of(word).unwrap_or(word));
        text.push_str(between);
        rest = &after[between.len()..];
    }
    text
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
