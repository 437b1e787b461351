//! C10: a coalesced write is never handled after a later access to the same device, by whichever thread.

mod common;

use std::sync::{Arc, Mutex};

use common::models;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use manyhart_runtime::model::{Actor, Mailbox, Replier, Rig};

/// Writes down what it handles.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u32>>>);

enum Message {
    Write(u32),
    Access(u32, Replier<()>),
}

impl Log {
    fn note(&self, n: u32) {
        self.0.lock().expect("never poisoned").push(n);
    }
}

impl Actor for Log {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Write(n) => self.note(n),
            Message::Access(n, reply) => {
                self.note(n);
                reply.answer(());
            }
        }
    }
}

fn access(mailbox: &Arc<Mailbox<Log>>, n: u32) {
    let inline = |log: &mut Log| {
        log.note(n);
        None
    };
    if let Some(waiter) = mailbox.call(inline, |reply| Message::Access(n, reply), Some).expect("alive") {
        waiter.wait().expect("alive");
    }
}

/// One thread coalesces 1 and signals; another accesses with 2 once it has seen that; the helper comes for what waits.
fn signalled() {
    let rig = Rig::new(64);
    let log = Log::default();
    let mailbox = rig.mailbox("log", log.clone());
    let signal = Arc::new(AtomicBool::new(false));
    let other = {
        let (mailbox, signal) = (Arc::clone(&mailbox), Arc::clone(&signal));
        thread::spawn(move || {
            let signalled = signal.load(Ordering::Acquire);
            access(&mailbox, if signalled { 2 } else { 9 });
        })
    };
    assert!(mailbox.coalesce(Message::Write(1)));
    signal.store(true, Ordering::Release);
    rig.help();
    other.join().expect("it ends");
    rig.help_all();
    let mut handled = log.0.lock().expect("never poisoned").clone();
    handled.retain(|n| *n != 9);
    assert_eq!(handled.first(), Some(&1), "overtaken or lost");
    assert_eq!(handled.iter().filter(|n| **n == 1).count(), 1, "handled once");
}

/// The same thread accesses after it, beside another's access.
fn by_itself() {
    let rig = Rig::new(64);
    let log = Log::default();
    let mailbox = rig.mailbox("log", log.clone());
    let other = {
        let mailbox = Arc::clone(&mailbox);
        thread::spawn(move || access(&mailbox, 9))
    };
    assert!(mailbox.coalesce(Message::Write(1)));
    access(&mailbox, 2);
    other.join().expect("it ends");
    let mut handled = log.0.lock().expect("never poisoned").clone();
    handled.retain(|n| *n != 9);
    assert_eq!(handled, [1, 2], "overtaken or lost");
}

/// A pause beside the helper, which comes for what waits: the one or the other has it handled, and the pause waits for both.
fn before_a_pause() {
    let rig = Rig::new(64);
    let log = Log::default();
    let mailbox = rig.mailbox("log", log.clone());
    assert!(mailbox.coalesce(Message::Write(1)));
    let helper = {
        let rig = rig.clone();
        thread::spawn(move || rig.help())
    };
    let paused = rig.pause();
    assert_eq!(*log.0.lock().expect("never poisoned"), [1], "overtaken or lost");
    drop(paused);
    helper.join().expect("it ends");
}

models! {
    /// A coalesced write is ahead of an access by another thread.
    coalesced_before_signal {
        rows: C10;
        run: signalled;
        bounds: 4, 6;
        twin: CoalesceUnannounced, "overtaken or lost", 20;
        twin: OvertakeMail, "overtaken or lost", 800;
    }

    /// And of a pause.
    coalesced_before_pause {
        rows: C10 C12;
        run: before_a_pause;
        bounds: 4, 6;
        twin: PauseBeforeCoalesced, "overtaken or lost", 3000;
    }

    /// And of one by its own thread.
    coalesced_before_own_access {
        rows: C10;
        run: by_itself;
        bounds: 4, 6;
        twin: CoalesceUnannounced, "overtaken or lost", 20;
        twin: OvertakeMail, "overtaken or lost", 20;
    }
}
