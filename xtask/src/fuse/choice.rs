//! Which pairs: those that would be executed most often, one program counting as much as another.

use std::collections::{HashMap, HashSet};

use manyhart_vcpu::fused::StepName;

use crate::fuse::training::{Program, Step};

/// Two steps, one behind the other.
pub type Pair = (StepName, StepName);

/// The best `count` pairs, best first.
///
/// Pairs overlap, and of two that do only one runs. So a few times as many as wanted are taken by their mere number, and those that are then
/// used least are left out.
pub fn choose(programs: &[Program], count: usize) -> Vec<Pair> {
    let mut chosen = ranked(programs, |run, visit| run.windows(2).for_each(|two| visit(&two[0], &two[1])));
    for size in [4 * count, 2 * count, count] {
        chosen.truncate(size);
        let set: HashSet<Pair> = chosen.into_iter().collect();
        chosen = ranked(programs, |run, visit| used(run, &set, visit));
    }
    chosen
}

/// Which share of what each program executes stands in a pair.
pub fn coverage(programs: &[Program], chosen: &[Pair]) -> Vec<f64> {
    let set: HashSet<Pair> = chosen.iter().copied().collect();
    let share = |program: &Program| {
        let mut fused = 0.0;
        program.runs.iter().for_each(|run| used(run, &set, &mut |first, second| fused += first.weight + second.weight));
        fused / program.weight()
    };
    programs.iter().map(share).collect()
}

/// The pairs that run when a run is entered at its first step.
fn used(run: &[Step], set: &HashSet<Pair>, visit: &mut dyn FnMut(&Step, &Step)) {
    let mut at = 0;
    while let [first, second, ..] = &run[at..] {
        let is_fused = set.contains(&(first.name, second.name));
        if is_fused {
            visit(first, second);
        }
        at += 1 + usize::from(is_fused);
    }
}

/// All pairs that `pairs` shows of each run, the most frequent first.
fn ranked(programs: &[Program], mut pairs: impl FnMut(&[Step], &mut dyn FnMut(&Step, &Step))) -> Vec<Pair> {
    let mut weights = HashMap::<Pair, f64>::new();
    for program in programs {
        let all = program.weight();
        for run in &program.runs {
            pairs(run, &mut |first, second| {
                if !first.name.leaves() {
                    *weights.entry((first.name, second.name)).or_default() += first.weight / all;
                }
            });
        }
    }
    let mut ranked: Vec<(Pair, f64)> = weights.into_iter().collect();
    // Equal ones in the order of their names, so that the same files make the same table.
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().map(|(pair, _)| pair).collect()
}
