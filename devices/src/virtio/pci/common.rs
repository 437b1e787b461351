//! The page of common configuration (virtio 1.2 section 4.1.4.3). Fields are accessed in their own width, 64-bit ones in halves; what else is written is
//! written to nothing.

use crate::virtio::core::{Core, Written};
use crate::virtio::registers::{set_high, set_low};

/// No message is to be sent.
pub(super) const NO_VECTOR: u16 = 0xffff;

/// Where each field lies.
mod at {
    pub const DEVICE_FEATURE_SELECT: u64 = 0x00;
    pub const DEVICE_FEATURE: u64 = 0x04;
    pub const DRIVER_FEATURE_SELECT: u64 = 0x08;
    pub const DRIVER_FEATURE: u64 = 0x0c;
    pub const CONFIG_VECTOR: u64 = 0x10;
    pub const QUEUE_COUNT: u64 = 0x12;
    pub const STATUS: u64 = 0x14;
    pub const CONFIG_GENERATION: u64 = 0x15;
    pub const QUEUE_SELECT: u64 = 0x16;
    pub const QUEUE_SIZE: u64 = 0x18;
    pub const QUEUE_VECTOR: u64 = 0x1a;
    pub const QUEUE_ENABLE: u64 = 0x1c;
    pub const QUEUE_NOTIFY_OFFSET: u64 = 0x1e;
    pub const DESCRIPTORS_LOW: u64 = 0x20;
    pub const DESCRIPTORS_HIGH: u64 = 0x24;
    pub const AVAILABLE_LOW: u64 = 0x28;
    pub const AVAILABLE_HIGH: u64 = 0x2c;
    pub const USED_LOW: u64 = 0x30;
    pub const USED_HIGH: u64 = 0x34;
}

/// Bytes of the structure.
pub(super) const SIZE: usize = 0x40;

/// Which entry of the MSI-X table tells of what.
pub(super) struct Vectors {
    pub(super) config: u16,
    queues: Vec<u16>,
}

impl Vectors {
    pub(super) fn new(queues: u16) -> Vectors {
        Vectors { config: NO_VECTOR, queues: vec![NO_VECTOR; queues.into()] }
    }

    pub(super) fn reset(&mut self) {
        *self = Vectors::new(self.queues.len() as u16);
    }

    pub(super) fn of_queue(&self, queue: u16) -> u16 {
        self.queues.get(usize::from(queue)).copied().unwrap_or(NO_VECTOR)
    }

    /// A vector that the table has, or none, which is how the driver finds out (section 4.1.5.1.2).
    fn known(&self, vector: u16) -> u16 {
        if usize::from(vector) <= self.queues.len() { vector } else { NO_VECTOR }
    }
}

/// Fills `data` from the structure; zeroes beyond it.
pub(super) fn read(core: &Core, vectors: &Vectors, offset: u64, data: &mut [u8]) {
    crate::virtio::config_bytes(&image(core, vectors), offset, data);
}

fn image(core: &Core, vectors: &Vectors) -> [u8; SIZE] {
    let registers = core.registers();
    let mut image = [0; SIZE];
    let mut put = |at: u64, bytes: &[u8]| image[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    put(at::DEVICE_FEATURE_SELECT, &registers.device_feature_select.to_le_bytes());
    put(at::DEVICE_FEATURE, &registers.offered_half().to_le_bytes());
    put(at::DRIVER_FEATURE_SELECT, &registers.driver_feature_select.to_le_bytes());
    put(at::DRIVER_FEATURE, &registers.driver_half().to_le_bytes());
    put(at::CONFIG_VECTOR, &vectors.config.to_le_bytes());
    put(at::QUEUE_COUNT, &(registers.queues().len() as u16).to_le_bytes());
    put(at::STATUS, &[registers.status()]);
    put(at::CONFIG_GENERATION, &[core.device().config_generation() as u8]);
    put(at::QUEUE_SELECT, &registers.queue_select.to_le_bytes());
    put(at::QUEUE_VECTOR, &vectors.of_queue(registers.queue_select).to_le_bytes());
    // A queue that does not exist has size 0.
    if let Some(queue) = registers.queue() {
        put(at::QUEUE_SIZE, &queue.size.to_le_bytes());
        put(at::QUEUE_ENABLE, &u16::from(queue.ready).to_le_bytes());
        put(at::QUEUE_NOTIFY_OFFSET, &registers.queue_select.to_le_bytes());
        put(at::DESCRIPTORS_LOW, &queue.descriptors.to_le_bytes());
        put(at::AVAILABLE_LOW, &queue.available.to_le_bytes());
        put(at::USED_LOW, &queue.used.to_le_bytes());
    }
    image
}

/// Writes one field.
pub(super) fn write(core: &mut Core, vectors: &mut Vectors, offset: u64, size: u8, value: u32) -> Written {
    if (offset, size) == (at::STATUS, 1) {
        return core.write_status(value as u8);
    }
    let Some(registers) = core.writable() else { return Written::Done };
    let short = value as u16;
    match (offset, size) {
        (at::DEVICE_FEATURE_SELECT, 4) => registers.device_feature_select = value,
        (at::DRIVER_FEATURE_SELECT, 4) => registers.driver_feature_select = value,
        (at::DRIVER_FEATURE, 4) => registers.write_driver_half(value),
        (at::CONFIG_VECTOR, 2) => vectors.config = vectors.known(short),
        (at::QUEUE_SELECT, 2) => registers.queue_select = short,
        (at::QUEUE_SIZE, 2) => registers.change_queue(|queue| queue.size = short),
        (at::QUEUE_VECTOR, 2) => {
            let known = vectors.known(short);
            if let Some(vector) = vectors.queues.get_mut(usize::from(registers.queue_select)) {
                *vector = known;
            }
        }
        // A driver enables a queue, and disables it by a reset (section 4.1.4.3.2).
        (at::QUEUE_ENABLE, 2) if short == 1 => registers.change_queue(|queue| queue.ready = true),
        (at::DESCRIPTORS_LOW, 4) => registers.change_queue(|queue| set_low(&mut queue.descriptors, value)),
        (at::DESCRIPTORS_HIGH, 4) => registers.change_queue(|queue| set_high(&mut queue.descriptors, value)),
        (at::AVAILABLE_LOW, 4) => registers.change_queue(|queue| set_low(&mut queue.available, value)),
        (at::AVAILABLE_HIGH, 4) => registers.change_queue(|queue| set_high(&mut queue.available, value)),
        (at::USED_LOW, 4) => registers.change_queue(|queue| set_low(&mut queue.used, value)),
        (at::USED_HIGH, 4) => registers.change_queue(|queue| set_high(&mut queue.used, value)),
        _ => tracing::debug!("virtio-pci: a write of {size} bytes to {offset:#x}, where nothing like it is written"),
    }
    Written::Done
}
