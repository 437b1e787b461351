//! What the harts change the map by: each group has a PCI function with a BAR of memory, and RAM that a register plugs, unplugs and turns about.

use std::sync::Arc;

use manyhart_devices::pci::{
    self, Bar, BarChange, BarKind, BarPart, BarTarget, Blueprint, Identity, PciError, PciHost, PlugError, ROOT_BUS,
};
use manyhart_runtime::{
    Access, Answer, Context, Device, DeviceError, Executive, MmioSpec, NoAnswer, RamBlock, RegionId, Topology,
    TopologyError, Transaction,
};

use super::layout::GroupParts;
use crate::board::Board;
use crate::board::memmap::PCI_ECAM;

const PAGE: u64 = 0x1000;
/// The first place of each group's BAR; there are four, and each BAR is two pages. What is changed lies where no page that the guest uses all the time
/// takes its place in a hart's TLB: what a hart would wrongly keep must have been kept.
const PLACES: u64 = 0x5002_4000;
const PLACES_SIZE: u64 = 0x8000;
/// Clear of the board and of PCI: a register for each group, and two pages of RAM.
const SWITCH: u64 = 0x9020_0000;
const RAM: u64 = 0x9035_0000;
/// What words say: the group in the low byte.
const WORD: u32 = 0x5a00_0100;
const RAM_WORD: u32 = 0x2b00_0000;

/// Why the field cannot be put up.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// The host has no memory.
    #[error("no memory for the guest: {0}")]
    Memory(#[from] std::io::Error),
    /// A function.
    #[error(transparent)]
    Plug(#[from] PlugError),
    /// Its BAR.
    #[error(transparent)]
    Pci(#[from] PciError),
    /// The map.
    #[error("the map refuses the guest's memory: {0}")]
    Topology(#[from] TopologyError),
}

/// Puts up what so many groups need.
pub fn put_up(executive: &Executive, board: &Board, groups: u32) -> Result<Vec<GroupParts>, FieldError> {
    let groups = u64::from(groups);
    let topology = executive.topology();
    let mut t = topology.transaction();
    let banks = (0..groups).map(|group| Bank::place(&mut t, board.root, group)).collect::<Result<_, _>>()?;
    let switch = Switch { topology: topology.clone(), root: board.root, banks };
    let switch = executive.spawn("ram-switch", switch);
    let registers = t.mmio("ram-switch", PAGE.into(), switch.mmio(0, MmioSpec::aligned(8, 8)));
    t.add_subregion(board.root, SWITCH, registers);
    t.commit()?;
    (0..groups).map(|group| parts(&board.pci, group)).collect()
}

fn parts(host: &PciHost, group: u64) -> Result<GroupParts, FieldError> {
    let places = PLACES + group * PLACES_SIZE;
    let word = WORD + group as u32;
    Ok(GroupParts {
        bar: plug(host, group, places, word)?,
        places,
        word: u64::from(word) << 32 | u64::from(word),
        switch: SWITCH + 8 * group,
        ram: RAM + 2 * PAGE * group,
        ram_word: twice(ram_word(group)),
    })
}

fn twice(word: u32) -> u64 {
    u64::from(word) << 32 | u64::from(word)
}

fn ram_word(group: u64) -> u32 {
    RAM_WORD + 2 * group as u32
}

/// Memory whose pages say these words.
fn memory(name: &str, pages: [u32; 2]) -> std::io::Result<Arc<RamBlock>> {
    let block = RamBlock::anonymous(name, 2 * PAGE)?;
    let bytes: Vec<u8> = pages.iter().flat_map(|word| word.to_le_bytes().repeat(PAGE as usize / 4)).collect();
    if !block.write(0, &bytes) {
        return Err(std::io::Error::other("a block is smaller than itself"));
    }
    Ok(Arc::new(block))
}

/// Plugs a group's function, answering at its first place. Answers the address of the register that moves it.
fn plug(host: &PciHost, group: u64, place: u64, word: u32) -> Result<u64, FieldError> {
    let id = format!("litmus{group}");
    let target = BarTarget::Memory(memory(&id, [word; 2])?);
    let bar = Bar {
        index: 0,
        kind: BarKind::Memory32 { prefetchable: true },
        size: 2 * PAGE,
        parts: vec![BarPart { offset: 0, size: 2 * PAGE, target }],
    };
    let identity = Identity { vendor: 0x1234, device: 0x117e, class: 0x05_8000, ..Identity::default() };
    let blueprint = Blueprint::new(identity, vec![bar]);
    // The root bus's first device is the host bridge.
    let (device, function) = ((1 + group / 8) as u8, (group % 8) as u8);
    let port = host.port(&id)?;
    host.surprise_plug(&id, &pci::Place::at(ROOT_BUS, device, function), port, blueprint)?;
    host.adjust(vec![
        BarChange { id: id.clone(), what: pci::Change::Address { index: 0, address: Some(place) } },
        BarChange { id, what: pci::Change::Memory(true) },
    ])?;
    let bar_0 = 0x10;
    Ok(PCI_ECAM.base + (u64::from(device) << 15) + (u64::from(function) << 12) + bar_0)
}

/// A group's RAM.
struct Bank {
    whole: RegionId,
    pages: [RegionId; 2],
    /// Bit 0 of what was last written, and bit 1.
    is_there: bool,
    is_swapped: bool,
}

impl Bank {
    fn place(t: &mut Transaction, root: RegionId, group: u64) -> std::io::Result<Bank> {
        let name = format!("bank-{group}");
        let block = memory(&name, [ram_word(group), ram_word(group) + 1])?;
        let ram = t.ram(&name, block);
        let whole = t.container(&format!("ram-{group}"), u128::from(2 * PAGE));
        let pages = [0, 1].map(|page| {
            let alias = t.alias(&format!("ram-{group}-{page}"), ram, page * PAGE, PAGE.into());
            t.add_subregion_overlap(whole, page * PAGE, alias, 0);
            alias
        });
        t.add_subregion(root, at(group), whole);
        Ok(Bank { whole, pages, is_there: true, is_swapped: false })
    }
}

fn at(group: u64) -> u64 {
    RAM + 2 * PAGE * group
}

/// A register for each group, 8 bytes apart: bit 0 whether its RAM is plugged, bit 1 whether its pages have changed places. A write is answered when
/// the map is so.
struct Switch {
    topology: Topology,
    root: RegionId,
    banks: Vec<Bank>,
}

impl Device for Switch {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        let bank = self.banks.get((access.offset / 8) as usize).ok_or(DeviceError::NoRegister)?;
        Ok(u64::from(bank.is_there) | u64::from(bank.is_swapped) << 1)
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        let group = access.offset / 8;
        let bank = self.banks.get_mut(group as usize).ok_or(DeviceError::NoRegister)?;
        let (is_there, is_swapped) = (value & 1 != 0, value & 2 != 0);
        let mut t = self.topology.transaction();
        if bank.is_there && !is_there {
            t.del_subregion(self.root, bank.whole);
        } else if is_there && !bank.is_there {
            t.add_subregion(self.root, at(group), bank.whole);
        }
        if bank.is_swapped != is_swapped {
            let [first, second] = bank.pages;
            t.set_address(first, if is_swapped { PAGE } else { 0 });
            t.set_address(second, if is_swapped { 0 } else { PAGE });
        }
        (bank.is_there, bank.is_swapped) = (is_there, is_swapped);
        let (reply, deferred) = cx.defer();
        t.post(move |result| {
            let done = result.map(|committed| committed.generation);
            reply.answer(done.map_err(|error| DeviceError::Other(error.to_string())));
        });
        Err(NoAnswer::Deferred(deferred))
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}
