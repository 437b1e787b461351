//! The PLIC against a naive reading of its specification, and its register map as a table.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use proptest::prelude::*;

use super::*;

/// Remembers the level of each output.
#[derive(Default)]
struct Outputs(Mutex<BTreeMap<u32, bool>>);

impl LineSink for Outputs {
    fn set_level(&self, number: u32, level: bool) {
        self.0.lock().insert(number, level);
    }
}

impl Outputs {
    fn of(&self, context: usize) -> bool {
        self.0.lock().get(&(context as u32)).copied().unwrap_or(false)
    }
}

fn plic(contexts: usize) -> (Plic, Arc<Outputs>) {
    let outputs = Arc::new(Outputs::default());
    let lines = (0..contexts as u32).map(|context| Line::new(outputs.clone(), context)).collect();
    (Plic::new(lines), outputs)
}

fn enable_at(context: usize, source: u32) -> u64 {
    ENABLE + ENABLE_STRIDE * context as u64 + u64::from(source / 32 * 4)
}

fn context_at(context: usize, register: u64) -> u64 {
    CONTEXT + CONTEXT_STRIDE * context as u64 + register
}

#[test]
fn registers_lie_where_the_map_says() {
    let (mut plic, _) = plic(2);
    // Offset, what is written, what reads back; `None`: no register.
    let cases = [
        (0x0, 7, Some(0)),
        (0x4, 0xffff_ffff, Some(7)),
        (0x17c, 3, Some(3)),
        (0x180, 3, Some(0)),
        (0xffc, 3, Some(0)),
        (0x1000, 0xffff_ffff, Some(0)),
        (0x100c, 1, Some(0)),
        (0x1080, 0, None),
        (0x1ffc, 0, None),
        (0x2000, 0xffff_ffff, Some(0xffff_fffe)),
        (0x2008, 0x8000_0001, Some(0x8000_0001)),
        (0x200c, 0xffff_ffff, Some(0)),
        (0x2084, 5, Some(5)),
        (0x2100, 0, None),
        (0x1f_fffc, 0, None),
        (0x20_0000, 0xff, Some(7)),
        (0x20_0004, 1, Some(0)),
        (0x20_0008, 0, None),
        (0x20_1000, 6, Some(6)),
        (0x20_2000, 0, None),
        (SIZE - 4, 0, None),
    ];
    for (offset, value, want) in cases {
        assert_eq!(plic.write_register(offset, value).is_ok(), want.is_some(), "write {offset:#x}");
        assert_eq!(plic.read_register(offset).ok(), want, "read {offset:#x}");
    }
}

#[test]
fn the_map_has_room_for_more_than_seven_thousand_harts() {
    let (mut plic, _) = plic(MAX_CONTEXTS + 1);
    assert_eq!(plic.targets.len(), MAX_CONTEXTS);
    for offset in [enable_at(MAX_CONTEXTS - 1, 64), context_at(MAX_CONTEXTS - 1, THRESHOLD)] {
        plic.write_register(offset, 1).unwrap();
        assert_eq!(plic.read_register(offset), Ok(1), "{offset:#x}");
    }
    plic.write_register(4 * 64, 2).unwrap();
    plic.set_line(LineChange { source: 64, level: true });
    assert_eq!(plic.read_register(context_at(MAX_CONTEXTS - 1, CLAIM)), Ok(64));
}

/// A level that stays asks again after each completion; one that fell in between asks once.
#[test]
fn a_gateway_passes_one_request_at_a_time() {
    let (mut plic, outputs) = plic(1);
    let claim = context_at(0, CLAIM);
    let line = |level| LineChange { source: 10, level };
    plic.write_register(40, 1).unwrap();
    plic.write_register(enable_at(0, 10), 1 << 10).unwrap();

    plic.set_line(line(true));
    assert!(outputs.of(0));
    assert_eq!(plic.read_register(claim), Ok(10));
    assert!(!outputs.of(0), "claimed");
    plic.set_line(line(false));
    plic.set_line(line(true));
    assert!(!outputs.of(0), "the gateway holds back");
    plic.write_register(claim, 10).unwrap();
    assert!(outputs.of(0), "still high");
    plic.set_line(line(false));
    assert_eq!(plic.read_register(claim), Ok(10), "a request that was passed on stays");
    plic.write_register(claim, 10).unwrap();
    assert_eq!(plic.read_register(claim), Ok(0));
    assert!(!outputs.of(0));
}

const CONTEXTS: usize = 3;

/// The specification, word by word, recomputed from scratch at every question.
#[derive(Default)]
struct Naive {
    priority: BTreeMap<u32, u32>,
    enabled: BTreeSet<(usize, u32)>,
    threshold: [u32; CONTEXTS],
    level: BTreeSet<u32>,
    pending: BTreeSet<u32>,
    in_service: BTreeSet<u32>,
}

impl Naive {
    fn priority(&self, source: u32) -> u32 {
        self.priority.get(&source).copied().unwrap_or(0)
    }

    /// Highest priority first, then lowest number; priority 0 never.
    fn best(&self, context: usize) -> u32 {
        let candidates = self.pending.iter().filter(|&&s| self.enabled.contains(&(context, s)) && self.priority(s) > 0);
        candidates.copied().max_by_key(|&s| (self.priority(s), std::cmp::Reverse(s))).unwrap_or(0)
    }

    fn output(&self, context: usize) -> bool {
        self.priority(self.best(context)) > self.threshold[context]
    }

    fn gateways(&mut self) {
        let ask = self.level.difference(&self.in_service).copied().collect::<Vec<_>>();
        self.pending.extend(ask);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Line(u32, bool),
    Priority(u32, u32),
    Enable(usize, u32, bool),
    Threshold(usize, u32),
    Claim(usize),
    Complete(usize, u32),
    Reset,
    /// Anything at all, anywhere: it must be an answer.
    Read(u64),
}

/// Few sources, so that they meet; among them one that does not exist and those at the edges of words.
fn source() -> impl Strategy<Value = u32> {
    prop_oneof![1..4u32, 30..34u32, 94..98u32]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (source(), any::<bool>()).prop_map(|(s, level)| Step::Line(s, level)),
        2 => (source(), 0..8u32).prop_map(|(s, p)| Step::Priority(s, p)),
        2 => (0..CONTEXTS, source(), any::<bool>()).prop_map(|(c, s, on)| Step::Enable(c, s, on)),
        1 => (0..CONTEXTS, 0..8u32).prop_map(|(c, t)| Step::Threshold(c, t)),
        4 => (0..CONTEXTS).prop_map(Step::Claim),
        4 => (0..CONTEXTS, source()).prop_map(|(c, s)| Step::Complete(c, s)),
        1 => Just(Step::Reset),
        1 => (0..SIZE / 4).prop_map(|word| Step::Read(4 * word)),
    ]
}

/// Carries a step out on both and compares what can be seen of it.
fn apply(plic: &mut Plic, naive: &mut Naive, step: &Step) -> Result<(), TestCaseError> {
    let exists = |source: &u32| (1..SOURCES).contains(source);
    match *step {
        Step::Line(source, level) => {
            plic.set_line(LineChange { source, level });
            if exists(&source) {
                if level {
                    naive.level.insert(source)
                } else {
                    naive.level.remove(&source)
                };
            }
        }
        Step::Priority(source, priority) => {
            plic.write_register(u64::from(4 * source), priority).unwrap();
            if exists(&source) {
                naive.priority.insert(source, priority);
            }
        }
        Step::Enable(context, source, on) => {
            let at = enable_at(context, source);
            let bit = 1 << (source % 32);
            let old = plic.read_register(at).unwrap();
            plic.write_register(at, if on { old | bit } else { old & !bit }).unwrap();
            match on {
                true if exists(&source) => naive.enabled.insert((context, source)),
                _ => naive.enabled.remove(&(context, source)),
            };
        }
        Step::Threshold(context, threshold) => {
            plic.write_register(context_at(context, THRESHOLD), threshold).unwrap();
            naive.threshold[context] = threshold;
        }
        Step::Claim(context) => {
            let want = naive.best(context);
            prop_assert_eq!(plic.read_register(context_at(context, CLAIM)), Ok(want));
            if want != 0 {
                naive.pending.remove(&want);
                prop_assert!(naive.in_service.insert(want), "source {} was claimed twice", want);
            }
        }
        Step::Complete(context, source) => {
            plic.write_register(context_at(context, CLAIM), source).unwrap();
            if naive.enabled.contains(&(context, source)) {
                naive.in_service.remove(&source);
            }
        }
        Step::Reset => {
            plic.clear();
            *naive = Naive::default();
        }
        // Claim registers are the one place where reading has an effect, and have their own step.
        Step::Read(offset) if offset >= CONTEXT && offset % CONTEXT_STRIDE == CLAIM => {}
        Step::Read(offset) => match plic.read_register(offset) {
            Ok(_) | Err(DeviceError::NoRegister) => {}
            Err(other) => prop_assert!(false, "{other}"),
        },
    }
    naive.gateways();
    Ok(())
}

proptest! {
    #[test]
    fn behaves_as_the_specification_says(steps in proptest::collection::vec(step(), 0..200)) {
        let (mut plic, outputs) = plic(CONTEXTS);
        let mut naive = Naive::default();
        for step in &steps {
            apply(&mut plic, &mut naive, step)?;
            for context in 0..CONTEXTS {
                prop_assert_eq!(outputs.of(context), naive.output(context), "context {} after {:?}", context, step);
            }
            for word in 0..3 {
                let want = naive.pending.iter().filter(|&&s| s / 32 == word).map(|s| 1 << (s % 32)).sum::<u32>();
                prop_assert_eq!(plic.read_register(PENDING + u64::from(4 * word)), Ok(want));
            }
        }
    }
}
