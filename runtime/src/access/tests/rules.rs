//! Rules A1 to A8.

use std::sync::Arc;

use super::machine::{CPU, Machine, taken};
use crate::actor::{Access, AccessShape, Answer, Context, Device, MmioSpec};
use crate::{AddressSpace, BusError, DeviceError, EventFd, Gpa, RamBlock, Requester, RomDeviceMode};

const ANY: AccessShape = AccessShape { min: 1, max: 8, unaligned: true };

#[test]
fn a1_a_refused_access_is_a_typed_error() {
    let mut machine = Machine::new();
    let (_, log) = machine.map_bytes("device", 0x1000, 0x100, MmioSpec::aligned(2, 4));
    machine.change(|t, root| {
        let reservation = t.reservation("reserved", 0x1000);
        t.add_subregion(root, 0x8000, reservation);
    });
    let access = |addr| BusError::Access { addr: Gpa(addr), region: "device".into() };
    let cases = [
        (0x1000, 2, None),
        (0x1000, 4, None),
        (0x1000, 1, Some(access(0x1000))),
        (0x1000, 8, Some(access(0x1000))),
        (0x1001, 2, Some(access(0x1001))),
        (0x1002, 4, Some(access(0x1002))),
        (0x0ff0, 4, Some(BusError::Decode(Gpa(0xff0)))),
        (0x1100, 4, Some(BusError::Decode(Gpa(0x1100)))),
        (0x8000, 4, Some(BusError::Decode(Gpa(0x8000)))),
    ];
    for (addr, size, error) in cases {
        assert_eq!(machine.read(addr, size).err(), error, "read of {size} at {addr:#x}");
        assert_eq!(machine.write(addr, size, 0).err(), error, "write of {size} at {addr:#x}");
        let calls = if error.is_none() { 2 } else { 0 };
        assert_eq!(taken(&log).len(), calls, "{size} at {addr:#x}");
    }
    for size in [0, 3, 5, 9, 255] {
        assert!(matches!(machine.read(0x1000, size), Err(BusError::Access { .. })), "no access has {size} bytes");
    }
}

/// Refuses everything but offset 0, which reads as all ones.
struct Picky;

impl Device for Picky {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        if access.offset == 0 { Ok(u64::MAX) } else { Err(DeviceError::NoRegister.into()) }
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Err(DeviceError::Other("it is full".into()).into())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn a1_a_device_refuses_in_its_own_words() {
    let mut machine = Machine::new();
    let device = machine.executive.spawn("picky", Picky);
    machine.map(&device, 0x1000, 0x100, MmioSpec::aligned(1, 8));
    let error = |error| BusError::Device { device: "picky".into(), error };
    assert_eq!(machine.read(0x1004, 4), Err(error(DeviceError::NoRegister)));
    assert_eq!(machine.write(0x1000, 4, 1), Err(error(DeviceError::Other("it is full".into()))));
    let mut buf = [0; 4];
    assert_eq!(machine.dma().read(Gpa(0x1004), &mut buf, CPU), Err(error(DeviceError::NoRegister)));
}

#[test]
fn a2_accesses_are_split_and_widened_as_implemented() {
    let mut machine = Machine::new();
    let implemented = AccessShape { min: 2, max: 4, unaligned: false };
    let spec = MmioSpec { valid: ANY, implemented, narrow_writes_by_rmw: true, ..MmioSpec::aligned(1, 8) };
    let (_, log) = machine.map_bytes("device", 0x1000, 0x100, spec);

    assert_eq!(machine.read(0x1001, 8), Ok(0x0807_0605_0403_0201));
    assert_eq!(taken(&log), [(0, 2, None), (2, 2, None), (4, 4, None), (8, 2, None)]);
    machine.write(0x1003, 1, 0xff).expect("read, modify, write");
    assert_eq!(taken(&log), [(2, 2, None), (2, 2, Some(0xff02))]);

    let (_, log) = machine.map_bytes("careful", 0x2000, 0x100, MmioSpec { narrow_writes_by_rmw: false, ..spec });
    assert!(matches!(machine.write(0x2003, 4, 0), Err(BusError::Access { .. })));
    assert_eq!(taken(&log), [], "refused before its first part");
    assert_eq!(machine.read(0x2003, 1), Ok(3), "a read is harmless");
}

#[test]
fn a3_sizes_one_to_eight_keep_all_bits() {
    let mut machine = Machine::new();
    let (_, log) = machine.map_bytes("device", 0x1000, 0x100, MmioSpec::aligned(1, 8));
    for size in [1u8, 2, 4, 8] {
        let value = 0xfedc_ba98_7654_3210 & super::super::shape::mask(size);
        machine.write(0x1000, size, (u64::MAX << (8 * (size - 1))) | value).expect("allowed");
        machine.write(0x1000, size, value).expect("allowed");
        assert_eq!(machine.read(0x1000, size), Ok(value));
        assert!(taken(&log).iter().all(|(_, _, written)| written.is_none_or(|w| w <= super::super::shape::mask(size))));
    }
}

#[test]
fn a4_a_straddling_access_is_split_at_the_edge() {
    let mut machine = Machine::new();
    let ram = machine.map_ram(0x1000);
    let (_, left) = machine.map_bytes("left", 0x2000, 0x10, MmioSpec::aligned(1, 8));
    let (_, right) = machine.map_bytes("right", 0x2010, 0x10, MmioSpec::aligned(1, 4));
    assert!(ram.write(0xffc, &[0xa, 0xb, 0xc, 0xd]));

    assert_eq!(machine.read(0x1ffc, 8), Ok(0x0302_0100_0d0c_0b0a));
    assert_eq!(taken(&left), [(0, 4, None)]);
    assert_eq!(machine.read(0x200d, 8), Ok(0x0403_0201_000f_0e0d));
    assert_eq!(taken(&left), [(13, 1, None), (14, 2, None)]);
    assert_eq!(taken(&right), [(0, 4, None), (4, 1, None)]);

    machine.write(0x1ffe, 4, 0x4433_2211).expect("memory, then a device");
    assert_eq!(ram.load::<u16>(0xffe), Some(0x2211));
    assert_eq!(taken(&left), [(0, 2, Some(0x4433))]);
}

#[test]
fn a4_a_hole_fails_the_whole_access_before_any_side_effect() {
    let mut machine = Machine::new();
    let (_, log) = machine.map_bytes("device", 0x1000, 0x10, MmioSpec::aligned(1, 8));
    let ram = machine.map_ram(0x4000);
    assert_eq!(machine.write(0x100c, 8, 1), Err(BusError::Decode(Gpa(0x1010))));
    assert_eq!(machine.read(0x100c, 8), Err(BusError::Decode(Gpa(0x1010))));
    assert_eq!(machine.write(0x4ffc, 8, u64::MAX), Err(BusError::Decode(Gpa(0x5000))));
    assert_eq!(machine.dma().write(Gpa(0x4000), &[1; 0x1001], CPU), Err(BusError::Decode(Gpa(0x5000))));
    assert_eq!(machine.dma().write(Gpa(u64::MAX), &[1; 2], CPU), Err(BusError::Decode(Gpa(u64::MAX))));
    assert_eq!(taken(&log), []);
    assert_eq!((ram.load::<u64>(0), ram.load::<u64>(0xff8)), (Some(0), Some(0)));

    // A shape that the second part's device refuses is found before the first part happens, too.
    let (_, wide) = machine.map_bytes("wide", 0x5000, 0x10, MmioSpec::aligned(4, 4));
    assert!(matches!(machine.write(0x4ffe, 4, u64::MAX), Err(BusError::Access { .. })));
    assert_eq!((ram.load::<u64>(0xff8), taken(&wide)), (Some(0), vec![]));
}

#[test]
fn a4_a_part_whose_device_went_away_is_answered_gone() {
    let mut machine = Machine::new();
    let gone = BusError::Gone { device: "device".into() };
    let device = machine.executive.spawn("device", Picky);
    machine.map(&device, 0x1000, 0x10, MmioSpec::aligned(1, 8));
    assert_eq!(machine.read(0x1000, 8), Ok(u64::MAX));
    device.close();
    assert_eq!(machine.read(0x1000, 8), Err(gone.clone()));
    assert_eq!(machine.write(0x1000, 8, 0), Err(gone.clone()));
    assert_eq!(machine.dma().store(Gpa(0x1000), 0u8, CPU), Err(gone));
}

#[test]
fn a5_the_requester_reaches_the_device() {
    let mut machine = Machine::new();
    let (_, log) = machine.map_bytes("device", 0x1000, 0x10, MmioSpec::aligned(1, 8));
    let space = machine.space;
    machine.reader.read(space, Gpa(0x1000), 1, Requester::Cpu(7), &mut ()).expect("allowed");
    machine.dma().store(Gpa(0x1000), 0u32, Requester::Device(9)).expect("allowed");
    machine.dma().load::<u16>(Gpa(0x1000), Requester::Debugger).expect("allowed");
    let who: Vec<Requester> = log.lock().iter().map(|(access, _)| access.requester).collect();
    assert_eq!(who, [Requester::Cpu(7), Requester::Device(9), Requester::Debugger]);
}

/// On a write it does DMA at the address written: a write, or a read for an odd value of the second register.
struct Engine {
    memory: AddressSpace,
    reads: bool,
    outcome: Result<(), BusError>,
    reached: u64,
}

impl Device for Engine {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        match &self.outcome {
            Ok(()) => Ok(self.reached),
            Err(error) => Err(DeviceError::Other(error.to_string()).into()),
        }
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        self.reached += 1;
        if access.offset == 0 {
            let by = Requester::Device(1);
            self.outcome = match self.reads {
                true => self.memory.load::<u32>(Gpa(value), by).map(drop),
                false => self.memory.store(Gpa(value), 0xd00d_u32, by),
            };
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn a6_reaching_oneself_is_a_typed_error_with_the_path() {
    let mut machine = Machine::new();
    let ram = machine.map_ram(0x8000);
    let (_, log) = machine.map_bytes("other", 0x3000, 0x10, MmioSpec::aligned(1, 8));
    for (name, at, reads) in [("writer", 0x1000u64, false), ("reader", 0x2000, true)] {
        let engine = Engine { memory: machine.dma(), reads, outcome: Ok(()), reached: 0 };
        let device = machine.executive.spawn(name, engine);
        machine.map(&device, at, 0x10, MmioSpec::aligned(1, 8));

        machine.write(at, 8, at + 8).expect("the write itself is carried out");
        let error = machine.read(at, 8).expect_err("it reached itself");
        assert!(error.to_string().contains(&format!("{name} -> {name}")), "{error}");

        machine.write(at, 8, 0x8000).expect("DMA to memory");
        assert_eq!(machine.read(at, 8), Ok(2), "memory is reached as ever, and nothing came back to the device");
    }
    assert_eq!(ram.load::<u32>(0), Some(0xd00d));

    machine.write(0x1000, 8, 0x3000).expect("a write to another device");
    assert_eq!(machine.read(0x1000, 8), Ok(3));
    assert_eq!(taken(&log), [(0, 4, Some(0xd00d))], "was posted, and is handled when the handler has returned");
    machine.write(0x2000, 8, 0x3000).expect("a read from another device");
    let error = machine.read(0x2000, 8).expect_err("would have to wait");
    assert!(error.to_string().contains("reader -> other"), "{error}");
    assert_eq!(taken(&log), []);
}

#[test]
fn a7_atomics_are_for_memory() {
    let mut machine = Machine::new();
    let ram = machine.map_ram(0x1000);
    machine.map_rom(0x2000, &[1]);
    machine.map_bytes("device", 0x3000, 0x1000, MmioSpec::aligned(1, 8));
    let memory = |machine: &Machine, addr, size| machine.reader.atomic_memory(machine.space, Gpa(addr), size);
    assert_eq!(memory(&machine, 0x1008, 8), Ok(ram.host_base().wrapping_add(8)));
    assert_eq!(memory(&machine, 0x2000, 4), Err(BusError::WriteRefused { addr: Gpa(0x2000) }));
    assert_eq!(memory(&machine, 0x4000, 4), Err(BusError::Decode(Gpa(0x4000))));
    for (addr, size) in [(0x3000, 4), (0x1004, 8), (0x1001, 2), (0x1000, 3), (0x1000, 0)] {
        assert!(matches!(memory(&machine, addr, size), Err(BusError::Access { .. })), "{size} at {addr:#x}");
    }
}

#[test]
fn a7_memory_is_atomic_against_dma() {
    const ROUNDS: u64 = if cfg!(miri) { 20 } else { 20_000 };
    let mut machine = Machine::new();
    machine.map_ram(0x1000);
    let dma = machine.dma();
    let writer = std::thread::spawn(move || {
        for i in 0..ROUNDS {
            let word = if i % 2 == 0 { 0u64 } else { u64::MAX };
            dma.store(Gpa(0x1008), word, Requester::Device(0)).expect("memory");
        }
    });
    while !writer.is_finished() {
        let value = machine.read(0x1008, 8).expect("memory");
        assert!(value == 0 || value == u64::MAX, "torn: {value:#x}");
    }
    writer.join().expect("the writer ends");
}

#[test]
fn a8_read_only_memory_refuses_writes() {
    let mut machine = Machine::new();
    let rom = machine.map_rom(0x1000, b"firmware");
    let refused = Err(BusError::WriteRefused { addr: Gpa(0x1000) });
    assert_eq!(machine.read(0x1000, 8), Ok(u64::from_le_bytes(*b"firmware")));
    assert_eq!(machine.write(0x1000, 1, 0), refused);
    assert_eq!(machine.dma().write(Gpa(0x1000), b"x", CPU), refused);
    assert_eq!(machine.dma().fill(Gpa(0x1000), 8, 0, CPU), refused);
    let mut byte = [0];
    assert!(rom.read(0, &mut byte) && byte == *b"f");
    // Registers that a container above makes read-only refuse as well.
    let (region, log) = machine.map_bytes("device", 0x2000, 0x10, MmioSpec::aligned(1, 8));
    machine.change(|t, _| {
        t.set_read_only(region, true);
    });
    assert_eq!(machine.read(0x2004, 1), Ok(4));
    assert_eq!(machine.write(0x2004, 1, 0), Err(BusError::WriteRefused { addr: Gpa(0x2004) }));
    assert_eq!(taken(&log), [(4, 1, None)]);
}

#[test]
fn r02_rom_device_a8_reads_hit_memory_and_writes_the_device() {
    let mut machine = Machine::new();
    let (device, log) = machine.spawn_bytes("flash");
    let block = Arc::new(RamBlock::anonymous("flash", 0x1000).expect("memfd"));
    assert!(block.write(0, b"firmware"));
    let (mapped, target) = (Arc::clone(&block), device.mmio(0, MmioSpec::aligned(1, 8)));
    let flash = machine.change(|t, root| {
        let flash = t.rom_device("flash", mapped, target);
        t.add_subregion(root, 0x1000, flash);
        flash
    });
    let firmware = u64::from_le_bytes(*b"firmware");
    for mode in [RomDeviceMode::Rom, RomDeviceMode::Mmio, RomDeviceMode::Rom] {
        machine.change(|t, _| _ = t.set_rom_device_mode(flash, mode));
        let mut by_dma = [0; 8];
        let read = machine.read(0x1000, 8).expect("either way it answers");
        machine.dma().read(Gpa(0x1000), &mut by_dma, CPU).expect("either way it answers");
        assert_eq!(read, u64::from_le_bytes(by_dma));
        match mode {
            RomDeviceMode::Rom => assert_eq!((read, taken(&log)), (firmware, vec![])),
            RomDeviceMode::Mmio => assert_eq!(taken(&log), [(0, 8, None), (0, 8, None)]),
        }
        machine.write(0x1010, 4, 0x55aa).expect("the device takes it");
        machine.dma().store(Gpa(0x1020), 7u16, CPU).expect("the device takes it");
        assert_eq!(taken(&log), [(0x10, 4, Some(0x55aa)), (0x20, 2, Some(7))], "{mode:?}");
        assert!(
            machine.reader.atomic_memory(machine.space, Gpa(0x1000), 4).is_err(),
            "no atomics: writes are messages"
        );
        assert!(matches!(machine.dma().fill(Gpa(0x1000), 8, 0, CPU), Err(BusError::Access { .. })));
    }
    assert_eq!(block.load::<u64>(0x10), Some(0), "no write reached the memory");
    machine.change(|t, _| _ = t.set_read_only(flash, true));
    assert_eq!(machine.write(0x1010, 4, 1), Err(BusError::WriteRefused { addr: Gpa(0x1010) }));
    assert_eq!((machine.read(0x1000, 8), taken(&log)), (Ok(firmware), vec![]));
}

#[test]
fn a_write_that_rings_a_doorbell_does_not_reach_the_device() {
    let mut machine = Machine::new();
    let (region, log) = machine.map_bytes("device", 0x1000, 0x100, MmioSpec::aligned(1, 8));
    let (any, seven) = (Arc::new(EventFd::new().expect("an eventfd")), Arc::new(EventFd::new().expect("an eventfd")));
    let bells = (Arc::clone(&any), Arc::clone(&seven));
    machine.change(|t, root| {
        t.add_eventfd(region, 0x10, None, None, bells.0).add_eventfd(region, 0x20, Some(4), Some(7), bells.1);
        let alias = t.alias("alias", region, 0x20, 0x10);
        t.add_subregion(root, 0x4000, alias);
    });
    let rung = || (any.take().expect("a counter"), seven.take().expect("a counter"));
    for (addr, size, value, want) in [
        (0x1010, 1, 9, (1, 0)),
        (0x1010, 8, 0, (1, 0)),
        (0x1020, 4, 7, (0, 1)),
        (0x4000, 4, 7, (0, 1)),
        (0x1020, 4, 8, (0, 0)),
        (0x1020, 2, 7, (0, 0)),
        (0x1011, 1, 9, (0, 0)),
    ] {
        machine.write(addr, size, value).expect("allowed");
        let by_reader = (rung(), taken(&log).len());
        machine.dma().write(Gpa(addr), &value.to_le_bytes()[..usize::from(size)], CPU).expect("allowed");
        let by_dma = (rung(), taken(&log).len());
        let calls = usize::from(want == (0, 0));
        assert_eq!((by_reader, by_dma), ((want, calls), (want, calls)), "{size} bytes of {value} at {addr:#x}");
    }
    machine.read(0x1010, 4).expect("a read rings nothing");
    assert_eq!((rung(), taken(&log).len()), ((0, 0), 1));
    machine.change(|t, _| _ = t.del_eventfd(region, 0x10, None, None).set_read_only(region, true));
    assert!(machine.write(0x1020, 4, 7).is_err(), "a write that is refused rings nothing");
    machine.change(|t, _| _ = t.set_read_only(region, false));
    machine.write(0x1010, 4, 1).expect("allowed");
    assert_eq!((rung(), taken(&log).len()), ((0, 0), 1), "taken away, it rings no more");
}

#[test]
fn any_length_any_alignment() {
    let mut machine = Machine::new();
    let ram = machine.map_ram(0x1000);
    let (_, log) = machine.map_bytes("device", 0x2000, 0x100, MmioSpec::aligned(1, 8));
    let dma = machine.dma();
    let data: Vec<u8> = (1..=30).collect();
    dma.write(Gpa(0x1ff3), &data, CPU).expect("memory, then a device");
    assert_eq!(
        taken(&log),
        [(0, 8, Some(0x1514_1312_1110_0f0e)), (8, 8, Some(0x1d1c_1b1a_1918_1716)), (16, 1, Some(0x1e))]
    );
    let mut back = vec![0; 30];
    dma.read(Gpa(0x1ff3), &mut back, CPU).expect("the same way back");
    assert_eq!(back, data);
    dma.read(Gpa(0xdead_0000), &mut [], CPU).expect("nothing is read");
    dma.fill(Gpa(0x1010), 0x20, 7, CPU).expect("memory");
    assert_eq!(
        (ram.load::<u8>(0xf), ram.load::<u64>(0x28), ram.load::<u8>(0x30)),
        (Some(0), Some(0x0707_0707_0707_0707), Some(0))
    );
    assert!(matches!(dma.fill(Gpa(0x1ff0), 0x20, 7, CPU), Err(BusError::Access { .. })), "registers are not filled");
    assert_eq!(ram.pins(), 0, "no pin is left");
}
