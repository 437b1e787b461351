//! A handler never waits: it answers later. `cargo run -p manyhart-runtime --example deferred`.

use manyhart_runtime::actor::Reply;
use manyhart_runtime::{
    Access, Answer, Clock, Config, Context, Device, DeviceError, Executive, Gpa, MmioSpec, NoAnswer, RegionId,
    Requester,
};

/// A register that holds the address of another region. A write moves that region, and is answered when the move is published: so
/// whoever wrote finds the region in its new place with its very next access.
struct Mover {
    moved: RegionId,
    waiting: Option<Reply>,
}

impl Device for Mover {
    type Message = Result<(), DeviceError>;

    fn read(&mut self, _: &mut Context<'_, Self::Message>, _: Access) -> Answer<u64> {
        Err(DeviceError::NoRegister.into())
    }

    fn write(&mut self, cx: &mut Context<'_, Self::Message>, _: Access, value: u64) -> Answer<()> {
        let (me, mut tx) = (cx.me(), cx.topology().transaction());
        tx.set_address(self.moved, value);
        // Posted, not committed: `commit` would wait, and is refused in a handler.
        tx.post(move |result| {
            let result = result.map(drop).map_err(|error| DeviceError::Other(error.to_string()));
            if !me.post(result) {
                eprintln!("the device is gone");
            }
        });
        let (reply, deferred) = cx.defer();
        self.waiting = Some(reply);
        Err(NoAnswer::Deferred(deferred))
    }

    fn message(&mut self, _: &mut Context<'_, Self::Message>, result: Self::Message) {
        if let Some(reply) = self.waiting.take() {
            reply.answer(result.map(|()| 0));
        }
    }

    fn reset(&mut self, _: &mut Context<'_, Self::Message>) {
        self.waiting = None;
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let moved = tx.reservation("moved", 0x1000);
    tx.add_subregion(system, 0x5000, moved);
    let mover = executive.spawn("mover", Mover { moved, waiting: None });
    let register = tx.mmio("mover", 8, mover.mmio(0, MmioSpec::aligned(8, 8)));
    tx.add_subregion(system, 0x1000, register);
    let space = tx.address_space("memory", system);
    tx.commit()?;

    let memory = executive.topology().address_space(space);
    memory.store(Gpa(0x1000), 0x9000u64, Requester::Cpu(0))?;
    let snapshot = executive.topology().snapshot();
    let found = snapshot.view(space).and_then(|view| view.find(Gpa(0x9000)));
    assert_eq!(found.map(|range| range.region), Some(moved));
    println!("moved by generation {}", snapshot.generation());
    executive.shutdown();
    Ok(())
}
