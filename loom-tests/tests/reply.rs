//! C6, C8: a caller that waits is answered, once: by the actor, or that it is gone.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::thread;
use manyhart_runtime::model::{Actor, AnyMailbox, Refusal, Replier, Rig, pair};
use manyhart_runtime::planted::Bug;

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

#[test]
fn a_caller_is_woken() {
    common::holds(6, answered);
    common::holds(6, dropped);
}

#[test]
fn a_wake_up_before_the_answer_is_found() {
    common::fails_with(Bug::WakeBeforeReply, "deadlock", 6, answered);
}

#[test]
fn a_device_that_goes_answers_everybody() {
    common::holds(6, closed);
}

#[test]
fn a_message_that_is_thrown_away_is_found() {
    common::fails_with(Bug::DropAfterClose, "deadlock", 6, closed);
}
