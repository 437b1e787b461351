//! Resolved parts, carried out one after the other, in ascending order.

use super::resolve::{Cut, Intent, Part, Place, check, offset_in};
use super::shape::Direction;
use crate::actor::{Detour, MmioPin, MmioTarget, Request, Verdict, on_bus};
use crate::ram::RamBlock;
use crate::reply::Waiter;
use crate::topology::ring;
use crate::{BusError, DropCached, FlatRange, Gpa, Reader};

/// The bytes of an access.
pub(super) enum Bytes<'a> {
    /// To be filled.
    Out(&'a mut [u8]),
    /// To be written.
    In(&'a [u8]),
}

/// How a device is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// At once where it is idle; else the reader waits inside its call.
    InCall,
    /// Also while the machine is paused and nobody else would run the device.
    Anyway,
    /// By a handler, which cannot wait: writes are posted.
    Posting,
}

/// Who carries out: a reader that is online, with what it has cached.
pub(super) struct Carrier<'a> {
    pub(super) reader: &'a mut Reader,
    pub(super) caches: &'a mut dyn DropCached,
    pub(super) asking: Asking,
}

impl Bytes<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Bytes::Out(bytes) => bytes.len(),
            Bytes::In(bytes) => bytes.len(),
        }
    }

    pub(super) fn direction(&self) -> Direction {
        match self {
            Bytes::Out(_) => Direction::Read,
            Bytes::In(_) => Direction::Write,
        }
    }

    fn part(&mut self, first: usize, len: usize) -> Bytes<'_> {
        match self {
            Bytes::Out(bytes) => Bytes::Out(&mut bytes[first..first + len]),
            Bytes::In(bytes) => Bytes::In(&bytes[first..first + len]),
        }
    }

    /// Copies to or from memory. 1, 2, 4 or 8 aligned bytes are one access.
    pub(super) fn copy(self, block: &RamBlock, offset: u64) {
        let inside = match self {
            Bytes::Out(bytes) => block.read(offset, bytes),
            Bytes::In(bytes) => block.write_online(offset, bytes),
        };
        debug_assert!(inside, "a view maps no more of a block than there is");
    }

    /// Carries a whole access of 1, 2, 4 or 8 bytes to registers that take it at once.
    pub(super) fn go_to(
        self,
        range: &FlatRange,
        target: &MmioTarget,
        addr: Gpa,
        intent: Intent,
    ) -> Result<(), BusError> {
        let (offset, size) = (offset_in(range, addr), self.len() as u8);
        check(range, target, addr, offset, size, intent.direction)?;
        if intent.direction == Direction::Write && ring(&range.doorbells, offset, size, self.value()) {
            return Ok(());
        }
        let request = intent.request(target, offset, size, self.value());
        self.accept(target.command(&request)?);
        Ok(())
    }

    /// The value of at most 8 bytes to be written.
    fn value(&self) -> u64 {
        let mut word = [0; 8];
        if let Bytes::In(bytes) = self {
            word[..bytes.len()].copy_from_slice(bytes);
        }
        u64::from_le_bytes(word)
    }

    /// Takes what a device returned.
    fn accept(self, value: u64) {
        if let Bytes::Out(bytes) = self {
            bytes.copy_from_slice(&value.to_le_bytes()[..bytes.len()]);
        }
    }
}

impl Carrier<'_> {
    pub(super) fn carry_out(&mut self, parts: &[Part], mut bytes: Bytes<'_>, intent: Intent) -> Result<(), BusError> {
        for part in parts {
            let bytes = bytes.part(part.first, part.len);
            match &part.place {
                Place::Ram(pin) => bytes.copy(pin.block(), part.offset),
                Place::Mmio(target, cut) => self.ask_all(target, *cut, part, bytes, intent)?,
            }
        }
        Ok(())
    }

    fn ask_all(
        &mut self,
        target: &MmioPin,
        cut: Cut,
        part: &Part,
        mut bytes: Bytes<'_>,
        intent: Intent,
    ) -> Result<(), BusError> {
        let mut first = 0;
        for (offset, size) in cut.accesses(part.offset, part.len) {
            let piece = bytes.part(first, size.into());
            first += usize::from(size);
            if intent.direction == Direction::Write && ring(&part.doorbells, offset, size, piece.value()) {
                continue;
            }
            let request = intent.request_pinned(target, offset, size, piece.value());
            piece.accept(self.ask(target, &request)?);
        }
        Ok(())
    }

    fn ask(&mut self, target: &MmioPin, request: &Request) -> Result<u64, BusError> {
        match self.asking {
            // Nobody waits for registers that take it at once, wherever the access comes from.
            Asking::Anyway | Asking::Posting if target.is_direct() => target.command(request),
            Asking::InCall => match target.access(request).map_err(|detour| *detour) {
                Ok(value) => Ok(value),
                Err(Detour::Device(error)) => on_bus(target.name(), Err(error)),
                Err(Detour::Bus(error)) => Err(error),
                Err(Detour::Later(waiter)) => self.wait_for(waiter, target.name()),
            },
            Asking::Anyway => self.reader.while_waiting(self.caches, || target.command(request)),
            Asking::Posting if target.post_write(request) => Ok(0),
            Asking::Posting => Err(BusError::Gone { device: target.name().to_owned() }),
        }
    }

    /// Waits offline, inside the call, and comes back.
    pub(super) fn wait_for(&mut self, waiter: Waiter<Verdict>, device: &str) -> Result<u64, BusError> {
        let answer = self.reader.while_waiting(self.caches, || waiter.wait());
        answer.map_err(|why| why.on_bus(device)).and_then(|verdict| on_bus(device, verdict))
    }
}
