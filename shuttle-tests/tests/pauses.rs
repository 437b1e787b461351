//! C12 in a crowd: eight readers that execute and call, four devices with mail of their own, a committer, and two threads that pause the machine.
//! While one of those holds it paused nobody is inside an instruction or a handler; and everything goes on and ends.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::Help;
use manyhart_runtime::model::{Actor, Mailbox, Replier, Rig, pair};
use manyhart_runtime::planted::Bug;
use manyhart_runtime::{Flow, Reader};
use shuttle::thread;

const READERS: usize = 8;
const DEVICES: usize = 4;
const PAUSERS: usize = 2;
const ROUNDS: usize = 3;

/// What may be touched inside instructions and handlers only, and looked at in a pause.
#[derive(Default)]
struct World {
    inside: AtomicUsize,
    held: AtomicBool,
}

impl World {
    /// A piece of an instruction or of a handler.
    fn work(&self) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        assert!(!self.held.load(Ordering::SeqCst), "runs in a pause");
        thread::sleep(std::time::Duration::ZERO); // a step, so that others come in between
        assert!(!self.held.load(Ordering::SeqCst), "runs in a pause");
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    /// What a thread sees that has paused the machine.
    fn look(&self) {
        assert_eq!(self.inside.load(Ordering::SeqCst), 0, "runs in a pause");
        self.held.store(true, Ordering::SeqCst);
        thread::sleep(std::time::Duration::ZERO);
    }
}

/// A device: answers what it is asked when its own completion comes.
struct Late {
    world: Arc<World>,
    owed: Vec<Replier<()>>,
}

enum Message {
    Start(Replier<()>),
    Complete,
}

impl Actor for Late {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        self.world.work();
        match message {
            Message::Start(reply) => self.owed.push(reply),
            Message::Complete => self.owed.drain(..).for_each(|reply| reply.answer(())),
        }
    }
}

/// Instructions, each with a call into a device in its middle.
fn execute(rig: &Rig, mut reader: Reader, world: &World, device: &Arc<Mailbox<Late>>) {
    for _ in 0..ROUNDS {
        assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
        world.work();
        let (reply, answer) = pair();
        device.post(Message::Start(reply));
        assert_eq!(rig.wait_in_call(&mut reader, &mut (), || answer.wait()), Ok(()));
        world.work(); // the rest of the instruction
    }
    reader.go_offline();
}

fn crowd() {
    let rig = Rig::new(2);
    let help = Help::start(&rig);
    let world = Arc::<World>::default();
    let devices: Vec<_> =
        (0..DEVICES).map(|_| rig.mailbox("late", Late { world: Arc::clone(&world), owed: Vec::new() })).collect();
    let executing: Vec<_> = (0..READERS)
        .map(|n| {
            let (rig, reader, world) = (rig.clone(), rig.reader(&n.to_string()), Arc::clone(&world));
            let device = Arc::clone(&devices[n % DEVICES]);
            thread::spawn(move || execute(&rig, reader, &world, &device))
        })
        .collect();
    let over = Arc::new(AtomicBool::new(false));
    let mut others = Vec::new();
    // The devices' hardware: completes whatever is under way, until nothing comes any more.
    others.push({
        let (devices, over) = (devices.clone(), Arc::clone(&over));
        thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                devices.iter().for_each(|device| _ = device.post(Message::Complete));
                thread::yield_now();
            }
        })
    });
    // One after the other they hold the machine: the second waits, or holds it with the first.
    let turn = Arc::new(shuttle::sync::Mutex::new(()));
    for _ in 0..PAUSERS {
        let (rig, world, turn) = (rig.clone(), Arc::clone(&world), Arc::clone(&turn));
        others.push(thread::spawn(move || {
            for _ in 0..ROUNDS {
                let paused = rig.pause();
                let turn = turn.lock().expect("never poisoned");
                world.look();
                world.held.store(false, Ordering::SeqCst);
                drop(turn);
                drop(paused);
            }
        }));
    }
    let topology = rig.topology().clone();
    others.push(thread::spawn(move || {
        let mut t = topology.transaction();
        let root = t.container("root", 1 << 64);
        t.address_space("space", root);
        t.commit().expect("lawful, also in a pause");
    }));
    for thread in executing {
        thread.join().expect("it ends");
    }
    over.store(true, Ordering::SeqCst);
    for thread in others {
        thread.join().expect("it ends");
    }
    help.end();
}

#[test]
fn nobody_runs_in_a_pause_and_everybody_goes_on() {
    common::holds(1500, crowd);
}

#[test]
fn a_scan_before_the_gate_is_found() {
    common::fails_with(Bug::ScanBeforeGate, "runs in a pause", 200, crowd);
}

#[test]
fn a_call_taken_for_a_boundary_is_found() {
    common::fails_with(Bug::InCallIsBoundary, "runs in a pause", 5000, crowd);
}

#[test]
fn passes_refused_too_early_are_found() {
    common::fails_with(Bug::ClosePassesFirst, common::HANG, 200, crowd);
}
