//! A device written for rust-vmm on an address space of ours: `cargo run -p manyhart-runtime --features vm-memory --example virtqueue`.
//!
//! The guest puts a text into its memory and a chain of two descriptors into a queue; the device, which knows `vm_memory` and
//! `virtio_queue` alone, answers in capitals. Between two requests the text's memory is taken away, and what answers at its address is
//! another block: the next guard sees it, and the block that left is retired once no guard of before is left.

use std::error::Error;
use std::io::{Read, Write};
use std::sync::Arc;

use manyhart_runtime::guest_memory::GuestSpace;
use manyhart_runtime::{AddressSpace, BusError, Clock, Config, Executive, Gpa, RamBlock, Requester};
use virtio_queue::{Queue, QueueT};
use vm_memory::GuestAddressSpace;

const GUEST: Requester = Requester::Cpu(0);
const DEVICE: Requester = Requester::Device(0);

const DESCRIPTORS: u64 = 0x1000;
const AVAILABLE: u64 = 0x2000;
const USED: u64 = 0x3000;
const ANSWER: u64 = 0x4000;
const TEXT: u64 = 0x10_0000;

/// As a device of rust-vmm is written: over any address space there is.
struct Capitals<M: GuestAddressSpace> {
    memory: M,
    queue: Queue,
}

impl<M: GuestAddressSpace> Capitals<M> {
    fn new(memory: M) -> Result<Capitals<M>, virtio_queue::Error> {
        let mut queue = Queue::new(8)?;
        queue.set_desc_table_address(Some(DESCRIPTORS as u32), None);
        queue.set_avail_ring_address(Some(AVAILABLE as u32), None);
        queue.set_used_ring_address(Some(USED as u32), None);
        queue.set_ready(true);
        Ok(Capitals { memory, queue })
    }

    /// What it does when it is notified. The guard lives as long as this work.
    fn notified(&mut self) -> Result<(), Box<dyn Error>> {
        let memory = self.memory.memory();
        while let Some(chain) = self.queue.pop_descriptor_chain(memory.clone()) {
            let head = chain.head_index();
            let mut text = Vec::new();
            chain.clone().reader(&memory)?.read_to_end(&mut text)?;
            text.make_ascii_uppercase();
            chain.writer(&memory)?.write_all(&text)?;
            self.queue.add_used(&*memory, head, text.len() as u32)?;
        }
        Ok(())
    }
}

/// The guest: a chain of the text and room for the answer, as the `number`th request.
fn request(memory: &AddressSpace, number: u16, len: u32) -> Result<(), BusError> {
    const NEXT: u64 = 1 << 32;
    const WRITE: u64 = 2 << 32;
    memory.store(Gpa(DESCRIPTORS), TEXT, GUEST)?;
    memory.store(Gpa(DESCRIPTORS + 8), u64::from(len) | NEXT | 1 << 48, GUEST)?;
    memory.store(Gpa(DESCRIPTORS + 16), ANSWER, GUEST)?;
    memory.store(Gpa(DESCRIPTORS + 24), u64::from(len) | WRITE, GUEST)?;
    memory.store(Gpa(AVAILABLE + 4 + 2 * u64::from(number)), 0u16, GUEST)?;
    memory.store(Gpa(AVAILABLE + 2), number + 1, GUEST)
}

fn answer(memory: &AddressSpace, len: usize) -> Result<String, BusError> {
    let mut text = vec![0; len];
    memory.read(Gpa(ANSWER), &mut text, GUEST)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let mut t = executive.topology().transaction();
    let root = t.container("root", 1 << 64);
    let space = t.address_space("memory", root);
    let low = t.ram("low", Arc::new(RamBlock::anonymous("low", 0x10000)?));
    let first = t.ram("first", Arc::new(RamBlock::anonymous("first", 0x1000)?));
    t.add_subregion(root, 0, low).add_subregion(root, TEXT, first);
    t.commit()?;

    let memory = executive.topology().address_space(space);
    let mut device = Capitals::new(GuestSpace::new(memory.clone(), DEVICE))?;
    for (number, text) in [(0, "what the first block says"), (1, "what the second block says")] {
        memory.write(Gpa(TEXT), text.as_bytes(), GUEST)?;
        request(&memory, number, text.len() as u32)?;
        device.notified()?;
        println!("{text} -> {}", answer(&memory, text.len())?);
        if number == 0 {
            let mut t = executive.topology().transaction();
            let second = t.ram("second", Arc::new(RamBlock::anonymous("second", 0x1000)?));
            t.del_subregion(root, first).add_subregion(root, TEXT, second).destroy(first);
            let committed = t.commit()?;
            committed.retired.wait();
            println!("generation {}: the first block is out of everybody's reach", committed.generation);
        }
    }
    Ok(())
}
