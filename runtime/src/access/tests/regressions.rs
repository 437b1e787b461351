//! Defects of the first API of this kind that must not come back. (B23 to B27 are pure, and stand in `shape`.)

use super::machine::{CPU, Machine, taken};
use crate::actor::{Access, Answer, ByteOrder, Context, Device, MmioSpec};
use crate::{BusError, DeviceError, Gpa, RegionId};

#[test]
fn b21_a_device_has_no_memory_to_point_at() {
    let mut machine = Machine::new();
    let (_, log) = machine.map_bytes("device", 0x1000, 0x10, MmioSpec::aligned(1, 8));
    let pointer = machine.reader.atomic_memory(machine.space, Gpa(0x1000), 4);
    assert_eq!(pointer, Err(BusError::Access { addr: Gpa(0x1000), region: "device".into() }));
    assert_eq!(taken(&log), []);
}

#[test]
fn b22_reads_are_not_truncated_to_32_bits() {
    let mut machine = Machine::new();
    machine.map_bytes("device", 0x1000, 0x10, MmioSpec::aligned(1, 8));
    assert_eq!(machine.read(0x1000, 8), Ok(0x0706_0504_0302_0100));
    assert_eq!(machine.dma().load::<u64>(Gpa(0x1008), CPU), Ok(0x0f0e_0d0c_0b0a_0908));
}

/// Reads and writes one register of four bytes, in the value's own terms.
struct BigRegister(u64);

impl Device for BigRegister {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(self.0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, value: u64) -> Answer<()> {
        self.0 = value;
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn b27_big_endian_whole_accesses_are_right_too() {
    let mut machine = Machine::new();
    let device = machine.executive.spawn("big", BigRegister(0x1122_3344));
    machine.map(&device, 0x1000, 4, MmioSpec { byte_order: ByteOrder::Big, ..MmioSpec::aligned(4, 4) });
    assert_eq!(machine.read(0x1000, 4), Ok(0x4433_2211));
    machine.write(0x1000, 4, 0x0403_0201).expect("allowed");
    assert_eq!(machine.read(0x1000, 4), Ok(0x0403_0201));
    let mut bytes = [0; 4];
    machine.dma().read(Gpa(0x1000), &mut bytes, CPU).expect("allowed");
    assert_eq!(bytes, [1, 2, 3, 4], "most significant byte first");
}

#[test]
fn b28_alignment_is_that_of_the_offset() {
    let mut machine = Machine::new();
    let (_, log) = machine.map_bytes("askew", 0x1002, 0x10, MmioSpec::aligned(4, 4));
    assert_eq!(machine.read(0x1002, 4), Ok(0x0302_0100));
    assert!(matches!(machine.read(0x1004, 4), Err(BusError::Access { .. })));
    assert_eq!(taken(&log), [(0, 4, None)]);
    // Through an alias from inside: what counts is the offset in the region, with the alias's part in it.
    machine.change(|t, root| {
        let elsewhere = t.alias("window", root, 0x1006, 0x8);
        let other = t.container("other", 0x1000);
        t.address_space("other", other);
        t.add_subregion(other, 0x101, elsewhere);
    });
    let other = machine.executive.topology().snapshot().spaces().last().expect("two spaces");
    let through = machine.executive.topology().address_space(other);
    assert_eq!(through.load::<u32>(Gpa(0x101), CPU), Ok(0x0706_0504));
    assert_eq!(taken(&log), [(4, 4, None)]);
}

#[test]
fn b29_a_straddling_access_does_not_go_whole_to_the_first_range() {
    let mut machine = Machine::new();
    let (_, left) = machine.map_bytes("left", 0x1000, 0x8, MmioSpec::aligned(1, 8));
    let (_, right) = machine.map_bytes("right", 0x1008, 0x8, MmioSpec::aligned(1, 8));
    machine.write(0x1004, 8, 0x8877_6655_4433_2211).expect("two parts");
    assert_eq!(taken(&left), [(4, 4, Some(0x4433_2211))]);
    assert_eq!(taken(&right), [(0, 4, Some(0x8877_6655))]);
}

/// Reads as all ones where there is a register.
struct Ones;

impl Device for Ones {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        if access.offset < 8 { Ok(u64::MAX) } else { Err(DeviceError::NoRegister.into()) }
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn b30_an_error_is_no_data() {
    let mut machine = Machine::new();
    let device = machine.executive.spawn("ones", Ones);
    machine.map(&device, 0x1000, 0x10, MmioSpec::aligned(1, 8));
    for size in [1u8, 2, 4, 8] {
        assert_eq!(machine.read(0x1000, size), Ok(super::super::shape::mask(size)), "data of all ones, masked");
        assert!(matches!(machine.read(0x1008, size), Err(BusError::Device { .. })));
        assert!(matches!(machine.read(0x2000, size), Err(BusError::Decode(_))));
    }
}

/// Moves its own region from inside an access, and says at which offset it was reached.
struct Mover {
    region: Option<RegionId>,
    offsets: Vec<u64>,
}

impl Device for Mover {
    type Message = RegionId;

    fn read(&mut self, _: &mut Context<'_, RegionId>, access: Access) -> Answer<u64> {
        self.offsets.push(access.offset);
        Ok(self.offsets.iter().fold(0, |all, offset| all << 8 | offset))
    }

    fn write(&mut self, cx: &mut Context<'_, RegionId>, access: Access, to: u64) -> Answer<()> {
        self.offsets.push(access.offset);
        let Some(region) = self.region.take() else { return Ok(()) };
        let mut transaction = cx.topology().transaction();
        transaction.set_address(region, to);
        transaction.post(drop);
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, RegionId>, region: RegionId) {
        self.region = Some(region);
    }

    fn reset(&mut self, _: &mut Context<'_, RegionId>) {}
}

#[test]
fn b31_a_move_leaves_the_running_access_its_offset() {
    let mut machine = Machine::new();
    let device = machine.executive.spawn("mover", Mover { region: None, offsets: Vec::new() });
    // Eight bytes in two accesses: the first moves the region, the second still has the offset of before.
    let spec = MmioSpec { valid: MmioSpec::aligned(1, 8).valid, ..MmioSpec::aligned(4, 4) };
    let region = machine.map(&device, 0x1000, 0x100, spec);
    assert!(device.post(region));
    machine.write(0x1010, 8, 0x5000).expect("two parts");
    assert_eq!(machine.read(0x1000, 4), Err(BusError::Decode(Gpa(0x1000))), "the caller's next access sees the move");
    assert_eq!(machine.read(0x5020, 4), Ok(0x0010_1420), "0x10 and 0x14 were reached, then 0x20 at the new place");
}
