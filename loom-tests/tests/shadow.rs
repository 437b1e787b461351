//! C7, C10, C6 for registers that are read without their device: such a read is behind every access and every message that was sent before it,
//! whoever sent it, and two of them never show a handler's work in part.

mod common;

use std::sync::Arc;

use common::models;
use loom::thread;
use manyhart_runtime::Shadow;
use manyhart_runtime::model::{Actor, AnyMailbox, Mailbox, Refusal, Replier, Rig, peek};

const STATUS: u64 = 0;
const RESULT: u64 = 4;

/// Two registers that each write sets alike, and their copies.
struct Pair {
    status: u32,
    result: u32,
    shadow: Arc<Shadow>,
}

enum Message {
    Write(u32),
    Nothing,
    Read(u64, Replier<u64>),
}

impl Pair {
    fn write(&mut self, value: u32) {
        (self.status, self.result) = (value, value);
    }

    fn read(&self, register: u64) -> u64 {
        u64::from(if register == STATUS { self.status } else { self.result })
    }
}

impl Actor for Pair {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Write(value) => self.write(value),
            Message::Nothing => {}
            Message::Read(register, replier) => replier.answer(self.read(register)),
        }
    }

    fn publish(&self) {
        self.shadow.publish(|register| Some(self.read(register) as u32));
    }
}

#[derive(Clone)]
struct Shadowed {
    mailbox: Arc<Mailbox<Pair>>,
    shadow: Arc<Shadow>,
}

impl Shadowed {
    /// Published once, so that there are copies.
    fn new() -> Shadowed {
        let rig = Rig::new(64);
        let shadow = Shadow::new(4, 2);
        let mailbox = rig.mailbox("pair", Pair { status: 0, result: 0, shadow: Arc::clone(&shadow) });
        let at = Shadowed { mailbox, shadow };
        assert!(at.mailbox.post(Message::Write(0)));
        at
    }

    /// As a virtual CPU reads a register.
    fn read(&self, register: u64) -> Result<u64, Refusal> {
        if let Some(value) = peek(&self.mailbox, &self.shadow, register, 4) {
            return Ok(value);
        }
        let inline = |pair: &mut Pair| Ok(pair.read(register));
        self.mailbox.call(inline, |replier| Message::Read(register, replier), Err).and_then(|answer| match answer {
            Ok(value) => Ok(value),
            Err(waiter) => waiter.wait(),
        })
    }
}

/// A write that is left in the mailbox, then a read by its writer, beside a message by another, who then handles both.
fn behind_a_coalesced_write() {
    let at = Shadowed::new();
    let other = {
        let at = at.clone();
        thread::spawn(move || assert!(at.mailbox.post(Message::Nothing)))
    };
    assert!(at.mailbox.coalesce(Message::Write(1)));
    assert_eq!(at.read(RESULT), Ok(1), "overtaken");
    other.join().expect("it ends");
}

/// A write beside two reads: who has seen the first register changed sees the second changed.
fn in_part() {
    let at = Shadowed::new();
    let writer = {
        let at = at.clone();
        thread::spawn(move || {
            at.mailbox.post(Message::Write(1));
        })
    };
    let status = at.read(STATUS);
    let result = at.read(RESULT);
    assert!(status.expect("alive") <= result.expect("alive"), "in part");
    writer.join().expect("it ends");
}

/// A close, then a read by the same thread, beside another's.
fn behind_a_close() {
    let at = Shadowed::new();
    let other = {
        let at = at.clone();
        thread::spawn(move || drop(at.read(STATUS)))
    };
    let closing: Arc<dyn AnyMailbox> = at.mailbox.clone();
    closing.close(false);
    assert_eq!(at.read(STATUS), Err(Refusal::Gone), "an answer of nobody");
    other.join().expect("it ends");
}

models! {
    /// A read without the device is behind a coalesced write of its reader.
    shadow_coalesced {
        rows: C7 C10;
        run: behind_a_coalesced_write;
        bounds: 4, 6;
        twin: PeekUnasked, "overtaken", 20;
        twin: PeekBeforeWord, "overtaken", 4000;
    }

    /// Reads without the device see the work of handlers whole.
    shadow_whole {
        rows: C7;
        run: in_part;
        bounds: 4, 6;
        twin: PublishLate, "Causality violation", 20;
        twin: ShadowRelaxed, "in part", 1000;
    }

    /// A read without the device is behind the device's end.
    shadow_closed {
        rows: C6;
        run: behind_a_close;
        bounds: 4, 6;
        twin: PeekUnasked, "an answer of nobody", 20;
    }
}
