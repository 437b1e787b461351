//! HTIF: how bare-metal tests end and print, by writing to the symbol `tohost` of their own ELF file.
//!
//! Source: riscv-isa-sim, `fesvr` (the protocol is defined by that implementation). A word holds device, command and payload in 8,
//! 8 and 48 bits. Device 0 command 0: an odd payload ends the run with `payload >> 1` as exit code, an even one is the address of
//! eight doublewords that hold a system call's number and arguments. Device 1 command 1: print a character.
//!
//! The eight bytes at `tohost` are a register of this device, above RAM in the map, so that nothing polls and nothing waits; what the guest
//! reads back is 0 once its word is handled. `fromhost` stays RAM.

use std::collections::VecDeque;

use manyhart_devices::uart::{Put, Sink};
use manyhart_runtime::{
    Access, AddressSpace, Answer, BusError, Context, Device, DeviceHandle, Executive, Gpa, MmioSpec, Requester,
    TopologyError,
};

use crate::board::Board;
use crate::load::Symbols;

/// Any aligned access: tests write words, doublewords and halves of them.
const SPEC: MmioSpec = MmioSpec::aligned(1, 8);
/// The most bytes that one system call prints; it says so in its result.
const MOST: u64 = 1 << 20;

const SYSCALL_WRITE: u64 = 64;
const SYSCALL_EXIT: u64 = 93;
/// Linux's ENOSYS and EFAULT, negated, as system calls return them.
const NOT_IMPLEMENTED: u64 = -38i64 as u64;
const BAD_ADDRESS: u64 = -14i64 as u64;

/// There is room for output again.
pub struct OutputRoom;

/// Guest memory as system calls reach it.
pub trait Memory: Send {
    /// Fills `buf` from `addr` on.
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), BusError>;

    /// Writes `data` from `addr` on.
    fn write(&self, addr: u64, data: &[u8]) -> Result<(), BusError>;
}

impl Memory for AddressSpace {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), BusError> {
        AddressSpace::read(self, Gpa(addr), buf, Requester::Debugger)
    }

    fn write(&self, addr: u64, data: &[u8]) -> Result<(), BusError> {
        AddressSpace::write(self, Gpa(addr), data, Requester::Debugger)
    }
}

/// The device.
pub struct Htif {
    tohost: u64,
    fromhost: Option<u64>,
    memory: Box<dyn Memory>,
    sink: Box<dyn Sink>,
    on_exit: Box<dyn FnMut(u8) + Send>,
    /// What is still to be printed; while it is not empty the guest's word is not handled.
    output: VecDeque<u8>,
    /// The system call that ends with the output: the address of its block, and its result.
    call: Option<(u64, u64)>,
}

/// Maps the device over `tohost`, if the program has that symbol.
pub fn attach(
    executive: &Executive,
    board: &Board,
    symbols: &Symbols,
    sink: Box<dyn Sink>,
    on_exit: Box<dyn FnMut(u8) + Send>,
) -> Result<Option<DeviceHandle<Htif>>, TopologyError> {
    let Some(tohost) = symbols.tohost else { return Ok(None) };
    let memory = Box::new(executive.topology().address_space(board.space));
    let device = executive.spawn("htif", Htif::new(symbols.fromhost, memory, sink, on_exit));
    let mut map = executive.topology().transaction();
    let region = map.mmio("htif", 8, device.mmio(0, SPEC));
    map.add_subregion_overlap(board.root, tohost, region, 1);
    map.commit()?;
    Ok(Some(device))
}

impl Htif {
    fn new(
        fromhost: Option<u64>,
        memory: Box<dyn Memory>,
        sink: Box<dyn Sink>,
        on_exit: Box<dyn FnMut(u8) + Send>,
    ) -> Htif {
        Htif { tohost: 0, fromhost, memory, sink, on_exit, output: VecDeque::new(), call: None }
    }

    fn load(&self, offset: u64, size: u8) -> u64 {
        (self.tohost >> (8 * offset)) & ones(size)
    }

    /// A partial write changes its bytes only; the word means something as soon as it is not zero.
    fn store(&mut self, offset: u64, size: u8, value: u64) {
        let mask = ones(size) << (8 * offset);
        self.tohost = self.tohost & !mask | (value << (8 * offset)) & mask;
        if self.output.is_empty() && self.tohost != 0 {
            self.handle();
        }
    }

    fn handle(&mut self) {
        let payload = self.tohost & (u64::MAX >> 16);
        match (self.tohost >> 56, self.tohost >> 48 & 0xff) {
            (0, 0) if payload & 1 == 1 => self.exit(payload >> 1),
            (0, 0) => self.system_call(payload),
            (1, 1) => self.output.push_back(payload as u8),
            (device, command) => tracing::debug!(device, command, "HTIF has no such device or command"),
        }
        self.print();
    }

    fn exit(&mut self, code: u64) {
        (self.on_exit)(u8::try_from(code).unwrap_or(u8::MAX));
    }

    fn system_call(&mut self, block: u64) {
        let mut bytes = [0; 32];
        if let Err(error) = self.memory.read(block, &mut bytes) {
            tracing::debug!(%error, block, "HTIF: no system call there");
            return;
        }
        let word =
            |index: usize| bytes[8 * index..].iter().take(8).rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        let result = match word(0) {
            SYSCALL_EXIT => return self.exit(word(1)),
            SYSCALL_WRITE => self.queue_output(word(2), word(3).min(MOST)),
            _ => NOT_IMPLEMENTED,
        };
        self.call = Some((block, result));
    }

    fn queue_output(&mut self, addr: u64, length: u64) -> u64 {
        let mut bytes = vec![0; length as usize];
        match self.memory.read(addr, &mut bytes) {
            Ok(()) => {
                self.output.extend(bytes);
                length
            }
            Err(_) => BAD_ADDRESS,
        }
    }

    /// Prints what there is room for, and then answers.
    fn print(&mut self) {
        while let Some(&byte) = self.output.front() {
            match self.sink.put(byte) {
                Put::Full => return,
                Put::Taken | Put::Closed => self.output.pop_front(),
            };
        }
        self.tohost = 0;
        if let Some((block, result)) = self.call.take() {
            let answered = self.memory.write(block, &result.to_le_bytes());
            let told = self.fromhost.map_or(Ok(()), |fromhost| self.memory.write(fromhost, &1u64.to_le_bytes()));
            if let Err(error) = answered.and(told) {
                tracing::debug!(%error, "HTIF: the answer has no place");
            }
        }
    }
}

/// `size` bytes of ones.
fn ones(size: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8)))
}

impl Device for Htif {
    type Message = OutputRoom;

    fn read(&mut self, _: &mut Context<'_, OutputRoom>, access: Access) -> Answer<u64> {
        Ok(self.load(access.offset, access.size))
    }

    fn write(&mut self, _: &mut Context<'_, OutputRoom>, access: Access, value: u64) -> Answer<()> {
        self.store(access.offset, access.size, value);
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, OutputRoom>, _: OutputRoom) {
        if !self.output.is_empty() {
            self.print();
        }
    }

    fn reset(&mut self, _: &mut Context<'_, OutputRoom>) {
        (self.tohost, self.call) = (0, None);
        self.output.clear();
    }

    fn flush(&mut self, _: &mut Context<'_, OutputRoom>) {
        let dropped = self.sink.finish(self.output.make_contiguous());
        if dropped > 0 {
            tracing::warn!(dropped, "HTIF: bytes that the console did not take");
        }
    }
}

#[cfg(test)]
#[path = "htif_tests.rs"]
mod tests;
