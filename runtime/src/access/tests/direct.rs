//! Registers without a mailbox: reached by everybody at once, held back like any region.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::machine::{Machine, eventually, taken};
use super::slow::Slow;
use crate::actor::{Access, Answer, ByteOrder, Context, Device, MmioSpec, MmioTarget, NoAnswer, Registers};
use crate::{AddressSpace, BusError, DeviceError, Gpa, RegionId, Requester};

/// Two cells of 4 bytes; the one at 8 refuses.
#[derive(Default)]
struct Cells([AtomicU64; 2]);

impl Registers for Cells {
    fn read(&self, offset: u64, _: u8) -> Result<u64, DeviceError> {
        let cell = self.0.get(offset as usize / 4).ok_or(DeviceError::NoRegister)?;
        Ok(cell.load(Ordering::Acquire))
    }

    fn write(&self, offset: u64, _: u8, value: u64) -> Result<(), DeviceError> {
        let cell = self.0.get(offset as usize / 4).ok_or(DeviceError::NoRegister)?;
        cell.store(value, Ordering::Release);
        Ok(())
    }
}

fn map_cells(machine: &mut Machine, at: u64, spec: MmioSpec) -> (RegionId, Arc<Cells>) {
    let cells = Arc::new(Cells::default());
    let target = MmioTarget::direct("cells", spec, Arc::clone(&cells) as Arc<dyn Registers>);
    let region = machine.change(|t, root| {
        let region = t.mmio("cells", 0x10, target);
        t.add_subregion(root, at, region);
        region
    });
    (region, cells)
}

#[test]
fn everybody_reaches_direct_registers() {
    let mut machine = Machine::new();
    let (_, cells) = map_cells(&mut machine, 0x1000, MmioSpec::aligned(4, 4));
    machine.map_ram(0x2000);
    assert_eq!(machine.write(0x1000, 4, 5), Ok(()));
    assert_eq!(machine.read(0x1000, 4), Ok(5));
    let dma = machine.dma();
    for requester in [Requester::Device(3), Requester::Debugger] {
        dma.store(Gpa(0x1004), 7u32, requester).expect("mapped");
        assert_eq!(dma.load::<u32>(Gpa(0x1004), requester), Ok(7));
        // What is no single access of a guest's is cut, in ascending order: the last piece finds no register.
        let twelve = [0x11, 0, 0, 0, 0x22, 0, 0, 0, 0x33, 0, 0, 0];
        assert!(matches!(dma.write(Gpa(0x1000), &twelve, requester), Err(BusError::Device { .. })));
        assert_eq!((machine.read(0x1000, 4), machine.read(0x1004, 4)), (Ok(0x11), Ok(0x22)));
    }
    for (addr, size, reads) in [(0x1000, 8, false), (0x1002, 4, false), (0x1008, 4, true)] {
        let (read, write) = (machine.read(addr, size), machine.write(addr, size, 1));
        assert_eq!(matches!(read, Err(BusError::Device { .. })), reads, "{read:?}");
        assert_eq!(matches!(write, Err(BusError::Device { .. })), reads, "{write:?}");
        assert!(read.is_err() && write.is_err());
    }
    assert_eq!(cells.0[1].load(Ordering::Relaxed), 0x22);
}

#[test]
fn direct_registers_have_shapes_and_byte_orders() {
    let mut machine = Machine::new();
    let big = MmioSpec { byte_order: ByteOrder::Big, ..MmioSpec::aligned(4, 4) };
    let (_, cells) = map_cells(&mut machine, 0x1000, big);
    machine.dma().store(Gpa(0x1000), 0x0102_0304u32, Requester::Device(1)).expect("mapped");
    assert_eq!(cells.0[0].load(Ordering::Relaxed), 0x0403_0201);
    assert_eq!(machine.read(0x1000, 4), Ok(0x0102_0304));
    let spec = MmioSpec { valid: MmioSpec::aligned(1, 8).valid, ..MmioSpec::aligned(4, 4) };
    map_cells(&mut machine, 0x2000, spec);
    assert_eq!(machine.write(0x2000, 8, 0x2_0000_0001), Ok(()), "split");
    assert_eq!((machine.read(0x2000, 8), machine.read(0x2004, 1)), (Ok(0x2_0000_0001), Ok(2)));
    assert!(matches!(machine.write(0x2000, 1, 1), Err(BusError::Access { .. })), "nobody reads, modifies, writes here");
}

/// Reaches the cells, and a device, from within its handlers.
struct Inside(AddressSpace);

impl Device for Inside {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        let load = |addr| self.0.load::<u32>(Gpa(addr), Requester::Device(1)).map(u64::from);
        let store = |addr, value: u32| self.0.store(Gpa(addr), value, Requester::Device(1)).map(|()| 0);
        let result = match access.offset {
            0 => store(0x1000, 9).and_then(|_| load(0x1000)),
            // Two regions at once: the device's part is posted, the cell's carried out.
            4 => self.0.write(Gpa(0x1ffc), &[1, 0, 0, 0, 2, 0, 0, 0], Requester::Device(1)).and_then(|()| load(0x2000)),
            8 => store(0x1008, 1),
            _ => load(0x1ffc),
        };
        result.map_err(|error| NoAnswer::Refused(DeviceError::Other(error.to_string())))
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn a_handler_reads_and_writes_direct_registers_at_once() {
    let mut machine = Machine::new();
    map_cells(&mut machine, 0x1000, MmioSpec::aligned(4, 4));
    map_cells(&mut machine, 0x2000, MmioSpec::aligned(4, 4));
    let (_, log) = machine.map_bytes("bytes", 0x1ff0, 0x10, MmioSpec::aligned(1, 4));
    let inside = machine.executive.spawn("inside", Inside(machine.dma()));
    machine.map(&inside, 0x3000, 0x10, MmioSpec::aligned(4, 4));
    assert_eq!(machine.read(0x3000, 4), Ok(9));
    assert_eq!(machine.read(0x3004, 4), Ok(2), "carried out before the handler went on");
    assert!(matches!(machine.read(0x3008, 4), Err(BusError::Device { .. })), "the handler hears of a refusal");
    assert_eq!(taken(&log), [(0xc, 4, Some(1))], "and the device got its part after");
    let refused = machine.read(0x300c, 4);
    assert!(matches!(&refused, Err(BusError::Device { error, .. }) if error.to_string().contains("inside -> bytes")));
}

#[test]
fn c5_an_access_that_outlives_its_view_holds_direct_registers_back() {
    let mut machine = Machine::new();
    let slow = machine.executive.spawn("slow", Slow::default());
    machine.map(&slow, 0xff0, 0x10, MmioSpec::aligned(1, 8));
    let (region, cells) = map_cells(&mut machine, 0x1000, MmioSpec::aligned(4, 4));
    cells.0[0].store(0x55, Ordering::Relaxed);
    let (executive, root, space) = (machine.executive.clone(), machine.root, machine.space);
    let mut reader = executive.reader("straddler", None);
    let access = std::thread::spawn(move || {
        reader.checkpoint(&mut ());
        reader.read(space, Gpa(0xffc), 8, Requester::Cpu(0), &mut ())
    });
    eventually(|| executive.statistics().messages > 0);
    let mut transaction = executive.topology().transaction();
    transaction.del_subregion(root, region).destroy(region);
    let retired = transaction.commit().expect("a lawful change").retired;
    machine.reader.go_offline();
    std::thread::sleep(Duration::from_millis(10));
    assert!(!retired.is_complete(), "an access is on its way to it");
    assert!(slow.post(1));
    assert_eq!(access.join().expect("it ends"), Ok(0x55_0000_0001));
    retired.wait();
    assert_eq!(Arc::strong_count(&cells), 1, "the mapping is gone");
}

#[test]
fn many_go_online_at_once_without_a_reader_of_their_own() {
    const EACH: u64 = if cfg!(miri) { 5 } else { 2_000 };
    let mut machine = Machine::new();
    let (_, cells) = map_cells(&mut machine, 0x1000, MmioSpec::aligned(4, 4));
    std::thread::scope(|scope| {
        for cell in 0..4u64 {
            let dma = machine.dma();
            scope.spawn(move || {
                for n in 0..EACH {
                    dma.store(Gpa(0x1000 + 4 * (cell % 2)), n as u32, Requester::Device(1)).expect("mapped");
                }
            });
        }
    });
    assert_eq!([&cells.0[0], &cells.0[1]].map(|cell| cell.load(Ordering::Relaxed)), [EACH - 1; 2]);
}

/// Registers that send on what is written to them.
struct Relay(AddressSpace);

impl Registers for Relay {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Ok(0)
    }

    fn write(&self, offset: u64, _: u8, value: u64) -> Result<(), DeviceError> {
        let sent = self.0.store(Gpa(offset << 8 | 0x1000), value as u32, Requester::Device(1));
        sent.map_err(|error| DeviceError::Other(error.to_string()))
    }
}

fn map_relay(machine: &mut Machine, at: u64) -> Weak<Relay> {
    let relay = Arc::new(Relay(machine.dma()));
    let weak = Arc::downgrade(&relay);
    let target = MmioTarget::direct("relay", MmioSpec::aligned(4, 4), relay);
    machine.change(|t, root| {
        let region = t.mmio("relay", 0x20, target);
        t.add_subregion(root, at, region);
    });
    weak
}

/// They hold a way into the map, and the map holds them.
#[test]
fn registers_that_reach_memory_end_with_the_machine() {
    let mut machine = Machine::new();
    let relay = map_relay(&mut machine, 0x8000);
    let (_, log) = machine.map_bytes("bytes", 0x1000, 0x1000, MmioSpec::aligned(1, 4));
    assert_eq!(machine.write(0x8004, 4, 7), Ok(()));
    assert_eq!(taken(&log).len(), 1);
    drop(machine);
    assert!(relay.upgrade().is_none());
}

/// A pause waits for a reader that is inside such registers; what those send must not wait for the pause.
#[test]
fn registers_that_reach_memory_do_not_wait_for_a_pause() {
    let mut machine = Machine::new();
    map_cells(&mut machine, 0x1000, MmioSpec::aligned(4, 4));
    map_relay(&mut machine, 0x8000);
    let (executive, space) = (machine.executive.clone(), machine.space);
    machine.reader.go_offline();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut reader = executive.reader("cpu", None);
            while !done.load(Ordering::Relaxed) {
                reader.checkpoint(&mut ());
                reader.write(space, Gpa(0x8000), 4, 1, Requester::Cpu(0), &mut ()).expect("mapped");
            }
        });
        for _ in 0..if cfg!(miri) { 5 } else { 500 } {
            drop(machine.executive.pause());
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_registers_send_to_a_device_is_handled_after_them() {
    let mut machine = Machine::new();
    map_relay(&mut machine, 0x8000);
    let (_, log) = machine.map_bytes("bytes", 0x1000, 0x1000, MmioSpec::aligned(1, 4));
    assert_eq!(machine.write(0x8004, 4, 7), Ok(()));
    assert_eq!(taken(&log), [(0x400, 4, Some(7))]);
    // The same from a control thread.
    machine.dma().store(Gpa(0x8008), 8u32, Requester::Device(2)).expect("mapped");
    assert_eq!(taken(&log), [(0x800, 4, Some(8))]);
}
