//! Regions that forgive: what fails in them is answered as on a bus where nobody is.

use super::machine::{Machine, eventually};
use crate::actor::{Access, Answer, Context, Device, DeviceHandle, MmioSpec, NoAnswer, Reply};
use crate::{BusError, DeviceError, Gpa, Requester};

const REFUSES: u64 = 0;
const PANICS: u64 = 8;
const LATER: u64 = 16;

/// Refuses, panics, or refuses later.
#[derive(Default)]
struct Difficult(Vec<Reply>);

impl Device for Difficult {
    type Message = ();

    fn read(&mut self, cx: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        match access.offset {
            REFUSES => Err(DeviceError::NoRegister.into()),
            PANICS => panic!("as it was told"),
            _ => {
                let (reply, deferred) = cx.defer();
                self.0.push(reply);
                Err(NoAnswer::Deferred(deferred))
            }
        }
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Err(DeviceError::NoRegister.into())
    }

    fn message(&mut self, cx: &mut Context<'_, ()>, (): ()) {
        // Nobody has asked yet: once more, later.
        if self.0.is_empty() {
            return cx.post_at(cx.clock().now(), ());
        }
        self.0.drain(..).for_each(|reply| reply.answer(Err(DeviceError::NoRegister)));
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// A difficult device at 0x1000, ROM at 0x2000, in a container that forgives or does not, shown again by an alias at 0x10_0000.
fn setup(forgiving: bool) -> (Machine, DeviceHandle<Difficult>) {
    let mut machine = Machine::new();
    let device = machine.executive.spawn("difficult", Difficult::default());
    let target = device.mmio(0, MmioSpec::aligned(4, 4));
    let rom = std::sync::Arc::new(crate::RamBlock::anonymous("rom", 0x1000).expect("memory"));
    machine.change(|t, root| {
        let holder = t.container("holder", 0x4000);
        let device = t.mmio("difficult", 0x1000, target);
        t.add_subregion(holder, 0x1000, device);
        let rom = t.rom("rom", rom);
        t.add_subregion(holder, 0x2000, rom);
        t.set_forgiving(holder, forgiving);
        t.add_subregion(root, 0, holder);
        let shown = t.alias("shown", holder, 0, 0x4000);
        t.add_subregion(root, 0x10_0000, shown);
    });
    (machine, device)
}

#[test]
fn what_fails_reads_as_ones_and_swallows_writes() {
    for base in [0, 0x10_0000] {
        let (mut machine, device) = setup(true);
        let at = base + 0x1000;
        // Refused; of a shape that the device does not take, in one range and over two.
        for (addr, size, want) in
            [(at + REFUSES, 4, 0xffff_ffff), (at, 8, u64::MAX), (at + 2, 4, 0xffff_ffff), (at + 0xffe, 4, 0xffff_ffff)]
        {
            assert_eq!(machine.read(addr, size), Ok(want), "{size} bytes at {addr:#x}");
            assert_eq!(machine.write(addr, size, 0), Ok(()), "{size} bytes at {addr:#x}");
        }
        assert_eq!(machine.write(base + 0x2000, 8, 1), Ok(()));
        assert_eq!(machine.read(base + 0x2000, 8), Ok(0), "what does not fail is as ever");
        assert!(device.post(()));
        assert_eq!(machine.read(at + LATER, 4), Ok(0xffff_ffff));
        assert_eq!(machine.read(at + PANICS, 4), Ok(0xffff_ffff));
        // The thread that ran the handler, the helper's perhaps, answers first and notes its end then.
        eventually(|| device.is_failed());
        assert_eq!((machine.read(at, 4), machine.write(at, 4, 1)), (Ok(0xffff_ffff), Ok(())), "from now on");
    }
}

#[test]
fn others_hear_what_failed() {
    let (mut machine, _device) = setup(true);
    assert!(matches!(machine.dma().load::<u32>(Gpa(0x1000), Requester::Device(1)), Err(BusError::Device { .. })));
    assert_eq!(machine.read(0x800, 4), Err(BusError::Decode(Gpa(0x800))), "nothing decodes");
    assert_eq!(machine.read(0x2ffc, 8), Err(BusError::Decode(Gpa(0x3000))), "the end of it does not");
    let (mut machine, _device) = setup(false);
    assert!(matches!(machine.read(0x1000, 4), Err(BusError::Device { .. })));
    assert!(machine.write(0x2000, 4, 0).is_err());
}
