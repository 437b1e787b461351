use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Weak, mpsc};

use super::*;
use crate::helper::Step;
use crate::tunables::{Tunables, Values};
use crate::{Clock, reply};

/// Records what it is sent; some messages make it do things.
struct Recorder {
    seen: Arc<parking_lot::Mutex<Vec<u32>>>,
    drops: Arc<AtomicUsize>,
    owed: Vec<Replier<u32>>,
}

enum Message {
    Note(u32),
    Ask(Replier<u32>),
    Owe(Replier<u32>),
    PostTo(Weak<Mailbox<Recorder>>, u32),
    CallTo(Weak<Mailbox<Recorder>>, mpsc::Sender<Refusal>),
    Wait(Arc<Barrier>),
    Panic,
}

impl Actor for Recorder {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Note(n) => self.seen.lock().push(n),
            Message::Ask(reply) => reply.answer(self.seen.lock().len() as u32),
            Message::Owe(reply) => self.owed.push(reply),
            Message::PostTo(to, n) => {
                let to = to.upgrade().unwrap();
                assert!(to.post(Message::Note(n)));
                self.seen.lock().push(1000 + n);
            }
            Message::CallTo(to, sink) => {
                let to = to.upgrade().unwrap();
                sink.send(to.call(|_| Ok(0), Message::Ask, Err).unwrap_err()).unwrap();
            }
            Message::Wait(barrier) => {
                barrier.wait();
                barrier.wait();
            }
            Message::Panic => panic!("planned"),
        }
    }

    fn flush(&mut self) {
        self.seen.lock().push(u32::MAX);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

struct Rig {
    crew: Arc<Crew>,
    mailbox: Arc<Mailbox<Recorder>>,
    seen: Arc<parking_lot::Mutex<Vec<u32>>>,
    drops: Arc<AtomicUsize>,
}

fn rig() -> Rig {
    let crew = Crew::new(Clock::manual(1), Tunables::new(Values::default()).0, None);
    let (seen, drops) = (Arc::default(), Arc::default());
    let recorder = Recorder { seen: Arc::clone(&seen), drops: Arc::clone(&drops), owed: Vec::new() };
    let mailbox = Mailbox::new("recorder", &crew, |_| recorder);
    Rig { crew, mailbox, seen, drops }
}

impl Rig {
    fn help(&self) {
        while self.crew.helper().step(&self.crew) == Step::Busy {}
    }

    fn ask(&self) -> Result<u32, Refusal> {
        match self.mailbox.call(|r| Ok(r.seen.lock().len() as u32), Message::Ask, Err)? {
            Ok(n) => Ok(n),
            Err(waiter) => waiter.wait(),
        }
    }
}

#[test]
fn an_idle_actor_is_run_by_its_sender() {
    let rig = rig();
    assert!(rig.mailbox.post(Message::Note(7)));
    assert_eq!(*rig.seen.lock(), [7]);
    assert_eq!(rig.ask(), Ok(1));
    assert_eq!(rig.mailbox.handled(), 2);
}

#[test]
fn a_post_from_a_handler_runs_after_it() {
    let (a, b) = (rig(), rig());
    a.mailbox.post(Message::PostTo(Arc::downgrade(&b.mailbox), 1));
    a.mailbox.post(Message::PostTo(Arc::downgrade(&a.mailbox), 2));
    assert_eq!(*a.seen.lock(), [1001, 1002, 2], "to itself: after the handler");
    assert_eq!(*b.seen.lock(), [1]);
}

#[test]
fn a_call_from_a_handler_is_refused_with_the_path() {
    let (a, b) = (rig(), rig());
    let (sink, got) = mpsc::channel();
    for to in [&a, &b] {
        a.mailbox.post(Message::CallTo(Arc::downgrade(&to.mailbox), sink.clone()));
        assert_eq!(got.recv().unwrap(), Refusal::Reentrant("recorder -> recorder".into()));
    }
}

#[test]
fn what_queues_while_it_runs_is_handled_in_order() {
    let rig = rig();
    let barrier = Arc::new(Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| rig.mailbox.post(Message::Wait(Arc::clone(&barrier))));
        barrier.wait();
        for n in 0..10 {
            rig.mailbox.post(Message::Note(n));
        }
        let Ok(Err(waiter)) = rig.mailbox.call(|_| Ok(0), Message::Ask, Err) else { panic!("the actor is running") };
        barrier.wait();
        assert_eq!(waiter.wait(), Ok(10));
    });
    assert_eq!(*rig.seen.lock(), (0..10).collect::<Vec<_>>());
}

#[test]
fn the_helper_gets_what_a_bounded_drain_leaves() {
    let rig = rig();
    let barrier = Arc::new(Barrier::new(2));
    let sent = 3 * rig.crew.drain_bound() as u32;
    std::thread::scope(|scope| {
        scope.spawn(|| rig.mailbox.post(Message::Wait(Arc::clone(&barrier))));
        barrier.wait();
        for n in 0..sent {
            rig.mailbox.post(Message::Note(n));
        }
        barrier.wait();
    });
    assert!(rig.seen.lock().len() < sent as usize);
    rig.help();
    assert_eq!(*rig.seen.lock(), (0..sent).collect::<Vec<_>>());
}

#[test]
fn a_panic_fails_the_actor_and_answers_everybody() {
    let rig = rig();
    let (owed, waits) = reply::pair();
    rig.mailbox.post(Message::Owe(owed));
    rig.mailbox.post(Message::Panic);
    assert!(rig.mailbox.is_failed());
    assert_eq!(rig.ask(), Err(Refusal::Failed));
    assert_eq!(rig.mailbox.command(Message::Ask), Err(Refusal::Gone), "its question is dropped");
    rig.help();
    assert_eq!(rig.drops.load(Ordering::SeqCst), 1);
    assert_eq!(waits.wait(), Err(Refusal::Gone), "so is what it owed");
}

#[test]
fn a_close_is_in_order_and_drops_once_on_the_helper() {
    let rig = rig();
    rig.mailbox.post(Message::Note(1));
    rig.mailbox.clone().close(true);
    rig.mailbox.clone().close(true);
    assert!(!rig.mailbox.post(Message::Note(2)));
    assert_eq!(rig.ask(), Err(Refusal::Gone));
    assert_eq!(rig.drops.load(Ordering::SeqCst), 0);
    rig.help();
    assert_eq!(rig.drops.load(Ordering::SeqCst), 1);
    assert_eq!(*rig.seen.lock(), [1, u32::MAX]);
}

#[test]
fn senders_on_many_threads_lose_and_double_nothing() {
    const EACH: u32 = if cfg!(miri) { 10 } else { 2_000 };
    let rig = rig();
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (rig, answered) = (&rig, &answered);
            scope.spawn(move || {
                for n in 0..EACH {
                    rig.mailbox.post(Message::Note(thread << 16 | n));
                    if n % 16 == 0 {
                        // The helper has no thread here, so whoever waits lends it one.
                        match rig.mailbox.call(|_| Ok(1), Message::Ask, Err).unwrap() {
                            Ok(_) => {}
                            Err(waiter) => {
                                while waiter.try_take().is_none() {
                                    rig.crew.helper().step(&rig.crew);
                                }
                            }
                        }
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    rig.help();
    let seen = rig.seen.lock();
    assert_eq!(seen.len(), 4 * EACH as usize);
    for thread in 0..4 {
        let of: Vec<u32> = seen.iter().filter(|n| **n >> 16 == thread).map(|n| n & 0xffff).collect();
        assert_eq!(of, (0..EACH).collect::<Vec<_>>(), "in the order of sending");
    }
}

#[test]
fn a_pause_leaves_mail_for_the_resume_and_lets_commands_through() {
    let rig = rig();
    rig.crew.gate().close();
    rig.mailbox.post(Message::Note(1));
    rig.mailbox.post(Message::Note(2));
    rig.help();
    assert!(rig.seen.lock().is_empty());
    assert_eq!(rig.mailbox.command(Message::Ask), Ok(2), "behind what was sent before");
    rig.mailbox.post(Message::Note(3));
    assert_eq!(rig.seen.lock().len(), 2);
    rig.crew.gate().open();
    rig.help();
    assert_eq!(*rig.seen.lock(), [1, 2, 3]);
}
