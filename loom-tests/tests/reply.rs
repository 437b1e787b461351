//! C6, C8: a caller that waits is answered, once: by the actor, or that it is gone.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::models;
use loom::thread;
use manyhart_runtime::model::{Actor, AnyMailbox, Refusal, Replier, Rig, pair};

/// One answer, and one wait for it.
fn answered() {
    let (replier, waiter) = pair();
    let answers = thread::spawn(move || replier.answer(7));
    assert_eq!(waiter.wait(), Ok(7));
    answers.join().expect("it ends");
}

/// A reply that is dropped.
fn dropped() {
    let (replier, waiter) = pair::<u32>();
    let drops = thread::spawn(move || drop(replier));
    assert_eq!(waiter.wait(), Err(Refusal::Gone));
    drops.join().expect("it ends");
}

struct Answers(Arc<AtomicUsize>);

impl Actor for Answers {
    type Message = Replier<u32>;

    fn handle(&mut self, reply: Replier<u32>) {
        reply.answer(7);
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Calls against a close.
fn closed() {
    let rig = Rig::new(64);
    let drops = Arc::new(AtomicUsize::new(0));
    let mailbox = rig.mailbox("device", Answers(Arc::clone(&drops)));
    let calls = {
        let mailbox = Arc::clone(&mailbox);
        thread::spawn(move || {
            for _ in 0..2 {
                // Not inline, so that the question may arrive after the close.
                let (replier, waiter) = pair();
                let answer = if mailbox.post(replier) { waiter.wait() } else { Err(Refusal::Gone) };
                assert!(matches!(answer, Ok(7) | Err(Refusal::Gone)), "{answer:?}");
                match mailbox.call(|_| Ok(7), |replier| replier, Err) {
                    Ok(Ok(n)) => assert_eq!(n, 7),
                    Ok(Err(waiter)) => assert!(matches!(waiter.wait(), Ok(7) | Err(Refusal::Gone))),
                    Err(why) => assert_eq!(why, Refusal::Gone),
                }
            }
        })
    };
    Arc::clone(&mailbox).close(false);
    rig.help();
    calls.join().expect("it ends");
    rig.help_all();
    assert_eq!(drops.load(Ordering::Relaxed), 1, "dropped once");
}

models! {
    /// A caller is woken by the answer.
    answered_reply {
        rows: C6 C8;
        run: answered;
        bounds: 6, 12;
        twin: WakeBeforeReply, "deadlock", 20;
    }

    /// And by the end of whoever owed it one.
    dropped_reply {
        rows: C6 C8;
        run: dropped;
        bounds: 6, 12;
        twin: WakeBeforeReply, "deadlock", 20;
    }

    /// A device that goes answers everybody.
    close_and_calls {
        rows: C6;
        run: closed;
        bounds: 4, 6;
        twin: DropAfterClose, "deadlock", 20;
    }
}
