//! The registry: what a model is called, which promises it keeps an eye on, how deep it looks, and which defects it must find.
//!
//! `models!` writes the tests: `name::holds` for the model, `name::Defect` for each twin. `cargo xtask loom` reads the same lines.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use manyhart_runtime::mutation;
use manyhart_runtime::planted::{self, Bug};

/// A model, as it stands in the registry.
pub struct Model {
    pub name: &'static str,
    pub run: fn(),
    /// At most so many preemptions on each path; loom tries all paths within.
    pub bound: usize,
    /// The same, with `--deep`.
    pub deep: usize,
}

/// A defect that the model must find.
pub struct Twin {
    pub bug: Bug,
    /// What loom, or the model, says of it.
    pub says: &'static str,
    /// The most executions that it may take.
    pub within: usize,
}

/// Says which models are in this file. One without twins is there for an ordering: `cargo xtask mutate` weakens that, and it must fail.
///
/// A line for each property, in this order, so that they can be read without a compiler:
/// ```text
/// models! {
///     name {
///         rows: C5 C6;
///         run: a_function_or_closure;
///         bounds: 3, 5;
///         twin: Defect, "what it says", 100;
///     }
/// }
/// ```
macro_rules! models {
    ($($(#[$doc:meta])* $name:ident {
        rows: $($row:ident)+;
        run: $run:expr;
        bounds: $bound:literal, $deep:literal;
        $(twin: $bug:ident, $says:literal, $within:literal;)*
    })+) => {$(
        $(#[$doc])*
        #[allow(non_snake_case)] // Twins are named after their defects.
        mod $name {
            #[allow(unused_imports)] // A model may be a path alone.
            use super::*;
            use crate::common::registry;

            const MODEL: registry::Model =
                registry::Model { name: stringify!($name), run: $run, bound: $bound, deep: $deep };

            #[test]
            fn holds() {
                MODEL.holds();
            }

            $(#[test]
            fn $bug() {
                let bug = manyhart_runtime::planted::Bug::$bug;
                MODEL.finds(&registry::Twin { bug, says: $says, within: $within });
            })*
        }
    )+};
}
pub(crate) use models;

impl Model {
    /// Explores it to its end within its bound, and shows that there was something to explore.
    pub fn holds(&self) {
        planted::disarm();
        let deep = std::env::var_os("MANYHART_LOOM_DEEP").is_some();
        let asked =
            std::env::var("MANYHART_LOOM_BOUND").ok().map(|bound| bound.parse().expect("a number of preemptions"));
        let bound = asked.unwrap_or(if deep { self.deep } else { self.bound });
        let began = Instant::now();
        let count = Arc::default();
        explore(self.run, bound, None, &count);
        let count = count.load(Ordering::Relaxed);
        mutation::print_sites();
        report(&format!("model {} {bound} {count} {}", self.name, millis(began.elapsed())));
        assert!(count > 1, "nothing runs side by side in {}", self.name);
    }

    /// With this defect armed it must fail, with the expected message, before it has used up its executions.
    pub fn finds(&self, twin: &Twin) {
        if mutation::is_under_way() {
            return;
        }
        let Twin { bug, says, within } = twin;
        planted::disarm();
        planted::arm(*bug);
        let began = Instant::now();
        let count = Arc::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| explore(self.run, self.bound, Some(*within), &count)));
        planted::disarm();
        let count = count.load(Ordering::Relaxed);
        let Err(payload) = outcome else { panic!("{bug:?} was not found in {count} executions of {}", self.name) };
        let said = payload.downcast_ref::<String>().cloned();
        let said = said.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
        assert!(said.contains(says), "{bug:?} was found by another message: {said}");
        report(&format!("twin {} {bug:?} {count} {}", self.name, millis(began.elapsed())));
    }
}

/// Says how many executions there have been in the end, whatever the end is.
struct Say<'a>(&'a AtomicUsize);

impl Drop for Say<'_> {
    fn drop(&mut self) {
        println!("{} executions", self.0.load(Ordering::Relaxed));
    }
}

fn explore(run: fn(), bound: usize, at_most: Option<usize>, count: &Arc<AtomicUsize>) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    if let Some(at_most) = at_most {
        // loom looks at its limit every so many executions, and before it begins one.
        builder.checkpoint_interval = 1;
        builder.max_permutations = Some(at_most + 1);
    }
    let (counter, _say) = (Arc::clone(count), Say(count));
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        run();
    });
}

fn millis(time: Duration) -> u128 {
    time.as_millis()
}

/// One line for the table.
fn report(line: &str) {
    let Some(path) = std::env::var_os("MANYHART_LOOM_REPORT") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    // In one write: tests append side by side.
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
