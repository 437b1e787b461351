//! virtio over MMIO, version 2 (virtio 1.2 section 4.2): one page of registers and one interrupt line.

use std::sync::Arc;

use manyhart_runtime::actor::Reply;
use manyhart_runtime::guest_memory::GuestSpace;
use manyhart_runtime::{Access, Answer, Context, Device, DeviceHandle, Executive, Line, MmioSpec, NoAnswer};

use super::core::{Core, News, Written};
use super::device::VirtioDevice;
use super::registers::{set_high, set_low};
use super::session::{Inside, Posted};

/// The bytes of its registers.
pub const SIZE: u64 = 0x1000;
/// Aligned accesses; below the configuration space only those of four bytes do anything (section 4.2.2.2).
pub const SPEC: MmioSpec = MmioSpec {
    implemented: manyhart_runtime::actor::AccessShape { min: 1, max: 4, unaligned: false },
    ..MmioSpec::aligned(1, 8)
};
/// Where a device's configuration space begins.
const CONFIG: u64 = 0x100;

/// "virt".
const MAGIC: u32 = 0x7472_6976;
const VERSION: u32 = 2;
/// "MYHT": whoever made the device.
const VENDOR: u32 = 0x5448_594d;

/// Bits of InterruptStatus.
const USED: u32 = 1;
const CONFIG_CHANGED: u32 = 2;

/// How long a driver's reset waits for workers that are inside of guest memory, in seconds.
const RESET_LIMIT: u64 = 5;

/// The registers (table 4.1).
mod at {
    pub const MAGIC: u64 = 0x000;
    pub const VERSION: u64 = 0x004;
    pub const DEVICE_ID: u64 = 0x008;
    pub const VENDOR_ID: u64 = 0x00c;
    pub const DEVICE_FEATURES: u64 = 0x010;
    pub const DEVICE_FEATURES_SELECT: u64 = 0x014;
    pub const DRIVER_FEATURES: u64 = 0x020;
    pub const DRIVER_FEATURES_SELECT: u64 = 0x024;
    pub const QUEUE_SELECT: u64 = 0x030;
    pub const QUEUE_SIZE_MAX: u64 = 0x034;
    pub const QUEUE_SIZE: u64 = 0x038;
    pub const QUEUE_READY: u64 = 0x044;
    pub const QUEUE_NOTIFY: u64 = 0x050;
    pub const INTERRUPT_STATUS: u64 = 0x060;
    pub const INTERRUPT_ACKNOWLEDGE: u64 = 0x064;
    pub const STATUS: u64 = 0x070;
    pub const DESCRIPTORS_LOW: u64 = 0x080;
    pub const DESCRIPTORS_HIGH: u64 = 0x084;
    pub const AVAILABLE_LOW: u64 = 0x090;
    pub const AVAILABLE_HIGH: u64 = 0x094;
    pub const USED_LOW: u64 = 0x0a0;
    pub const USED_HIGH: u64 = 0x0a4;
    pub const SHARED_MEMORY: std::ops::Range<u64> = 0x0b0..0x0c0;
    pub const CONFIG_GENERATION: u64 = 0x0fc;
}

/// The transport. An empty slot has no device, and says so.
pub struct VirtioMmio {
    core: Option<Core>,
    interrupts: u32,
    line: Line,
    /// A driver that waits for its reset, and until when.
    waiting: Option<(Reply, u64)>,
}

/// What is posted to a [`VirtioMmio`].
pub struct MmioMessage(Told);

enum Told {
    Posted(Posted),
    /// A reset may have taken too long.
    Overdue,
}

/// A slot with its device, and how to wait for the device's workers after a reset.
pub struct Slot {
    /// To be mapped: region 0, [`SIZE`], [`SPEC`].
    pub handle: DeviceHandle<VirtioMmio>,
    /// Who is inside of guest memory.
    pub inside: Inside,
}

/// Makes a slot with `device`, which reaches memory through `space` and interrupts through `line`. Control threads only.
pub fn virtio_mmio(
    executive: &Executive,
    name: &str,
    space: GuestSpace,
    line: Line,
    device: Box<dyn VirtioDevice>,
) -> Slot {
    let core = Core::new(device, space);
    let inside = core.inside();
    let transport = VirtioMmio { core: Some(core), interrupts: 0, line, waiting: None };
    let handle = executive.spawn(name, transport);
    let attached = handle.post(MmioMessage(Told::Posted(Posted::Attach)));
    debug_assert!(attached, "it was just spawned");
    Slot { handle, inside }
}

/// Makes an empty slot: its device id reads 0, and drivers leave it alone.
pub fn empty_slot(executive: &Executive, name: &str) -> DeviceHandle<VirtioMmio> {
    let transport = VirtioMmio { core: None, interrupts: 0, line: Line::unconnected(), waiting: None };
    executive.spawn(name, transport)
}

impl VirtioMmio {
    fn read_register(&self, offset: u64) -> u32 {
        let core = match (offset, &self.core) {
            (at::MAGIC, _) => return MAGIC,
            (at::VERSION, _) => return VERSION,
            (at::VENDOR_ID, _) => return VENDOR,
            (_, None) => return 0,
            (_, Some(core)) => core,
        };
        let registers = core.registers();
        match offset {
            at::DEVICE_ID => core.device().device_type(),
            at::DEVICE_FEATURES => registers.offered_half(),
            at::QUEUE_SIZE_MAX => registers.queue().map_or(0, |queue| queue.max.into()),
            at::QUEUE_READY => registers.queue().is_some_and(|queue| queue.ready).into(),
            at::INTERRUPT_STATUS => self.interrupts,
            at::STATUS => registers.status().into(),
            // Lengths and bases of shared memory regions that do not exist (section 4.2.2).
            offset if at::SHARED_MEMORY.contains(&offset) => u32::MAX,
            at::CONFIG_GENERATION => core.device().config_generation(),
            _ => 0,
        }
    }

    fn write_register(&mut self, cx: &mut Context<'_, MmioMessage>, offset: u64, value: u32) -> Answer<()> {
        let Some(core) = &mut self.core else { return Ok(()) };
        match offset {
            at::QUEUE_NOTIFY => core.notify(u16::try_from(value).unwrap_or(u16::MAX)),
            at::INTERRUPT_ACKNOWLEDGE => {
                self.interrupts &= !value;
                self.drive();
            }
            at::STATUS => return self.write_status(cx, value as u8),
            _ => {
                if let Some(registers) = core.writable() {
                    write_setup(registers, offset, value);
                }
            }
        }
        Ok(())
    }

    /// A reset is answered when it is done: drivers of this transport do not ask whether it is.
    fn write_status(&mut self, cx: &mut Context<'_, MmioMessage>, value: u8) -> Answer<()> {
        let Some(core) = &mut self.core else { return Ok(()) };
        match core.write_status(value) {
            Written::Done => Ok(()),
            Written::Reset => {
                self.quiet();
                Ok(())
            }
            // Another hart resets the device while one waits for the same: it finds the status unchanged.
            Written::Resetting if self.waiting.is_some() => Ok(()),
            Written::Resetting => {
                let (reply, deferred) = cx.defer();
                let limit = cx.clock().now().saturating_add(RESET_LIMIT * cx.clock().frequency());
                self.waiting = Some((reply, limit));
                cx.post_at(limit, MmioMessage(Told::Overdue));
                Err(NoAnswer::Deferred(deferred))
            }
        }
    }

    /// No interrupt, no driver that waits: what a reset leaves behind.
    fn quiet(&mut self) {
        self.interrupts = 0;
        self.drive();
        self.release();
    }

    /// A driver waits no longer for a reset that is not done in time: it finds a status that is not zero, and a device that ignores it.
    fn overdue(&mut self, now: u64) {
        if self.waiting.as_ref().is_some_and(|&(_, limit)| limit <= now) {
            tracing::warn!("a virtio device's worker does not leave guest memory: its driver goes on without a reset");
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some((reply, _)) = self.waiting.take() {
            reply.answer(Ok(0));
        }
    }

    fn interrupt(&mut self, bits: u32) {
        self.interrupts |= bits;
        self.drive();
    }

    fn drive(&self) {
        self.line.set(self.interrupts != 0);
    }
}

/// What is written before a device works.
fn write_setup(registers: &mut super::registers::Registers, offset: u64, value: u32) {
    match offset {
        at::DEVICE_FEATURES_SELECT => registers.device_feature_select = value,
        at::DRIVER_FEATURES_SELECT => registers.driver_feature_select = value,
        at::DRIVER_FEATURES => registers.write_driver_half(value),
        at::QUEUE_SELECT => registers.queue_select = u16::try_from(value).unwrap_or(u16::MAX),
        at::QUEUE_SIZE => registers.change_queue(|queue| queue.size = u16::try_from(value).unwrap_or(0)),
        at::QUEUE_READY => registers.change_queue(|queue| queue.ready = value & 1 != 0),
        at::DESCRIPTORS_LOW => registers.change_queue(|queue| set_low(&mut queue.descriptors, value)),
        at::DESCRIPTORS_HIGH => registers.change_queue(|queue| set_high(&mut queue.descriptors, value)),
        at::AVAILABLE_LOW => registers.change_queue(|queue| set_low(&mut queue.available, value)),
        at::AVAILABLE_HIGH => registers.change_queue(|queue| set_high(&mut queue.available, value)),
        at::USED_LOW => registers.change_queue(|queue| set_low(&mut queue.used, value)),
        at::USED_HIGH => registers.change_queue(|queue| set_high(&mut queue.used, value)),
        _ => tracing::debug!("virtio-mmio: a write of {value:#x} to {offset:#x}, where nothing is written"),
    }
}

impl Device for VirtioMmio {
    type Message = MmioMessage;

    fn read(&mut self, _: &mut Context<'_, MmioMessage>, access: Access) -> Answer<u64> {
        if access.offset >= CONFIG {
            let mut bytes = [0; 8];
            if let Some(core) = &self.core {
                core.device().read_config(access.offset - CONFIG, &mut bytes[..usize::from(access.size)]);
            }
            return Ok(u64::from_le_bytes(bytes));
        }
        Ok(if access.size == 4 { self.read_register(access.offset).into() } else { 0 })
    }

    fn write(&mut self, cx: &mut Context<'_, MmioMessage>, access: Access, value: u64) -> Answer<()> {
        if access.offset >= CONFIG {
            if let Some(core) = &mut self.core {
                let bytes = &value.to_le_bytes()[..usize::from(access.size)];
                core.write_config(access.offset - CONFIG, bytes);
            }
            return Ok(());
        }
        if access.size == 4 { self.write_register(cx, access.offset, value as u32) } else { Ok(()) }
    }

    fn message(&mut self, cx: &mut Context<'_, MmioMessage>, message: MmioMessage) {
        let posted = match message.0 {
            Told::Posted(posted) => posted,
            Told::Overdue => return self.overdue(cx.clock().now()),
        };
        let Some(core) = &mut self.core else { return };
        let me = cx.me();
        match core.posted(posted, || Arc::new(move |posted| me.post(MmioMessage(Told::Posted(posted))))) {
            News::Nothing => {}
            News::Used(_) => self.interrupt(USED),
            News::ConfigChanged => self.interrupt(CONFIG_CHANGED),
            News::ResetDone => self.quiet(),
        }
    }

    fn reset(&mut self, _: &mut Context<'_, MmioMessage>) {
        if let Some(core) = &mut self.core {
            core.reset();
        }
        self.quiet();
    }

    fn flush(&mut self, _: &mut Context<'_, MmioMessage>) {
        if let Some(core) = &mut self.core {
            core.stop();
        }
    }
}
