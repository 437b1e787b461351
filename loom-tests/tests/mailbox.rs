//! C7, C8: an actor handles everything that it is sent, once, one at a time, and in the order of sending, whoever sends.

mod common;

use std::sync::{Arc, Mutex};

use common::{Watched, models};
use loom::thread;
use manyhart_runtime::model::{Actor, Mailbox, Replier, Rig};

/// Writes down what it handles; two handlers at once are a causality violation.
#[derive(Clone, Default)]
struct Log {
    handler: Arc<Watched>,
    notes: Arc<Mutex<Vec<u32>>>,
}

enum Message {
    Note(u32),
    Ask(u32, Replier<()>),
}

impl Log {
    fn note(&self, n: u32) {
        self.handler.write();
        self.notes.lock().expect("never poisoned").push(n);
    }
}

impl Actor for Log {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Note(n) => self.note(n),
            Message::Ask(n, reply) => {
                self.note(n);
                reply.answer(());
            }
        }
    }
}

struct Logged {
    rig: Rig,
    mailbox: Arc<Mailbox<Log>>,
    log: Log,
}

fn logged(drain_bound: usize) -> Logged {
    let rig = Rig::new(drain_bound);
    let log = Log::default();
    Logged { mailbox: rig.mailbox("log", log.clone()), rig, log }
}

impl Logged {
    fn handled(&self) -> Vec<u32> {
        self.log.notes.lock().expect("never poisoned").clone()
    }
}

fn call(mailbox: &Arc<Mailbox<Log>>, n: u32) {
    let inline = |log: &mut Log| {
        log.note(n);
        None
    };
    let answer = mailbox.call(inline, |reply| Message::Ask(n, reply), Some).expect("alive");
    if let Some(waiter) = answer {
        waiter.wait().expect("alive");
    }
}

/// A post and a call by one thread, among posts by another.
fn post_then_call() {
    let at = logged(64);
    let other = {
        let mailbox = Arc::clone(&at.mailbox);
        thread::spawn(move || {
            mailbox.post(Message::Note(9));
        })
    };
    at.mailbox.post(Message::Note(1));
    call(&at.mailbox, 2);
    other.join().expect("it ends");
    let mut handled = at.handled();
    handled.retain(|n| *n != 9);
    assert_eq!(handled, [1, 2], "out of order");
}

/// Posts by two threads, with nobody else to run the actor.
fn two_posts() {
    let at = logged(64);
    let other = {
        let mailbox = Arc::clone(&at.mailbox);
        thread::spawn(move || {
            mailbox.post(Message::Note(1));
        })
    };
    at.mailbox.post(Message::Note(2));
    other.join().expect("it ends");
    let mut handled = at.handled();
    handled.sort_unstable();
    assert_eq!(handled, [1, 2], "lost mail");
}

/// A drain that reaches its bound, and the helper that takes over.
fn bounded() {
    let at = logged(1);
    let other = {
        let mailbox = Arc::clone(&at.mailbox);
        thread::spawn(move || {
            mailbox.post(Message::Note(1));
            mailbox.post(Message::Note(2));
        })
    };
    at.mailbox.post(Message::Note(9));
    at.rig.help();
    other.join().expect("it ends");
    at.rig.help_all();
    let mut handled = at.handled();
    assert_eq!(handled.iter().filter(|n| **n == 9).count(), 1, "lost mail");
    handled.retain(|n| *n != 9);
    assert_eq!(handled, [1, 2], "lost mail");
}

/// Mail that a pause left behind, a resume, and a call that comes after.
fn left_by_a_pause() {
    let at = logged(64);
    let paused = at.rig.pause();
    at.mailbox.post(Message::Note(1));
    drop(paused);
    let helper = {
        let rig = at.rig.clone();
        thread::spawn(move || {
            rig.help();
        })
    };
    call(&at.mailbox, 2);
    helper.join().expect("it ends");
    assert_eq!(at.handled(), [1, 2], "out of order");
}

models! {
    /// A sender's order is kept.
    post_then_call {
        rows: C7 C8;
        run: post_then_call;
        bounds: 5, 7;
        twin: ForgetMail, "deadlock", 20;
        twin: ShareRunState, "Causality violation", 20;
    }

    /// No post is lost.
    two_posts {
        rows: C7 C8;
        run: two_posts;
        bounds: 5, 8;
        twin: ForgetMail, "lost mail", 20;
    }

    /// What a bounded drain leaves is handled all the same, in order.
    bounded_drain {
        rows: C7 C8;
        run: bounded;
        bounds: 5, 6;
        twin: ForgetLeftover, "lost mail", 200;
    }

    /// A call after a pause is behind what the pause left.
    left_by_pause {
        rows: C7 C12;
        run: left_by_a_pause;
        bounds: 5, 7;
        twin: OvertakeMail, "out of order", 20;
    }
}
