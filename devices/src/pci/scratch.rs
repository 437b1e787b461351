//! A function that says who and when it is: for storms of hot-plug, and for whoever wants memory and registers in a BAR.
//!
//! BAR 0 has the registers, and the MSI-X table above them; BAR 2 has memory. A guest that reads [`IDENTITY`] and [`STAMP`] can tell which
//! function answered, and whether the mapping that it knows of is the one that it reached. All registers are 64 bits.

use std::sync::Arc;

use manyhart_runtime::actor::Poster;
use manyhart_runtime::{Access, Answer, Context, Device, Executive, RamBlock};

use super::background::SPEC;
use super::{Bar, BarKind, BarPart, BarTarget, Blueprint, FunctionEvent, Identity, MsixSpec, Pin, Port};

/// Reads as the number that the function was made with.
pub const IDENTITY: u64 = 0x00;
/// Reads as the last stamp that was posted to it.
pub const STAMP: u64 = 0x08;
/// Reads back what was last written to it.
pub const ECHO: u64 = 0x10;
/// Counts the writes to [`ECHO`].
pub const WRITES: u64 = 0x18;
/// A write signals the vector of that number; INTx stays up until [`ACKNOWLEDGE`] is written.
pub const SIGNAL: u64 = 0x20;
/// A write lowers INTx.
pub const ACKNOWLEDGE: u64 = 0x28;
/// Reads as the bytes of memory in BAR 2.
pub const MEMORY: u64 = 0x30;

const REGISTERS: u64 = 0x1000;
const TABLE: u32 = 0x2000;
const PENDING_BITS: u32 = 0x3000;
const BAR_SIZE: u64 = 0x4000;

const ID: Identity = Identity {
    vendor: 0x1b36,
    device: 0x00ff,
    revision: 1,
    class: 0xff_0000,
    subsystem_vendor: 0x1b36,
    subsystem: 0x00ff,
};

/// How a scratch function is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What [`IDENTITY`] reads.
    pub identity: u64,
    /// Bytes of memory: a power of two of at least 4 KiB, or none.
    pub memory: u64,
    /// Interrupt vectors, at most 256.
    pub vectors: u16,
}

/// What is posted to it.
pub enum Message {
    /// What [`STAMP`] reads from now on.
    Stamp(u64),
    /// What the bus does.
    Bus(FunctionEvent),
}

/// The device.
pub struct Scratch {
    port: Port,
    options: Options,
    stamp: u64,
    echo: u64,
    writes: u64,
}

/// Makes the function, to be plugged behind `port`, and a way to stamp it. The memory of its BAR may be made smaller by the host later on, and as
/// large as it was again.
pub fn scratch(
    executive: &Executive,
    name: &str,
    port: &Port,
    options: Options,
) -> std::io::Result<(Blueprint, Poster<Message>)> {
    let device = Scratch { port: port.clone(), options, stamp: 0, echo: 0, writes: 0 };
    let handle = executive.spawn(name, device);
    let registers = BarTarget::Registers(handle.mmio(0, SPEC));
    let mut bars = vec![Bar {
        index: 0,
        kind: BarKind::Memory32 { prefetchable: false },
        size: BAR_SIZE,
        parts: vec![BarPart { offset: 0, size: REGISTERS, target: registers }],
    }];
    if options.memory > 0 {
        let (size, block) = (options.memory, Arc::new(RamBlock::anonymous(name, options.memory)?));
        let parts = vec![BarPart { offset: 0, size, target: BarTarget::Memory(block) }];
        bars.push(Bar { index: 2, kind: BarKind::Memory64 { prefetchable: true }, size, parts });
    }
    let (me, stamps) = (handle.poster(), handle.poster());
    let on_event = move |event| {
        if !me.post(Message::Bus(event)) {
            tracing::trace!("an event for a function that is gone");
        }
    };
    let msix = MsixSpec {
        vectors: options.vectors.clamp(1, 256),
        table_bar: 0,
        table_offset: TABLE,
        pba_offset: PENDING_BITS,
    };
    let blueprint = Blueprint {
        interrupt_pin: Some(Pin::A),
        msix: Some(msix),
        express: true,
        on_event: Box::new(on_event),
        ..Blueprint::new(ID, bars)
    };
    Ok((blueprint, stamps))
}

impl Scratch {
    fn signal(&self, vector: u32) {
        if !self.port.signal(vector) {
            self.port.set_intx(true);
        }
    }

    fn forget(&mut self) {
        (self.echo, self.writes) = (0, 0);
        self.port.set_intx(false);
    }
}

impl Device for Scratch {
    type Message = Message;

    fn read(&mut self, _: &mut Context<'_, Message>, access: Access) -> Answer<u64> {
        let register = match access.offset & !7 {
            IDENTITY => self.options.identity,
            STAMP => self.stamp,
            ECHO => self.echo,
            WRITES => self.writes,
            MEMORY => self.options.memory,
            _ => 0,
        };
        Ok(register >> (8 * (access.offset & 7)))
    }

    fn write(&mut self, _: &mut Context<'_, Message>, access: Access, value: u64) -> Answer<()> {
        match access.offset {
            ECHO => {
                self.echo = value;
                self.writes += 1;
            }
            SIGNAL => self.signal(value as u32),
            ACKNOWLEDGE => self.port.set_intx(false),
            _ => {}
        }
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, Message>, message: Message) {
        match message {
            Message::Stamp(stamp) => self.stamp = stamp,
            Message::Bus(FunctionEvent::Reset) => self.forget(),
            Message::Bus(_) => {}
        }
    }

    fn reset(&mut self, _: &mut Context<'_, Message>) {
        self.forget();
    }
}
