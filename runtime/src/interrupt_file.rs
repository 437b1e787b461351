//! An interrupt file: interrupts that arrive as messages, each a number, for one virtual CPU. Anybody sends, without a lock and from
//! anywhere, also inside a handler; the CPU enables, sets a threshold, and claims.
//!
//! # Who may do what
//! 1. Anybody sends ([`InterruptFile::send`]): sets a pending bit.
//! 2. Only the CPU's thread, or whoever has it stopped, changes anything else, and clears pending bits.
//! 3. The level at the CPU's [`Attention`] follows what is *due*: pending, enabled, above the threshold, and delivered.
//!
//! # Why the level is right in the end
//! Whoever changes something that counts then does three steps: looks whether anything is due, drives the level so, **looks again**, and
//! begins anew if that says otherwise. Levels are driven by AcqRel read-modify-writes of one word, which have one order. Take the last of
//! them, by A. Every other change, by B say, was followed by B's own step on the word, which came before A's; so A's second look has seen
//! B's change. It agreed with the level, or A would have driven it once more: so the level is what is due. From both sides:
//!
//! | first on the word | then | outcome |
//! |---|---|---|
//! | the CPU, that enables | the sender, that drives | the sender's second look sees the enable bit, and it raises |
//! | the sender | the CPU | the CPU's second look sees the pending bit, and it raises |
//! | the CPU, that has claimed | the sender, that raises for what was claimed | the sender's second look sees the claim, and it lowers |
//!
//! A sender looks at its own number alone. Where that is not due it leaves the level as it is, by a step that changes nothing: the step is
//! what puts it before or after the CPU's.
//!
//! So the steps on the attention's word order all that the level stands on, and the accesses to the bits beside them may be relaxed.
//!
//! What was done before a number was sent is seen by whoever finds it pending, or claims it: a sending releases, and looks at the pending
//! bits acquire. A step that clears acquires too, since the same number may have been sent once more after the look: that sending leaves no
//! other trace.

use std::sync::Arc;

use crate::Attention;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{AtomicU64, Ordering};

/// In the control word: what is due is delivered. Below it stands the threshold.
const DELIVERS: u64 = 1 << 63;

/// Pending and enable bits of the interrupts 1 to [`InterruptFile::identities`]. The lower the number, the more urgent.
pub struct InterruptFile {
    identities: u32,
    pending: Box<[AtomicU64]>,
    enabled: Box<[AtomicU64]>,
    control: AtomicU64,
    attention: Arc<Attention>,
    level: u32,
}

impl InterruptFile {
    /// The most interrupts that a file has.
    pub const MAX: u32 = 2047;

    /// A file of `identities` interrupts (63 to [`InterruptFile::MAX`], one less than a multiple of 64: the nearest such number), none of them
    /// pending or enabled, that drives the level `level` of `attention`.
    pub fn new(identities: u32, attention: Arc<Attention>, level: u32) -> InterruptFile {
        let words = (identities.min(InterruptFile::MAX) as usize + 1).div_ceil(64).max(1);
        let bits = || (0..words).map(|_| AtomicU64::new(0)).collect();
        InterruptFile {
            identities: 64 * words as u32 - 1,
            pending: bits(),
            enabled: bits(),
            control: AtomicU64::new(0),
            attention,
            level,
        }
    }

    /// The greatest number.
    pub fn identities(&self) -> u32 {
        self.identities
    }

    /// An interrupt arrives. Anybody, anywhere; `false` for a number that does not exist, which does nothing.
    pub fn send(&self, identity: u32) -> bool {
        if identity == 0 || identity > self.identities {
            return false;
        }
        let (word, bit) = place(identity);
        // Release: what the sender did before is seen by whoever takes the bit.
        self.pending[word].fetch_or(bit, Ordering::Release);
        let due = self.is_due(identity);
        match due {
            true => self.attention.set_level(self.level, true),
            false => self.attention.step(),
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::LookOnce) {
            return true;
        }
        if self.is_due(identity) != due {
            self.settle();
        }
        true
    }

    /// The most urgent interrupt that is pending, enabled and above the threshold, delivered or not.
    pub fn top(&self) -> Option<u32> {
        let threshold = self.threshold();
        let mut words = self.pending.iter().zip(&self.enabled).enumerate();
        let first = words.find_map(|(word, (pending, enabled))| {
            let both = pending.load(Ordering::Acquire) & enabled.load(Ordering::Relaxed);
            (both != 0).then(|| 64 * word as u32 + both.trailing_zeros())
        });
        first.filter(|&identity| threshold == 0 || identity < threshold)
    }

    /// Takes the most urgent interrupt: it is not pending any more. The owner.
    pub fn claim(&self) -> Option<u32> {
        let identity = self.top()?;
        let (word, bit) = place(identity);
        self.pending[word].fetch_and(!bit, Ordering::Acquire);
        self.settle();
        Some(identity)
    }

    /// Pending bits 64 × `word` and up; 0 beyond the last.
    pub fn pending(&self, word: usize) -> u64 {
        self.pending.get(word).map_or(0, |bits| bits.load(Ordering::Acquire))
    }

    /// Clears some pending bits and sets some, in one step, so that none that arrives meanwhile is lost. The owner.
    pub fn change_pending(&self, word: usize, clear: u64, set: u64) {
        self.change(&self.pending, word, clear, set);
    }

    /// Enable bits 64 × `word` and up; 0 beyond the last.
    pub fn enabled(&self, word: usize) -> u64 {
        self.enabled.get(word).map_or(0, |bits| bits.load(Ordering::Relaxed))
    }

    /// Clears some enable bits and sets some. The owner.
    pub fn change_enabled(&self, word: usize, clear: u64, set: u64) {
        self.change(&self.enabled, word, clear, set);
    }

    fn change(&self, bits: &[AtomicU64], word: usize, clear: u64, set: u64) {
        let Some(bits) = bits.get(word) else { return };
        // There is no interrupt 0.
        let set = if word == 0 { set & !1 } else { set };
        let mut old = bits.load(Ordering::Relaxed);
        while let Err(now) = bits.compare_exchange(old, old & !clear | set, Ordering::Acquire, Ordering::Relaxed) {
            old = now;
        }
        self.settle();
    }

    /// Whether what is due is shown to the CPU.
    pub fn delivers(&self) -> bool {
        self.control.load(Ordering::Relaxed) & DELIVERS != 0
    }

    /// Shows to the CPU what is due, or nothing. The owner.
    pub fn set_delivery(&self, delivers: bool) {
        let threshold = u64::from(self.threshold());
        self.control.store(if delivers { threshold | DELIVERS } else { threshold }, Ordering::Relaxed);
        self.settle();
    }

    /// From which number on nothing is due; 0: everything may be.
    pub fn threshold(&self) -> u32 {
        self.control.load(Ordering::Relaxed) as u32
    }

    /// Holds back numbers from `threshold` on; 0: none. The owner.
    pub fn set_threshold(&self, threshold: u32) {
        let delivers = self.control.load(Ordering::Relaxed) & DELIVERS;
        self.control.store(delivers | u64::from(threshold), Ordering::Relaxed);
        self.settle();
    }

    /// Nothing pending, nothing enabled, nothing delivered. The owner, or whoever has it stopped.
    pub fn reset(&self) {
        for bits in self.pending.iter().chain(&self.enabled) {
            bits.store(0, Ordering::Relaxed);
        }
        self.control.store(0, Ordering::Relaxed);
        self.settle();
    }

    /// Whether this interrupt makes the level high.
    fn is_due(&self, identity: u32) -> bool {
        let (word, bit) = place(identity);
        let (pending, enabled) =
            (self.pending[word].load(Ordering::Relaxed), self.enabled[word].load(Ordering::Relaxed));
        let threshold = self.threshold();
        pending & enabled & bit != 0 && self.delivers() && (threshold == 0 || identity < threshold)
    }

    /// Drives the level by what is due, after a change: see the module's text.
    fn settle(&self) {
        loop {
            let due = self.delivers() && self.top().is_some();
            self.attention.set_level(self.level, due);
            #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
            if planted::is(Bug::LookOnce) {
                return;
            }
            if (self.delivers() && self.top().is_some()) == due {
                return;
            }
        }
    }
}

/// The word and the bit of an interrupt.
fn place(identity: u32) -> (usize, u64) {
    ((identity / 64) as usize, 1 << (identity % 64))
}

impl std::fmt::Debug for InterruptFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (top, delivers) = (self.top(), self.delivers());
        write!(f, "InterruptFile(1 to {}, top {top:?}, delivers {delivers})", self.identities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: u32 = 9;

    fn file() -> (InterruptFile, Arc<Attention>) {
        let attention = Arc::new(Attention::new());
        let file = InterruptFile::new(255, Arc::clone(&attention), LEVEL);
        for word in 0..4 {
            file.change_enabled(word, 0, u64::MAX);
        }
        file.set_delivery(true);
        (file, attention)
    }

    fn is_high(attention: &Attention) -> bool {
        attention.peek() >> LEVEL & 1 == 1
    }

    #[test]
    fn sizes_are_whole_words() {
        let attention = Arc::new(Attention::new());
        for (asked, got) in [(0, 63), (63, 63), (64, 127), (255, 255), (2047, 2047), (u32::MAX, 2047)] {
            assert_eq!(InterruptFile::new(asked, Arc::clone(&attention), LEVEL).identities(), got, "{asked}");
        }
    }

    #[test]
    fn numbers_that_do_not_exist_do_nothing() {
        let (file, attention) = file();
        for identity in [0, 256, 2048, u32::MAX] {
            assert!(!file.send(identity), "{identity}");
        }
        file.change_pending(0, 0, 1);
        file.change_pending(4, 0, u64::MAX);
        assert_eq!((file.pending(0), file.pending(4), file.enabled(0), file.enabled(4)), (0, 0, !1, 0));
        assert!(file.top().is_none() && !is_high(&attention));
    }

    #[test]
    fn the_lowest_number_comes_first_and_is_claimed_once() {
        let (file, attention) = file();
        for identity in [255, 64, 3, 64] {
            assert!(file.send(identity));
        }
        for identity in [3, 64, 255] {
            assert!(is_high(&attention));
            assert_eq!((file.top(), file.claim()), (Some(identity), Some(identity)));
        }
        assert_eq!((file.claim(), is_high(&attention)), (None, false));
    }

    /// What holds an interrupt back, and how it is let through: the level follows at once, and the top alone does not ask for delivery.
    #[test]
    fn the_level_follows_every_gate() {
        type Change = fn(&InterruptFile);
        let gates: [(&str, Change, Change, bool); 5] = [
            ("enable", |f| f.change_enabled(1, 1 << 6, 0), |f| f.change_enabled(1, 0, 1 << 6), false),
            ("threshold", |f| f.set_threshold(70), |f| f.set_threshold(71), false),
            ("no threshold", |f| f.set_threshold(1), |f| f.set_threshold(0), false),
            ("pending", |f| f.change_pending(1, 1 << 6, 0), |f| f.change_pending(1, u64::MAX, 1 << 6), false),
            ("delivery", |f| f.set_delivery(false), |f| f.set_delivery(true), true),
        ];
        for (name, close, open, shows_top) in gates {
            let (file, attention) = file();
            assert!(file.send(70) && is_high(&attention));
            close(&file);
            assert_eq!((is_high(&attention), file.top().is_some()), (false, shows_top), "{name} closed");
            open(&file);
            assert_eq!((is_high(&attention), file.top()), (true, Some(70)), "{name} open");
            close(&file);
            assert!(file.send(70));
            assert_eq!(is_high(&attention), name == "pending", "{name}: what is sent while it is closed");
            open(&file);
            assert_eq!((is_high(&attention), file.claim()), (true, Some(70)), "{name} opened later");
        }
    }

    #[test]
    fn reset_clears_all() {
        let (file, attention) = file();
        file.set_threshold(9);
        assert!(file.send(7) && is_high(&attention));
        file.reset();
        assert!(!is_high(&attention) && !file.delivers());
        assert_eq!((file.top(), file.pending(0), file.enabled(3), file.threshold()), (None, 0, 0, 0));
    }

    /// Senders against an owner that claims whenever it is asked to: each number arrives, none twice for one sending.
    #[test]
    fn nothing_is_lost_between_senders_and_owner() {
        const ROUNDS: u32 = if cfg!(miri) { 20 } else { 3_000 };
        let (file, attention) = file();
        let clock = crate::Clock::manual(1);
        let taken: [std::sync::atomic::AtomicU32; 2] = Default::default();
        std::thread::scope(|scope| {
            for (sender, taken) in taken.iter().enumerate() {
                let file = &file;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        assert!(file.send(40 + 100 * sender as u32));
                        while taken.load(Ordering::Acquire) <= round {
                            std::hint::spin_loop();
                            std::thread::yield_now();
                        }
                    }
                });
            }
            let mut left = 2 * ROUNDS;
            while left > 0 {
                if attention.take() >> LEVEL & 1 == 0 {
                    attention.park(&clock, u64::MAX);
                }
                while let Some(identity) = file.claim() {
                    taken[(identity / 100) as usize].fetch_add(1, Ordering::AcqRel);
                    left -= 1;
                }
            }
        });
        assert!(!is_high(&attention) && file.top().is_none());
    }
}
