//! C12: `pause()` returns with every reader at a boundary and no handler running; pauses, resumes and commits all finish.

mod common;

use std::sync::Arc;

use common::Watched;
use loom::thread;
use manyhart_runtime::Flow;
use manyhart_runtime::model::{Actor, Replier, Rig, pair};
use manyhart_runtime::planted::Bug;

/// A reader that executes instructions, against pauses by as many threads.
fn readers(pausers: usize) {
    let rig = Rig::new(64);
    let world = Arc::<Watched>::default();
    let mut reader = rig.reader("reader");
    let executes = {
        let world = Arc::clone(&world);
        thread::spawn(move || {
            for _ in 0..2 {
                assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
                world.write();
            }
            reader.go_offline();
        })
    };
    let others: Vec<_> = (1..pausers)
        .map(|_| {
            let (rig, world) = (rig.clone(), Arc::clone(&world));
            thread::spawn(move || {
                let paused = rig.pause();
                world.read();
                drop(paused);
            })
        })
        .collect();
    let paused = rig.pause();
    world.read();
    drop(paused);
    for other in others {
        other.join().expect("it ends");
    }
    executes.join().expect("it ends");
}

/// A device whose handlers change the world.
struct Device {
    /// What instructions and handlers write, and the pausing thread looks at.
    world: Arc<Watched>,
    owed: Option<Replier<()>>,
    completed: bool,
}

enum Message {
    Start(Replier<()>),
    Complete,
}

impl Actor for Device {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        self.world.write();
        match message {
            Message::Start(reply) if self.completed => reply.answer(()),
            Message::Start(reply) => self.owed = Some(reply),
            Message::Complete => {
                self.completed = true;
                if let Some(reply) = self.owed.take() {
                    reply.answer(());
                }
            }
        }
    }
}

/// A worker that posts to a device, against a pause.
fn handlers() {
    let rig = Rig::new(64);
    let world = Arc::<Watched>::default();
    let device = rig.mailbox("device", Device { world: Arc::clone(&world), owed: None, completed: false });
    let worker = {
        let device = Arc::clone(&device);
        thread::spawn(move || {
            device.post(Message::Complete);
        })
    };
    let paused = rig.pause();
    world.read();
    drop(paused);
    worker.join().expect("it ends");
    rig.help_all();
    let (reply, answer) = pair();
    device.post(Message::Start(reply));
    assert_eq!(answer.wait(), Ok(()), "the message was left, not lost");
}

/// A reader that waits inside an access for an answer that a worker's completion brings, against a pause.
fn in_call() {
    let rig = Rig::new(64);
    let world = Arc::<Watched>::default();
    let mut reader = rig.reader("reader");
    let device = rig.mailbox("device", Device { world: Arc::<Watched>::default(), owed: None, completed: false });
    let executes = {
        let (rig, world, device) = (rig.clone(), Arc::clone(&world), Arc::clone(&device));
        thread::spawn(move || {
            assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
            world.write();
            let (reply, answer) = pair();
            device.post(Message::Start(reply));
            assert_eq!(rig.wait_in_call(&mut reader, &mut (), || answer.wait()), Ok(()));
            world.write(); // the rest of the instruction
            reader.go_offline();
        })
    };
    let worker = thread::spawn(move || {
        device.post(Message::Complete);
    });
    let paused = rig.pause();
    world.read();
    drop(paused);
    worker.join().expect("it ends");
    // Stands for the helper thread, which drains what the pause left.
    rig.help_all();
    executes.join().expect("it ends");
}

#[test]
fn readers_are_at_a_boundary() {
    common::holds(4, || readers(1));
}

#[test]
fn two_pausers_agree() {
    common::holds(2, || readers(2));
}

#[test]
fn a_scan_before_the_gate_is_found() {
    common::fails_with(Bug::ScanBeforeGate, "Causality violation", 3, || readers(1));
}

#[test]
fn no_handler_runs() {
    common::holds(5, handlers);
}

#[test]
fn a_call_ends_before_the_pause_begins() {
    common::holds(2, in_call);
}

#[test]
fn a_call_taken_for_a_boundary_is_found() {
    common::fails_with(Bug::InCallIsBoundary, "Causality violation", 2, in_call);
}

#[test]
fn passes_refused_too_early_are_found() {
    common::fails_with(Bug::ClosePassesFirst, "exceeded maximum number of branches", 2, in_call);
}
