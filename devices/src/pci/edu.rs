//! The educational device: the smallest function that has everything a driver's author must learn — registers, a computation that takes
//! time, interrupts by pin and by message, a DMA engine.
//!
//! Source: the device's description in QEMU's documentation, "EDU device" (docs/specs/edu). The computation and the transfers are messages that the
//! device posts to itself: no access waits for them, and status registers say that they are under way.

use std::sync::Arc;

use manyhart_runtime::{Access, Answer, Context, Device, DeviceHandle, Executive, Gpa, Shadow};

use super::background::SPEC;
use super::{Bar, BarKind, BarPart, BarTarget, Blueprint, FunctionEvent, Identity, MsiSpec, Pin, Port};
use crate::halves;

/// How many bits of an address its DMA engine drives, unless told otherwise.
pub const DMA_BITS: u32 = 28;

const IDENTITY: Identity = Identity {
    vendor: 0x1234,
    device: 0x11e8,
    revision: 0x10,
    class: 0xff_0000,
    subsystem_vendor: 0x1af4,
    subsystem: 0x1100,
};
const BAR_SIZE: u64 = 1 << 20;

/// Registers of 32 bits, accessed whole.
const IDENTIFICATION: u64 = 0x00;
const LIVENESS: u64 = 0x04;
const FACTORIAL: u64 = 0x08;
const STATUS: u64 = 0x20;
const INTERRUPT_STATUS: u64 = 0x24;
/// How many registers there are up to here; the rest are written, or their reads are not worth a copy.
const SHADOWED: usize = 10;
const INTERRUPT_RAISE: u64 = 0x60;
const INTERRUPT_ACKNOWLEDGE: u64 = 0x64;
/// Registers of 64 bits, accessed whole or by halves, from here on.
const DMA_REGISTERS: u64 = 0x80;
const DMA_SOURCE: u64 = 0x80;
const DMA_DESTINATION: u64 = 0x88;
const DMA_COUNT: u64 = 0x90;
const DMA_COMMAND: u64 = 0x98;

/// Version 1.0.
const VERSION: u32 = 0x0100_00ed;
/// STATUS: a factorial is being computed; raise an interrupt when it is.
const COMPUTING: u32 = 0x01;
const INTERRUPT_WHEN_COMPUTED: u32 = 0x80;
/// DMA_COMMAND: run; from the device to memory, and not the other way; raise an interrupt at the end.
const DMA_RUN: u64 = 1;
const DMA_TO_MEMORY: u64 = 2;
const DMA_INTERRUPT: u64 = 4;
/// What it raises by itself.
const COMPUTED: u32 = 0x001;
const TRANSFERRED: u32 = 0x100;

/// The DMA engine's buffer, in the engine's own addresses.
const BUFFER: u64 = 0x40000;
const BUFFER_SIZE: usize = 0x1000;

/// What was asked of a device that has been reset since is not done.
type Era = u64;

/// What it sends itself, and what it hears of the bus.
pub struct Message(What);

enum What {
    Compute(Era),
    Transfer(Era),
    Reset,
}

/// The device.
pub struct Edu {
    port: Port,
    dma_mask: u64,
    era: Era,
    liveness: u32,
    factorial: u32,
    status: u32,
    interrupts: u32,
    dma: Transfer,
    buffer: Box<[u8; BUFFER_SIZE]>,
    /// What the first registers read as: no read changes any.
    shadow: Arc<Shadow>,
}

/// The DMA engine's registers.
#[derive(Debug, Clone, Copy, Default)]
struct Transfer {
    source: u64,
    destination: u64,
    count: u64,
    command: u64,
}

/// Makes the function, to be plugged behind `port`. `dma_mask`: the address bits that its DMA engine drives.
pub fn edu(executive: &Executive, name: &str, port: &Port, dma_mask: u64) -> Blueprint {
    let device: DeviceHandle<Edu> = executive.spawn(name, Edu::new(port.clone(), dma_mask));
    let registers = BarTarget::Registers(device.mmio(0, SPEC));
    let parts = vec![BarPart { offset: 0, size: BAR_SIZE, target: registers }];
    let me = device.poster();
    let on_event = move |event| {
        if matches!(event, FunctionEvent::Reset) && !me.post(Message(What::Reset)) {
            tracing::trace!("a reset of a function that is gone");
        }
    };
    let bar = Bar { index: 0, kind: BarKind::Memory32 { prefetchable: false }, size: BAR_SIZE, parts };
    Blueprint {
        interrupt_pin: Some(Pin::A),
        msi: Some(MsiSpec { vectors: 1, per_vector_masking: false }),
        on_event: Box::new(on_event),
        ..Blueprint::new(IDENTITY, vec![bar])
    }
}

impl Edu {
    fn new(port: Port, dma_mask: u64) -> Edu {
        Edu {
            port,
            dma_mask,
            era: 0,
            liveness: 0,
            factorial: 0,
            status: 0,
            interrupts: 0,
            dma: Transfer::default(),
            buffer: Box::new([0; BUFFER_SIZE]),
            shadow: Shadow::new(4, SHADOWED),
        }
    }

    fn raise(&mut self, interrupts: u32) {
        self.interrupts |= interrupts;
        if self.interrupts != 0 && !self.port.signal(0) {
            self.port.set_intx(true);
        }
    }

    fn acknowledge(&mut self, interrupts: u32) {
        self.interrupts &= !interrupts;
        if self.interrupts == 0 {
            self.port.set_intx(false);
        }
    }

    fn read_word(&self, offset: u64) -> Option<u32> {
        match offset {
            IDENTIFICATION => Some(VERSION),
            LIVENESS => Some(self.liveness),
            FACTORIAL => Some(self.factorial),
            STATUS => Some(self.status),
            INTERRUPT_STATUS => Some(self.interrupts),
            _ => None,
        }
    }

    fn write_word(&mut self, cx: &mut Context<'_, Message>, offset: u64, value: u32) {
        match offset {
            LIVENESS => self.liveness = !value,
            FACTORIAL if self.status & COMPUTING == 0 => {
                self.factorial = value;
                self.status |= COMPUTING;
                self.go_on(cx, What::Compute(self.era));
            }
            STATUS => {
                self.status = self.status & !INTERRUPT_WHEN_COMPUTED | value & INTERRUPT_WHEN_COMPUTED;
            }
            INTERRUPT_RAISE => self.raise(value),
            INTERRUPT_ACKNOWLEDGE => self.acknowledge(value),
            _ => {}
        }
    }

    fn dma_register(&mut self, at: u64) -> Option<&mut u64> {
        match at {
            DMA_SOURCE => Some(&mut self.dma.source),
            DMA_DESTINATION => Some(&mut self.dma.destination),
            DMA_COUNT => Some(&mut self.dma.count),
            DMA_COMMAND => Some(&mut self.dma.command),
            _ => None,
        }
    }

    fn read_dma(&mut self, access: Access) -> Option<u64> {
        let at = access.offset & !7;
        let register = *self.dma_register(at)?;
        halves::read(register, at, access).ok()
    }

    fn write_dma(&mut self, cx: &mut Context<'_, Message>, access: Access, value: u64) {
        if self.dma.command & DMA_RUN != 0 {
            return; // They belong to the engine now.
        }
        let at = access.offset & !7;
        let Some(register) = self.dma_register(at) else { return };
        if let Ok(new) = halves::write(*register, at, access, value) {
            *register = new;
        }
        if self.dma.command & DMA_RUN != 0 {
            self.go_on(cx, What::Transfer(self.era));
        }
    }

    fn go_on(&self, cx: &Context<'_, Message>, what: What) {
        if !cx.me().post(Message(what)) {
            tracing::trace!("work for a function that is gone");
        }
    }

    fn compute(&mut self) {
        self.factorial = factorial(self.factorial);
        self.status &= !COMPUTING;
        if self.status & INTERRUPT_WHEN_COMPUTED != 0 {
            self.raise(COMPUTED);
        }
    }

    fn transfer(&mut self) {
        let Transfer { source, destination, count, command } = self.dma;
        let (memory, own) = if command & DMA_TO_MEMORY != 0 { (destination, source) } else { (source, destination) };
        let memory = Gpa(memory & self.dma_mask);
        match within_buffer(own, count) {
            Some(range) => {
                let result = match command & DMA_TO_MEMORY != 0 {
                    true => self.port.dma().write(memory, &self.buffer[range]),
                    false => self.port.dma().read(memory, &mut self.buffer[range]),
                };
                if let Err(error) = result {
                    tracing::debug!(%error, %memory, count, "a transfer ended early");
                }
            }
            None => tracing::debug!(own, count, "a transfer beyond the buffer"),
        }
        self.dma.command &= !DMA_RUN;
        if command & DMA_INTERRUPT != 0 {
            self.raise(TRANSFERRED);
        }
    }

    fn forget(&mut self) {
        self.port.set_intx(false);
        let (port, shadow, era) = (self.port.clone(), Arc::clone(&self.shadow), self.era + 1);
        *self = Edu { era, shadow, ..Edu::new(port, self.dma_mask) };
    }
}

/// Modulo 2^32. There are 32 factors of two in 34!.
fn factorial(number: u32) -> u32 {
    if number >= 34 { 0 } else { (1..=number).fold(1, u32::wrapping_mul) }
}

/// Which part of the buffer `count` bytes from `address` on are.
fn within_buffer(address: u64, count: u64) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(address.checked_sub(BUFFER)?).ok()?;
    let end = start.checked_add(usize::try_from(count).ok()?)?;
    (end <= BUFFER_SIZE).then_some(start..end)
}

impl Device for Edu {
    type Message = Message;

    /// Ones where no register is, and where one is not accessed as it should be.
    fn read(&mut self, _: &mut Context<'_, Message>, access: Access) -> Answer<u64> {
        let value = match access {
            Access { offset: DMA_REGISTERS.., .. } => self.read_dma(access),
            Access { size: 4, offset, .. } => self.read_word(offset).map(u64::from),
            _ => None,
        };
        Ok(value.unwrap_or(u64::MAX))
    }

    fn write(&mut self, cx: &mut Context<'_, Message>, access: Access, value: u64) -> Answer<()> {
        match access {
            Access { offset: DMA_REGISTERS.., .. } => self.write_dma(cx, access, value),
            Access { size: 4, offset, .. } => self.write_word(cx, offset, value as u32),
            _ => {}
        }
        Ok(())
    }

    fn shadows(&self) -> Vec<(u32, Arc<Shadow>)> {
        vec![(0, Arc::clone(&self.shadow))]
    }

    fn publish(&self) {
        self.shadow.publish(|offset| self.read_word(offset));
    }

    fn message(&mut self, _: &mut Context<'_, Message>, Message(what): Message) {
        match what {
            What::Compute(era) if era == self.era => self.compute(),
            What::Transfer(era) if era == self.era => self.transfer(),
            What::Compute(_) | What::Transfer(_) => {}
            What::Reset => self.forget(),
        }
    }

    fn reset(&mut self, _: &mut Context<'_, Message>) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factorials_are_modulo_two_to_the_32nd() {
        for (number, want) in
            [(0, 1), (1, 1), (5, 120), (12, 479_001_600), (13, 1_932_053_504), (33, 1 << 31), (34, 0), (u32::MAX, 0)]
        {
            assert_eq!(factorial(number), want, "{number}!");
        }
    }

    #[test]
    fn transfers_stay_within_the_buffer() {
        let cases = [
            (0x40000, 0x1000, Some(0..0x1000)),
            (0x40ff0, 0x10, Some(0xff0..0x1000)),
            (0x41000, 0, Some(0x1000..0x1000)),
            (0x40ff0, 0x11, None),
            (0x3ffff, 2, None),
            (0x40000, u64::MAX, None),
            (u64::MAX, 1, None),
        ];
        for (address, count, want) in cases {
            assert_eq!(within_buffer(address, count), want, "{count:#x} from {address:#x}");
        }
    }
}
