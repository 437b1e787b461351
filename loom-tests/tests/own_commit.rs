//! C4: a virtual CPU's next access sees the commit that its own access has caused, whoever has carried that out, and whatever else was
//! committed meanwhile.

mod common;

use common::{map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{Access, Answer, Context, Device, Gpa, MmioSpec, NoAnswer, RegionId, Requester};

const REGISTER: Gpa = Gpa(0);
const MOVED: u64 = 0x8000;

/// A write to it moves a region, and is answered when that is published.
struct Mover {
    moves: RegionId,
}

impl Device for Mover {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(0)
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        let (reply, deferred) = cx.defer();
        let mut t = cx.topology().transaction();
        t.set_address(self.moves, MOVED);
        t.post(move |done| reply.answer(done.map(|_| 0).map_err(|_| manyhart_runtime::DeviceError::NoRegister)));
        Err(NoAnswer::Deferred(deferred))
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// A reader writes to the device, while another thread commits something else.
fn moved_by_a_write() {
    let rig = Rig::new(64);
    let (root, space, moves) = map::with_region(&rig, 0x1000, map::page);
    let device = rig.spawn("mover", Mover { moves });
    map::change(&rig, |t| {
        let region = t.mmio("mover", 0x1000, device.mmio(0, MmioSpec::aligned(4, 4)));
        t.add_subregion(root, REGISTER.0, region);
    });

    let other = {
        let rig = rig.clone();
        thread::spawn(move || {
            let mut t = rig.topology().transaction();
            t.container("other", 1 << 64);
            t.commit().expect("lawful");
        })
    };
    let mut reader = rig.reader("reader");
    reader.checkpoint(&mut ());
    assert_eq!(reader.write(space, REGISTER, 4, 1, Requester::Cpu(0), &mut ()), Ok(()));
    assert!(reader.find(space, Gpa(MOVED)).is_some(), "its own commit is not seen");
    assert!(reader.find(space, Gpa(0x1000)).is_none(), "its own commit is not seen");
    reader.go_offline();
    other.join().expect("it ends");
}

models! {
    /// Whoever wrote to a device that moves a region finds it moved.
    own_commit {
        rows: C4;
        run: moved_by_a_write;
        bounds: 4, 6;
        twin: KeepViewOverWait, "its own commit is not seen", 20;
        twin: AnswerBeforePublish, "its own commit is not seen", 500;
    }
}
