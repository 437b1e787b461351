//! C8: the helper's sleep. Whatever is left to it while it looks, or before it sleeps, wakes it.

mod common;

use std::sync::{Arc, Mutex};

use common::models;
use loom::thread;
use manyhart_runtime::model::{Actor, Replier, Rig, pair};

/// Counts what it has handled.
struct Counts(Arc<Mutex<u32>>);

impl Actor for Counts {
    type Message = Option<Replier<()>>;

    fn handle(&mut self, message: Option<Replier<()>>) {
        *self.0.lock().expect("never poisoned") += 1;
        if let Some(reply) = message {
            reply.answer(());
        }
    }
}

/// A drain is over after one message: the second one is the helper's, which sleeps whenever it finds nothing.
fn left_to_the_helper() {
    let rig = Rig::new(1);
    let count = Arc::<Mutex<u32>>::default();
    let mailbox = rig.mailbox("counts", Counts(Arc::clone(&count)));
    let helper = {
        let (rig, count) = (rig.clone(), Arc::clone(&count));
        thread::spawn(move || {
            while *count.lock().expect("never poisoned") < 2 {
                rig.help();
                if *count.lock().expect("never poisoned") < 2 {
                    rig.rest();
                }
            }
        })
    };
    let (reply, answer) = pair();
    assert!(mailbox.post(None));
    assert!(mailbox.post(Some(reply)));
    assert_eq!(answer.wait(), Ok(()));
    helper.join().expect("it ends");
}

models! {
    /// A helper that falls asleep while it is given work gets up again.
    helper_sleeps {
        rows: C8;
        run: left_to_the_helper;
        bounds: 4, 6;
        twin: KnockUnflagged, "deadlock", 100;
    }
}
