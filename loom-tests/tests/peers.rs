//! C11: two devices that reach into each other make progress, or are told that they may not.

mod common;

use std::sync::{Arc, Mutex, Weak};

use common::models;
use loom::thread;
use manyhart_runtime::model::{Actor, Mailbox, Refusal, Replier, Rig};

/// A device that, when it is told to, reads its peer, and posts to it where it may not.
struct Device {
    peer: Arc<Mutex<Weak<Mailbox<Device>>>>,
    got: usize,
}

enum Message {
    Reach,
    Read(Replier<usize>),
    Write,
}

impl Actor for Device {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Reach => {
                let peer = self.peer.lock().expect("never poisoned").upgrade().expect("it lives");
                match peer.call(|device| Ok(device.got), Message::Read, Err) {
                    Ok(Ok(_)) => {}
                    Ok(Err(waiter)) => drop(waiter.wait()),
                    Err(why) => assert!(matches!(why, Refusal::Reentrant(path) if path.contains(" -> "))),
                }
                peer.post(Message::Write);
            }
            Message::Read(reply) => reply.answer(self.got),
            Message::Write => self.got += 1,
        }
    }
}

fn two_devices() {
    let rig = Rig::new(64);
    let peers = [Arc::default(), Arc::default()];
    let device = |mine: usize| Device { peer: Arc::clone(&peers[1 - mine]), got: 0 };
    let mailboxes = [rig.mailbox("a", device(0)), rig.mailbox("b", device(1))];
    for (peer, mailbox) in peers.iter().zip(&mailboxes) {
        *peer.lock().expect("never poisoned") = Arc::downgrade(mailbox);
    }
    let other = {
        let mailbox = Arc::clone(&mailboxes[0]);
        thread::spawn(move || {
            mailbox.post(Message::Reach);
        })
    };
    mailboxes[1].post(Message::Reach);
    other.join().expect("it ends");
    rig.help_all();
    for mailbox in &mailboxes {
        assert_eq!(mailbox.command(Message::Read), Ok(1), "each was written once");
    }
}

models! {
    /// Devices that reach into each other go on.
    two_peers {
        rows: C11;
        run: two_devices;
        bounds: 4, 5;
        twin: CallInHandler, "deadlock", 800;
    }
}
