//! `cargo xtask mutate`: would the models notice? Weakens every ordering and fence of the runtime by one step, one at a time, and looks for a
//! model that fails. Nothing is compiled anew: the models' build asks the environment which ordering to weaken (`runtime/src/mutation.rs`).
//!
//! First each model runs as it is and says which places it comes by; then each mutant runs the models that come by its place, quickest
//! first, until one fails. Swaps of two statements are planted defects of the production code, each found by a model's twin.

mod models;
mod page;
mod sites;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use models::{Model, Outcome};
use page::{Row, Verdict};
use sites::Mutant;

use crate::{Error, MutateArgs};

/// The runtime's sources.
const SOURCES: &str = "runtime/src";

/// What must be caught, at least.
const PER_CENT: usize = 95;

/// A model that has not ended by then has not noticed.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs the command.
pub fn run(args: &MutateArgs) -> Result<(), Error> {
    let began = Instant::now();
    let found = sites::all()?;
    let is_wanted = |file: &str| args.only.as_ref().is_none_or(|only| file.contains(only.as_str()));
    let mutants: Vec<Mutant> = found.mutants.into_iter().filter(|mutant| is_wanted(&mutant.file)).collect();
    if mutants.is_empty() {
        return Err(Error::Failed("no such mutants".to_owned()));
    }
    let tests = models::list(&models::build()?)?;
    let workers = args.jobs.or(std::thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let tests = in_parallel(workers, tests, |test| test.survey(LIMIT))?;
    let (mut models, twins): (Vec<Model>, Vec<Model>) = tests.into_iter().partition(|test| !test.places.is_empty());
    models.sort_by_key(|model| model.took);
    println!("{} models, {} mutants, {} workers", models.len(), mutants.len(), workers);
    let rows = in_parallel(workers, mutants, |mutant| {
        let row = try_out(mutant, &models)?;
        println!("{row}");
        Ok(row)
    })?;
    let swaps = in_parallel(workers, page::twins(twins)?, |(defect, twin)| {
        let run = twin.run_as_a_test(LIMIT)?;
        let caught = run.outcome == Outcome::Held;
        Ok((defect, twin.name, caught))
    })?;
    let took = began.elapsed();
    report(&rows, &swaps, found.relaxed, found.handed_on, took);
    if args.write {
        page::write(&rows, &swaps, found.relaxed, found.handed_on, args.only.is_some(), took)?;
    }
    judge(&rows, &swaps, args.only.is_some())
}

/// One mutant against the models that come by its place.
fn try_out(mutant: Mutant, models: &[Model]) -> Result<Row, Error> {
    let place = mutant.place();
    let value = format!("{place}:{} {}", mutant.which, mutant.lost.name());
    let (mut tried, mut late) = (0, false);
    for model in models.iter().filter(|model| model.places.contains(&place)) {
        let run = model.run(&value, LIMIT)?;
        tried += 1;
        late |= run.outcome == Outcome::TimedOut;
        if run.outcome == Outcome::Failed {
            let (model, executions, seconds) = (model.name.clone(), run.executions, run.took.as_secs_f64());
            return Ok(Row::new(&mutant, Verdict::Caught { model, executions, seconds }));
        }
    }
    Ok(Row::new(&mutant, if tried == 0 { Verdict::NotReached } else { Verdict::Survived { tried, late } }))
}

fn report(rows: &[Row], swaps: &[(String, String, bool)], relaxed: usize, handed_on: usize, took: Duration) {
    let caught = rows.iter().filter(|row| row.is_caught()).count();
    let found = swaps.iter().filter(|(.., caught)| *caught).count();
    println!("\norderings: {caught} of {} caught ({:.1} %)", rows.len(), 100.0 * caught as f64 / rows.len() as f64);
    println!("planted swaps and omissions: {found} of {} caught", swaps.len());
    println!("not mutated: {relaxed} orderings that are Relaxed, {handed_on} that are handed on");
    println!("{:.0} s", took.as_secs_f64());
}

/// Fails when too much survives, or when survivors and arguments do not match.
fn judge(rows: &[Row], swaps: &[(String, String, bool)], is_part: bool) -> Result<(), Error> {
    let argued = page::arguments()?;
    let survivors: BTreeSet<String> = rows.iter().filter(|row| !row.is_caught()).map(|row| row.key.clone()).collect();
    let mut wrong: Vec<String> =
        survivors.difference(&argued).map(|key| format!("survived, and nobody says why it may: {key}")).collect();
    let caught: BTreeSet<String> = rows.iter().filter(|row| row.is_caught()).map(|row| row.key.clone()).collect();
    let stale = argued.iter().filter(|key| if is_part { caught.contains(*key) } else { !survivors.contains(*key) });
    wrong.extend(stale.map(|key| format!("argued for, and no survivor: {key}")));
    wrong.extend(swaps.iter().filter(|(.., caught)| !caught).map(|(bug, twin, _)| format!("{bug} got past {twin}")));
    let count = rows.iter().filter(|row| row.is_caught()).count();
    if !is_part && count * 100 < rows.len() * PER_CENT {
        wrong.push(format!("fewer than {PER_CENT} % are caught"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Failed(wrong.join("\n"))) }
}

/// `f` of each, by as many threads, in the order given.
fn in_parallel<T: Send, R: Send>(
    workers: usize,
    all: Vec<T>,
    f: impl Fn(T) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let count = all.len();
    let waiting: Vec<Mutex<Option<T>>> = all.into_iter().map(|one| Mutex::new(Some(one))).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, count.max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let one = waiting.get(index).and_then(|one| one.lock().expect("never poisoned").take());
                    let Some(one) = one else { break };
                    let result = f(one);
                    done.lock().expect("never poisoned").insert(index, result);
                }
            });
        }
    });
    done.into_inner().expect("never poisoned").into_values().collect()
}
