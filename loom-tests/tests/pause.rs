//! C12: `pause()` returns with every reader at a boundary and no handler running; pauses, resumes and commits all finish.

mod common;

use std::sync::Arc;

use common::{Watched, map, models};
use loom::thread;
use manyhart_runtime::Flow;
use manyhart_runtime::model::{Actor, Replier, Rig, pair};

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

/// A pause that resets the device, against a worker that posts to it and a thread that takes its region out.
fn reset_and_delete() {
    let rig = Rig::new(64);
    let world = Arc::<Watched>::default();
    let device = rig.mailbox("device", Device { world: Arc::clone(&world), owed: None, completed: true });
    let (root, _, region) = map::with_region(&rig, 0, map::page);
    let worker = {
        let device = Arc::clone(&device);
        thread::spawn(move || {
            device.post(Message::Complete);
        })
    };
    let deletes = {
        let rig = rig.clone();
        thread::spawn(move || map::destroy(&rig, root, region))
    };
    let paused = rig.pause();
    world.read();
    assert_eq!(device.command(Message::Start), Ok(()), "the pausing thread may ask");
    world.read();
    drop(paused);
    worker.join().expect("it ends");
    let retired = deletes.join().expect("it ends");
    rig.help_all();
    assert!(retired.is_complete(), "nothing is left to wait for");
}

models! {
    /// A pause finds the reader at a boundary.
    pause_and_reader {
        rows: C8 C12;
        run: || readers(1);
        bounds: 4, 6;
        twin: ScanBeforeGate, "Causality violation", 20;
        twin: WakeBeforeResume, "deadlock", 80;
    }

    /// So do two at once.
    two_pausers {
        rows: C12;
        run: || readers(2);
        bounds: 2, 2;
        twin: ScanBeforeGate, "Causality violation", 20;
    }

    /// No handler runs while it is paused, and what was left is not lost.
    pause_and_handler {
        rows: C8 C12;
        run: handlers;
        bounds: 5, 8;
        twin: PassWhileClosed, "Causality violation", 20;
    }

    /// Pause, reset, delete and resume all finish, and no handler but the reset's runs in between.
    pause_reset_delete {
        rows: C12;
        run: reset_and_delete;
        bounds: 2, 3;
        twin: WaitWhilePaused, "deadlock", 20;
        twin: PassWhileClosed, "Causality violation", 40;
    }

    /// A reader that waits inside an access is let through to its boundary.
    pause_and_call {
        rows: C11 C12;
        run: in_call;
        bounds: 2, 2;
        twin: InCallIsBoundary, "Causality violation", 20_000;
        twin: ClosePassesFirst, "exceeded maximum number of branches", 20_000;
    }
}
