//! One interrupt vector: pending, masked, and which version of its message is in force, in one word.
//!
//! Who signals a vector is a device, a worker, a root port; who masks it is a virtual CPU that writes the MSI-X table, or the owner of
//! configuration space. None of them waits for another, so what they agree by is the order of changes of this word:
//! * Signalling sets `PENDING`, then tries to take it. Unmasking clears `MASKED`, then tries to take. Both are read-modify-writes
//!   of the same word: if the signal's is first, the unmasker's take finds the pending bit; if the unmasking is first, the signal's take
//!   finds the vector unmasked. So no signal is lost.
//! * Taking clears `PENDING` by a compare-exchange: of any number who try, one gets it. So no signal is delivered twice. Signals that
//!   meet before one of them is taken are one message, as everywhere with edges; it is sent after the last of them.
//! * What else must be open (the function's own mask and enable bits) is in another word. The opener opens and then takes; the signal sets
//!   `PENDING` and then looks whether it is open. All of it is sequentially consistent, so one of the two sees the other.
//! * Masking, and any change of the message, raises the version. A taker reads the version, then the message, and its compare-exchange
//!   fails if the version has moved: what it sends is what the registers held at one moment while it was unmasked.
//!
//! Once masking is done nothing is taken. A message that was taken before may still be on its way, as a posted write on a real link may.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const PENDING: u64 = 1;
const MASKED: u64 = 2;
const VERSION: u64 = 4;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Vector(AtomicU64);

impl Vector {
    /// Not pending.
    pub(super) fn new(masked: bool) -> Vector {
        Vector(AtomicU64::new(if masked { MASKED } else { 0 }))
    }

    /// Makes it pending. To be followed by [`Vector::take`].
    pub(super) fn raise(&self) {
        self.0.fetch_or(PENDING, Ordering::SeqCst);
    }

    pub(super) fn is_pending(&self) -> bool {
        self.0.load(Ordering::SeqCst) & PENDING != 0
    }

    pub(super) fn is_masked(&self) -> bool {
        self.0.load(Ordering::SeqCst) & MASKED != 0
    }

    /// Masks or unmasks it. Unmasking is to be followed by [`Vector::take`].
    pub(super) fn set_masked(&self, masked: bool) {
        self.change(|word| if masked { word | MASKED } else { word & !MASKED });
    }

    /// To be called after its message, or what else must be open, has changed: a take that began before does not go by the old.
    pub(super) fn touch(&self) {
        self.change(|word| word);
    }

    /// Back to how it was made.
    pub(super) fn reset(&self, masked: bool) {
        self.change(|word| if masked { word & !PENDING | MASKED } else { word & !(PENDING | MASKED) });
    }

    fn change(&self, to: impl Fn(u64) -> u64) {
        let mut seen = self.0.load(Ordering::Relaxed);
        while let Err(now) =
            self.0.compare_exchange_weak(seen, to(seen).wrapping_add(VERSION), Ordering::SeqCst, Ordering::Relaxed)
        {
            seen = now;
        }
    }

    /// If it is pending, unmasked and `open`: no longer pending, and the message to send.
    pub(super) fn take<M>(&self, open: impl Fn() -> bool, message: impl Fn() -> M) -> Option<M> {
        let mut seen = self.0.load(Ordering::SeqCst);
        loop {
            if seen & (PENDING | MASKED) != PENDING || !open() {
                return None;
            }
            let message = message();
            match self.0.compare_exchange(seen, seen & !PENDING, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Some(message),
                Err(now) => seen = now,
            }
        }
    }
}

/// Where a message goes and what it says, while several threads may write and read it. Loads acquire and stores release, so that whoever
/// reads a part also sees every raise of the version that came before that part was written.
#[derive(Debug, Default)]
pub(super) struct MessageCell {
    address: AtomicU64,
    data: AtomicU32,
}

/// A message-signalled interrupt: a write of four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Where it is written.
    pub address: u64,
    /// What is written.
    pub data: u32,
}

impl MessageCell {
    pub(super) fn load(&self) -> Message {
        Message { address: self.address.load(Ordering::Acquire), data: self.data.load(Ordering::Acquire) }
    }

    pub(super) fn store(&self, message: Message) {
        self.set_address(message.address);
        self.set_data(message.data);
    }

    pub(super) fn set_address(&self, address: u64) {
        self.address.store(address, Ordering::Release);
    }

    /// Changes one half of the address: `shift` is 0 or 32.
    pub(super) fn set_half_address(&self, shift: u32, half: u32) {
        let mut seen = self.address.load(Ordering::Relaxed);
        loop {
            let new = seen & !(0xffff_ffff << shift) | u64::from(half) << shift;
            match self.address.compare_exchange_weak(seen, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    pub(super) fn set_data(&self, data: u32) {
        self.data.store(data, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_signal_is_taken_once_where_nothing_is_in_the_way() {
        // Masked, open, raised; taken?
        let cases = [
            (false, true, true, true),
            (true, true, true, false),
            (false, false, true, false),
            (false, true, false, false),
        ];
        for (masked, open, raised, want) in cases {
            let vector = Vector::new(masked);
            if raised {
                vector.raise();
            }
            assert_eq!(vector.take(|| open, || ()).is_some(), want, "{masked} {open} {raised}");
            assert_eq!(vector.is_pending(), raised && !want);
            vector.set_masked(false);
            assert_eq!(vector.take(|| true, || ()).is_some(), raised && !want, "then, or never again");
            assert_eq!(vector.take(|| true, || ()), None);
        }
    }

    #[test]
    fn a_change_between_look_and_take_is_noticed() {
        type Change = fn(&Vector);
        let cases: [(Change, Option<u32>); 3] =
            [(|v| v.touch(), Some(2)), (|v| v.set_masked(true), None), (|v| v.reset(false), None)];
        for (change, want) in cases {
            let (vector, calls) = (Vector::new(false), AtomicU64::new(0));
            vector.raise();
            let message = || {
                let call = calls.fetch_add(1, Ordering::Relaxed) as u32 + 1;
                if call == 1 {
                    change(&vector);
                }
                call
            };
            assert_eq!(vector.take(|| true, message), want);
        }
    }

    /// Two threads signal, one masks, unmasks and rewrites the message as a guest does, one closes and opens the function's gate. Every
    /// delivered message is whole, none is taken under the mask, no more arrive than were sent, and the last signal of each is heard.
    #[test]
    fn mask_against_signal_on_real_threads() {
        const SIGNALS: u64 = 40_000;
        let vector = Vector::new(false);
        let (cell, gate, done) = (MessageCell::default(), AtomicBool::new(true), AtomicBool::new(false));
        let [sent, heard] = std::array::from_fn(|_| [AtomicU64::new(0), AtomicU64::new(0)]);
        let (delivered, epoch) = (AtomicU64::new(0), AtomicU64::new(0));
        let take = || {
            let open = || gate.load(Ordering::SeqCst);
            if let Some(message) = vector.take(open, || cell.load()) {
                assert_eq!(message.address, u64::from(message.data) * 3, "one message, not parts of two");
                delivered.fetch_add(1, Ordering::Relaxed);
                for (sent, heard) in sent.iter().zip(&heard) {
                    heard.fetch_max(sent.load(Ordering::Acquire), Ordering::AcqRel);
                }
            }
        };
        std::thread::scope(|scope| {
            let signallers: Vec<_> = sent
                .iter()
                .map(|sent| {
                    scope.spawn(|| {
                        for number in 1..=SIGNALS {
                            sent.store(number, Ordering::Release);
                            vector.raise();
                            take();
                        }
                    })
                })
                .collect();
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    vector.set_masked(true);
                    let data = epoch.fetch_add(1, Ordering::Relaxed) as u32;
                    // Lawful only while it is masked, and no taker may mix the two.
                    cell.set_address(u64::from(data) * 3);
                    cell.set_data(data);
                    vector.set_masked(false);
                    take();
                    std::thread::yield_now();
                }
            });
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    gate.store(false, Ordering::SeqCst);
                    vector.touch();
                    std::thread::yield_now();
                    gate.store(true, Ordering::SeqCst);
                    take();
                }
            });
            for signaller in signallers {
                signaller.join().expect("no assertion failed");
            }
            done.store(true, Ordering::Release);
        });
        for heard in &heard {
            assert_eq!(heard.load(Ordering::Acquire), SIGNALS, "the last signal was heard");
        }
        let delivered = delivered.load(Ordering::Relaxed);
        assert!((1..=2 * SIGNALS).contains(&delivered), "{delivered} deliveries");
        assert!(!vector.is_pending());
    }

    /// Two who try at once, for each of many signals: one of them gets it.
    #[test]
    fn one_signal_is_one_message_whoever_takes_it() {
        const ROUNDS: u32 = 5_000;
        let (vector, barrier, taken) = (Vector::new(false), Barrier::new(2), AtomicU32::new(0));
        let party = |first: bool| {
            for round in 1..=ROUNDS {
                if first {
                    vector.raise();
                }
                barrier.wait();
                if vector.take(|| true, || ()).is_some() {
                    taken.fetch_add(1, Ordering::Relaxed);
                }
                barrier.wait();
                assert_eq!(taken.load(Ordering::Relaxed), round);
                barrier.wait();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| party(true));
            party(false);
        });
    }
}
