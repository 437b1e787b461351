//! What the pairs are counted in: the code of the Debian guest, as the translator sees it.

use std::io::Read;
use std::path::Path;

use manyhart_vcpu::fused::{self, StepName};
use object::{Object, ObjectSection, SectionKind};

use crate::Error;
use crate::fuse::loops;

/// The files of the guest that are read.
const FILES: [&str; 3] = ["Image", "initramfs.cpio.gz", "fw_dynamic.bin"];
const PAGE: usize = 4096;

/// Programs, and where they are from.
pub struct Training {
    pub programs: Vec<Program>,
    /// Packages with their versions, then the sums of the files.
    origin: Vec<String>,
}

/// A program's steps, in runs without a gap.
pub struct Program {
    pub name: &'static str,
    pub runs: Vec<Vec<Step>>,
}

/// A step, and how often it is supposed to be executed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub name: StepName,
    pub weight: f64,
}

impl Program {
    fn of<'a>(name: &'static str, base: u64, code: impl IntoIterator<Item = &'a [u8]>) -> Program {
        let mut runs = Vec::new();
        for code in code {
            let depths = loops::depths(code);
            fused::runs(base, code, |run| {
                let step = |&(offset, name)| Step { name, weight: loops::weight(depths[offset / 2]) };
                runs.push(run.iter().map(step).collect());
            });
        }
        Program { name, runs }
    }

    /// How often all of them are executed together.
    pub fn weight(&self) -> f64 {
        self.runs.iter().flatten().map(|step| step.weight).sum()
    }
}

impl Training {
    /// Reads the guest in this directory.
    pub fn read(dir: &Path) -> Result<Training, Error> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).map_err(|source| Error::Read { path, source })
        };
        let [kernel, initramfs, firmware] = FILES.map(read);
        let busybox = busybox(&initramfs?)?;
        // Where they run matters to constants: an address may fit into an immediate or not.
        let programs = vec![
            Program::of("Linux", 0xffff_ffff_8000_0000, pages_of_code(&kernel?)),
            Program::of("busybox", 0x1_0000, text(&busybox)?),
            Program::of("OpenSBI", 0x8000_0000, pages_of_code(&firmware?)),
        ];
        let origin = read("VERSIONS")?;
        let origin = String::from_utf8_lossy(&origin)
            .lines()
            .filter(|line| !is_sum(line) || FILES.iter().any(|file| line.ends_with(&format!("  {file}"))))
            .map(str::to_owned)
            .collect();
        Ok(Training { programs, origin })
    }

    /// What it is, as the table's documentation says it.
    pub fn described(&self) -> String {
        self.origin.iter().map(|line| format!("//! | `{}` |\n", line.replace("  ", " "))).collect()
    }
}

/// A line of `sha256sum`.
fn is_sum(line: &str) -> bool {
    line.len() > 64 && line.bytes().take(64).all(|byte| byte.is_ascii_hexdigit())
}

/// The pages of a flat image that hold code: all of it decodes, and functions end there.
fn pages_of_code(image: &[u8]) -> impl Iterator<Item = &[u8]> {
    // An instruction may have begun in the page before.
    image
        .chunks(PAGE)
        .filter_map(|page| [0, 2].into_iter().filter_map(|start| page.get(start..)).find(|code| is_code(code)))
}

fn is_code(bytes: &[u8]) -> bool {
    let mut leaving = 0;
    let all = fused::runs(0, bytes, |run| leaving += usize::from(run.iter().any(|(_, step)| step.leaves())));
    all && leaving > 4
}

/// The sections of an ELF that hold code.
fn text(elf: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let file = object::File::parse(elf).map_err(|error| Error::Failed(format!("busybox: {error}")))?;
    file.sections()
        .filter(|section| section.kind() == SectionKind::Text)
        .map(|section| {
            let range = section.file_range().unwrap_or_default();
            let (start, size) = (range.0 as usize, range.1 as usize);
            elf.get(start..start + size).ok_or_else(|| Error::Failed("busybox: a section without bytes".to_owned()))
        })
        .collect()
}

/// `bin/busybox` out of an archive (cpio's "newc", compressed).
fn busybox(initramfs: &[u8]) -> Result<Vec<u8>, Error> {
    let mut archive = Vec::new();
    flate2::read::MultiGzDecoder::new(initramfs)
        .read_to_end(&mut archive)
        .map_err(|error| Error::Failed(format!("initramfs: {error}")))?;
    let mut rest = &archive[..];
    while let Some(member) = Member::parse(rest) {
        if matches!(member.name, b"bin/busybox" | b"./bin/busybox") {
            return Ok(member.bytes.to_vec());
        }
        rest = member.rest;
    }
    Err(Error::Failed("the initramfs has no bin/busybox".to_owned()))
}

/// One file of an archive.
struct Member<'a> {
    name: &'a [u8],
    bytes: &'a [u8],
    rest: &'a [u8],
}

impl Member<'_> {
    /// A header of 110 bytes in hexadecimal, the name, the bytes; both padded to four.
    fn parse(archive: &[u8]) -> Option<Member<'_>> {
        const HEADER: usize = 110;
        let field = |at: usize| {
            let digits = archive.get(6 + 8 * at..14 + 8 * at)?;
            usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let (size, name_size) = (field(6)?, field(11)?);
        let name = archive.get(HEADER..HEADER + name_size.checked_sub(1)?)?;
        let start = (HEADER + name_size).next_multiple_of(4);
        let bytes = archive.get(start..start.checked_add(size)?)?;
        Some(Member { name, bytes, rest: archive.get((start + size).next_multiple_of(4)..)? })
    }
}
