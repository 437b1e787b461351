//! What a driver asks of a disk (virtio 1.2 section 5.2.6): 16 bytes of header, data, one byte of status, in whatever pieces the driver likes.

use std::io::Read;

use virtio_bindings::virtio_blk as id;
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::super::{Chain, Guard};
use crate::block::SECTOR;

/// How much one range of a discard or a write of zeroes may have: 2 GiB.
pub(super) const MOST_SECTORS: u32 = 1 << 22;
/// How many ranges one request may have.
pub(super) const MOST_RANGES: u32 = 32;
/// How many bytes one read or write may have: what it takes on the host.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes of a range: sector, number of sectors, flags.
const RANGE: u64 = 16;

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok = id::VIRTIO_BLK_S_OK as isize,
    IoError = id::VIRTIO_BLK_S_IOERR as isize,
    Unsupported = id::VIRTIO_BLK_S_UNSUPP as isize,
}

/// What requests are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) size: u64,
    pub(super) read_only: bool,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Request {
    /// The serial number: known here.
    Id,
    /// For the host.
    Work(Work),
}

/// What the host is to do. Offsets and lengths are in bytes and inside of the disk.
#[derive(Debug)]
pub(super) enum Work {
    Read { offset: u64, len: usize },
    Write { offset: u64, data: Vec<u8> },
    Flush,
    Discard(Vec<Range>),
    WriteZeroes(Vec<Range>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) unmap: bool,
}

impl Work {
    /// What it takes of the host's memory.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Work::Read { len, .. } => *len as u64,
            Work::Write { data, .. } => data.len() as u64,
            Work::Flush | Work::Discard(_) | Work::WriteZeroes(_) => 0,
        }
    }
}

impl Request {
    /// Reads it, with its data. A driver that changes the chain meanwhile gets what is there at the time, or an error.
    pub(super) fn read(chain: &Chain, limits: Limits) -> Result<Request, Status> {
        let mut reader = chain.reader().map_err(|_| Status::IoError)?;
        let mut header = [0; 16];
        reader.read_exact(&mut header).map_err(|_| Status::IoError)?;
        let [k0, k1, k2, k3, _, _, _, _, s0, s1, s2, s3, s4, s5, s6, s7] = header;
        let kind = u32::from_le_bytes([k0, k1, k2, k3]);
        let sector = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        // The writable part without the status byte.
        let room = chain.writable().saturating_sub(1);
        let data = reader.available_bytes() as u64;
        Ok(match kind {
            id::VIRTIO_BLK_T_IN => {
                let offset = inside(limits, sector, room)?;
                Request::Work(Work::Read { offset, len: room as usize })
            }
            id::VIRTIO_BLK_T_OUT => {
                let offset = inside(limits.to_write()?, sector, data)?;
                Request::Work(Work::Write { offset, data: take(&mut reader, data)? })
            }
            id::VIRTIO_BLK_T_FLUSH => Request::Work(Work::Flush),
            id::VIRTIO_BLK_T_GET_ID if room >= u64::from(id::VIRTIO_BLK_ID_BYTES) => Request::Id,
            id::VIRTIO_BLK_T_GET_ID => return Err(Status::IoError),
            id::VIRTIO_BLK_T_DISCARD => Request::Work(Work::Discard(ranges(&mut reader, data, limits, false)?)),
            id::VIRTIO_BLK_T_WRITE_ZEROES => Request::Work(Work::WriteZeroes(ranges(&mut reader, data, limits, true)?)),
            _ => return Err(Status::Unsupported),
        })
    }
}

impl Limits {
    fn to_write(self) -> Result<Limits, Status> {
        if self.read_only { Err(Status::IoError) } else { Ok(self) }
    }
}

/// Where the bytes of a read or write begin, if they are whole sectors of the disk.
fn inside(limits: Limits, sector: u64, len: u64) -> Result<u64, Status> {
    let offset = sector.checked_mul(SECTOR).ok_or(Status::IoError)?;
    let end = offset.checked_add(len).ok_or(Status::IoError)?;
    let fits = len.is_multiple_of(SECTOR) && len <= MOST_BYTES && end <= limits.size;
    fits.then_some(offset).ok_or(Status::IoError)
}

/// The rest of the readable part. Its length is what the chain said, however the driver has changed it since.
fn take(reader: &mut impl Read, len: u64) -> Result<Vec<u8>, Status> {
    let mut data = zeroes(len as usize).ok_or(Status::IoError)?;
    reader.read_exact(&mut data).map_err(|_| Status::IoError)?;
    Ok(data)
}

/// Bytes, if the host has that many.
pub(super) fn zeroes(len: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).ok()?;
    bytes.resize(len, 0);
    Some(bytes)
}

/// The ranges of a discard or of a write of zeroes (section 5.2.6.2).
fn ranges(reader: &mut impl Read, len: u64, limits: Limits, may_unmap: bool) -> Result<Vec<Range>, Status> {
    let limits = limits.to_write()?;
    if len == 0 || !len.is_multiple_of(RANGE) || len / RANGE > u64::from(MOST_RANGES) {
        return Err(Status::IoError);
    }
    take(reader, len)?.chunks_exact(RANGE as usize).map(|bytes| range(bytes, limits, may_unmap)).collect()
}

fn range(bytes: &[u8], limits: Limits, may_unmap: bool) -> Result<Range, Status> {
    let number = |from: usize, to: usize| bytes[from..to].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let (sector, sectors, flags) = (number(0, 8), number(8, 12), number(12, 16) as u32);
    let unmap = flags & id::VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP != 0;
    // Unknown flags, and unmap in a discard, are unsupported by the letter.
    if flags & !id::VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP != 0 || unmap && !may_unmap {
        return Err(Status::Unsupported);
    }
    if sectors > u64::from(MOST_SECTORS) {
        return Err(Status::IoError);
    }
    let len = sectors * SECTOR;
    let end = sector.checked_mul(SECTOR).and_then(|offset| offset.checked_add(len)).filter(|end| *end <= limits.size);
    end.map(|end| Range { offset: end - len, len, unmap }).ok_or(Status::IoError)
}

/// Where the answer goes: the writable buffers, whose last byte is the status. Kept while the host works, without a hold on guest memory.
pub(super) struct Target {
    head: u16,
    buffers: Vec<(GuestAddress, u32)>,
    /// Of all buffers together, the status among them.
    len: u64,
}

impl Target {
    /// `None`: there is no room for a status.
    pub(super) fn of(chain: &Chain) -> Option<Target> {
        let buffers: Vec<_> = chain.writable_buffers().filter(|(_, len)| *len > 0).collect();
        // Summed here and not taken from the chain: what counts is what is written to.
        let len = buffers.iter().map(|(_, len)| u64::from(*len)).sum();
        (len > 0).then(|| Target { head: chain.head(), buffers, len })
    }

    pub(super) fn head(&self) -> u16 {
        self.head
    }

    /// Writes data, then the status; how many bytes were written from the start on.
    pub(super) fn answer(&self, guard: &Guard, status: Status, data: &[u8]) -> Result<u32, GuestMemoryError> {
        let room = self.len - 1;
        let data = &data[..data.len().min(room as usize)];
        let mut left = data;
        for (addr, len) in &self.buffers {
            let now = left.len().min(*len as usize);
            guard.write_slice(&left[..now], *addr)?;
            left = &left[now..];
        }
        if let Some((addr, len)) = self.buffers.last() {
            guard.write_obj(status as u8, GuestAddress(addr.0 + u64::from(*len) - 1))?;
        }
        // With a gap before the status, what counts ends at the gap (section 2.7.8.2).
        let written = if data.len() as u64 == room { self.len } else { data.len() as u64 };
        Ok(written.min(u64::from(u32::MAX)) as u32)
    }
}
