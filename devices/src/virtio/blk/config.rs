//! The configuration space of a disk (virtio 1.2 section 5.2.4).

use virtio_bindings::virtio_blk as id;

use super::super::Activation;
use super::{BlkOptions, request};
use crate::block::{BlockBackend, SECTOR};

/// Where the driver may write.
const WRITEBACK: usize = 32;

pub(super) struct Config {
    bytes: [u8; 60],
    /// As a driver finds it.
    default_writeback: bool,
    /// The driver has agreed on FLUSH or CONFIG_WCE: before, nothing is known of it.
    knows_cache: bool,
    may_change: bool,
}

impl Config {
    pub(super) fn new(disk: &dyn BlockBackend, options: &BlkOptions) -> Config {
        let mut bytes = [0; 60];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        let exponent = (options.physical_block / options.logical_block.max(1)).max(1).ilog2();
        put(0, &(disk.size() / SECTOR).to_le_bytes());
        put(12, &u32::from(options.queue_size - 2).to_le_bytes());
        put(20, &options.logical_block.to_le_bytes());
        put(24, &[exponent as u8, 0]);
        put(WRITEBACK, &[u8::from(options.writeback)]);
        put(34, &options.queues.to_le_bytes());
        if !disk.read_only() {
            put(36, &request::MOST_SECTORS.to_le_bytes());
            put(40, &request::MOST_RANGES.to_le_bytes());
            put(44, &(options.logical_block / SECTOR as u32).to_le_bytes());
            put(48, &request::MOST_SECTORS.to_le_bytes());
            put(52, &request::MOST_RANGES.to_le_bytes());
            put(56, &[1]);
        }
        Config { bytes, default_writeback: options.writeback, knows_cache: false, may_change: false }
    }

    pub(super) fn bytes(&self) -> [u8; 60] {
        self.bytes
    }

    /// What the driver has agreed on says who sees to durability.
    pub(super) fn agree(&mut self, activation: &Activation) {
        self.may_change = activation.has(1 << id::VIRTIO_BLK_F_CONFIG_WCE);
        self.knows_cache = self.may_change || activation.has(1 << id::VIRTIO_BLK_F_FLUSH);
    }

    /// The driver writes; all but `writeback` stays as it is.
    pub(super) fn write(&mut self, offset: u64, data: &[u8]) {
        let inside = usize::try_from(offset).ok().and_then(|offset| WRITEBACK.checked_sub(offset));
        if let Some(byte) = inside.and_then(|at| data.get(at)) {
            self.bytes[WRITEBACK] = byte & 1;
        }
    }

    /// Whether the driver flushes for itself.
    pub(super) fn writeback(&self) -> bool {
        let chosen = if self.may_change { self.bytes[WRITEBACK] != 0 } else { self.default_writeback };
        self.knows_cache && chosen
    }

    pub(super) fn reset(&mut self) {
        self.bytes[WRITEBACK] = u8::from(self.default_writeback);
        self.knows_cache = false;
        self.may_change = false;
    }
}
