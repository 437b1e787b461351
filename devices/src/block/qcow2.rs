//! Whether a qcow2 image is all there. Reads past the end of such a file give zeroes, as the format wants it for the last cluster; so an image
//! that was cut short would be read as one with holes, silently. Its tables tell: nothing they point to may begin at or past the file's end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::raw::length;
use super::{OpenError, at};

/// Where a table entry's offset is.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const COMPRESSED: u64 = 1 << 62;
/// Incompatible features: data in a file of its own; entries of 16 bytes.
const EXTERNAL_DATA: u64 = 1 << 2;
const EXTENDED_L2: u64 = 1 << 4;

/// What of the header is used here.
struct Header {
    cluster_bits: u32,
    l1_entries: u32,
    l1_offset: u64,
    refcount_offset: u64,
    refcount_clusters: u32,
    incompatible: u64,
}

/// Refuses an image that was cut short. What else is wrong with it is for whoever reads it to say.
pub(super) fn check(file: &File, path: &Path) -> Result<(), OpenError> {
    let unreadable = |error| at(path, |path| OpenError::Unreadable { path, error });
    let size = length(file).map_err(unreadable)?;
    let ends_at = |what, end: u64| match end <= size {
        true => Ok(()),
        false => Err(at(path, |path| OpenError::Truncated { path, what, end, size })),
    };
    ends_at("its header", 72)?;
    let header = read_header(file, size).map_err(unreadable)?;
    let Some(header) = header else { return Ok(()) };
    let cluster = 1u64 << header.cluster_bits;
    ends_at("its L1 table", header.l1_offset.saturating_add(u64::from(header.l1_entries) * 8))?;
    let refcounts = u64::from(header.refcount_clusters).saturating_mul(cluster);
    ends_at("its table of reference counts", header.refcount_offset.saturating_add(refcounts))?;

    let l1 = read_table(file, header.l1_offset, u64::from(header.l1_entries) * 8).map_err(unreadable)?;
    let external = header.incompatible & EXTERNAL_DATA != 0;
    let step = if header.incompatible & EXTENDED_L2 != 0 { 2 } else { 1 };
    for table in l1.iter().map(|entry| entry & OFFSET).filter(|offset| *offset != 0) {
        ends_at("an L2 table", table.saturating_add(cluster))?;
        if external {
            continue;
        }
        let l2 = read_table(file, table, cluster).map_err(unreadable)?;
        // A compressed cluster's entry is laid out by the cluster size; its data are checked when they are unpacked.
        for entry in l2.iter().step_by(step).filter(|entry| *entry & COMPRESSED == 0 && *entry & OFFSET != 0) {
            ends_at("a data cluster", (entry & OFFSET) + 1)?;
        }
    }
    Ok(())
}

/// `None`: what reads the image will not like it either.
fn read_header(file: &File, size: u64) -> io::Result<Option<Header>> {
    let mut bytes = [0; 80];
    let len = bytes.len().min(size as usize);
    file.read_exact_at(&mut bytes[..len], 0)?;
    let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let long = |at: usize| u64::from(word(at)) << 32 | u64::from(word(at + 4));
    let version = word(4);
    let header = Header {
        cluster_bits: word(20),
        l1_entries: word(36),
        l1_offset: long(40),
        refcount_offset: long(48),
        refcount_clusters: word(56),
        incompatible: if version >= 3 { long(72) } else { 0 },
    };
    // The same bounds as everywhere: clusters of 512 bytes to 2 MiB, an L1 table of at most 32 MiB.
    let sane = bytes.starts_with(b"QFI\xfb")
        && (2..=3).contains(&version)
        && (9..=21).contains(&header.cluster_bits)
        && header.l1_entries <= 4 << 20;
    Ok(sane.then_some(header))
}

/// A table of big-endian entries. Its end was checked.
fn read_table(file: &File, offset: u64, len: u64) -> io::Result<Vec<u64>> {
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(&mut bytes, offset)?;
    let entries = bytes.chunks_exact(8).map(|entry| entry.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    Ok(entries.collect())
}
