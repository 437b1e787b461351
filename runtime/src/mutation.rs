//! Loom's atomics and fence behind one turnstile, where a run may weaken one ordering of the production code by one step.
//!
//! `cargo xtask mutate` names the mutant in the environment and runs a model: nothing is compiled anew. An ordering is named by where it is
//! written: file, line and column of the call, and which of the call's orderings it is. The property that it loses is one of three:
//!
//! | lost | what becomes of an ordering |
//! |---|---|
//! | `acquire` | AcqRel → Release, Acquire → Relaxed, an Acquire fence → none |
//! | `release` | AcqRel → Acquire, Release → Relaxed, a Release fence → none |
//! | `total` | SeqCst → AcqRel, Acquire or Release, as the operation allows |
//!
//! The other thing that it does is to write down which places a model has come by, so that only those models are run that could notice.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::OnceLock;

/// What the environment asks for: `sites`, to have them printed, or `<file>:<line>:<column>:<which> <lost>`.
const VARIABLE: &str = "MANYHART_MUTATE";

/// Where this crate's sources begin in the compiler's paths.
const ROOT: &str = "runtime/src/";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lost {
    Acquire,
    Release,
    Total,
}

struct Mutant {
    file: String,
    line: u32,
    column: u32,
    which: usize,
    lost: Lost,
}

enum Task {
    Nothing,
    WriteDown,
    Weaken(Mutant),
}

std::thread_local! {
    // All threads of a model run on its test's own host thread.
    static SITES: RefCell<BTreeSet<(&'static str, u32, u32)>> = const { RefCell::new(BTreeSet::new()) };
}

fn task() -> &'static Task {
    static TASK: OnceLock<Task> = OnceLock::new();
    TASK.get_or_init(|| match std::env::var(VARIABLE) {
        Err(_) => Task::Nothing,
        Ok(text) if text == "sites" => Task::WriteDown,
        Ok(text) => Task::Weaken(mutant(&text).unwrap_or_else(|| panic!("{VARIABLE} names no mutant: {text}"))),
    })
}

fn mutant(text: &str) -> Option<Mutant> {
    let (place, lost) = text.split_once(' ')?;
    let mut parts = place.split(':');
    let (file, line, column, which) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lost = match lost {
        "acquire" => Lost::Acquire,
        "release" => Lost::Release,
        "total" => Lost::Total,
        _ => return None,
    };
    let (line, column, which) = (line.parse().ok()?, column.parse().ok()?, which.parse().ok()?);
    Some(Mutant { file: file.to_owned(), line, column, which, lost })
}

/// Whether models are run to be counted or to fail: then those with a planted defect say nothing.
pub fn is_under_way() -> bool {
    !matches!(task(), Task::Nothing)
}

/// Prints the places that this model has come by, when that was asked for.
pub fn print_sites() {
    if matches!(task(), Task::WriteDown) {
        let sites = SITES.with(|sites| std::mem::take(&mut *sites.borrow_mut()));
        sites.into_iter().for_each(|(file, line, column)| println!("site {file}:{line}:{column}"));
    }
}

/// Where a model's atomics get their orderings from.
pub(crate) mod atomic {
    use super::{Location, Lost, ROOT, SITES, Task, task};

    pub(crate) use std::sync::atomic::Ordering;
    use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

    #[derive(Clone, Copy)]
    enum Operation {
        Load,
        Store,
        Change,
    }

    /// What this call, written where the caller stands, loses of its orderings: its `which`th.
    #[track_caller]
    fn lost(which: usize) -> Option<Lost> {
        let mutant = match task() {
            Task::Nothing => return None,
            Task::WriteDown => {
                let at = Location::caller();
                SITES.with(|sites| sites.borrow_mut().insert((file(at), at.line(), at.column())));
                return None;
            }
            Task::Weaken(mutant) => mutant,
        };
        let at = Location::caller();
        let is_it = (at.line(), at.column(), which) == (mutant.line, mutant.column, mutant.which);
        (is_it && file(at) == mutant.file).then_some(mutant.lost)
    }

    fn file(at: &'static Location<'static>) -> &'static str {
        let path = at.file();
        path.rfind(ROOT).map_or(path, |root| &path[root + ROOT.len()..])
    }

    fn weaker(order: Ordering, lost: Lost, operation: Operation) -> Ordering {
        match (lost, order, operation) {
            (Lost::Acquire, AcqRel, _) | (Lost::Total, SeqCst, Operation::Store) => Release,
            (Lost::Release, AcqRel, _) | (Lost::Total, SeqCst, Operation::Load) => Acquire,
            (Lost::Acquire, Acquire, _) | (Lost::Release, Release, _) => Relaxed,
            (Lost::Total, SeqCst, Operation::Change) => AcqRel,
            _ => order,
        }
    }

    #[track_caller]
    fn weakened(order: Ordering, which: usize, operation: Operation) -> Ordering {
        lost(which).map_or(order, |lost| weaker(order, lost, operation))
    }

    #[track_caller]
    pub(crate) fn fence(order: Ordering) {
        match weakened(order, 0, Operation::Change) {
            Relaxed => {}
            order => loom::sync::atomic::fence(order),
        }
    }

    pub(crate) struct AtomicPtr<T>(loom::sync::atomic::AtomicPtr<T>);

    impl<T> AtomicPtr<T> {
        #[track_caller]
        pub(crate) fn new(value: *mut T) -> AtomicPtr<T> {
            AtomicPtr(loom::sync::atomic::AtomicPtr::new(value))
        }

        #[track_caller]
        pub(crate) fn swap(&self, value: *mut T, order: Ordering) -> *mut T {
            self.0.swap(value, weakened(order, 0, Operation::Change))
        }
    }

    macro_rules! cells {
        ($($name:ident $value:ty;)*) => {$(
            #[derive(Debug)]
            pub(crate) struct $name(loom::sync::atomic::$name);

            #[allow(dead_code)] // not every type is used in every way
            impl $name {
                #[track_caller]
                pub(crate) fn new(value: $value) -> $name {
                    $name(loom::sync::atomic::$name::new(value))
                }

                #[track_caller]
                pub(crate) fn load(&self, order: Ordering) -> $value {
                    self.0.load(weakened(order, 0, Operation::Load))
                }

                #[track_caller]
                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    self.0.store(value, weakened(order, 0, Operation::Store));
                }

                #[track_caller]
                pub(crate) fn compare_exchange(
                    &self,
                    old: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    let success = weakened(success, 0, Operation::Change);
                    self.0.compare_exchange(old, new, success, weakened(failure, 1, Operation::Load))
                }

                cells! { @change $value: swap fetch_and fetch_or }
            }
        )*};
        (@change $value:ty: $($change:ident)*) => {$(
            #[track_caller]
            pub(crate) fn $change(&self, operand: $value, order: Ordering) -> $value {
                self.0.$change(operand, weakened(order, 0, Operation::Change))
            }
        )*};
        (@numbers $($name:ident $value:ty;)*) => {$(
            #[allow(dead_code)] // as above
            impl $name {
                cells! { @change $value: fetch_add fetch_sub }
            }
        )*};
    }
    cells! {
        AtomicBool bool;
        AtomicU8 u8;
        AtomicU32 u32;
        AtomicU64 u64;
        AtomicUsize usize;
    }
    cells! { @numbers
        AtomicU8 u8;
        AtomicU32 u32;
        AtomicU64 u64;
        AtomicUsize usize;
    }
}
