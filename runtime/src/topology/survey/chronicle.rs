//! The history: how to get from the present back to the generations before it.
//!
//! What is kept of a commit is the way back from it, as the steps that would have undone it: so a commit costs the history what it cost the
//! tree, whatever the size of the map, and an old generation is rebuilt by whoever asks for it. Nothing that is kept holds on to
//! memory or a device.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::Survey;
use crate::topology::state::State;
use crate::topology::tree::Region;
use crate::topology::undo::{Undo, step_back};
use crate::topology::{AddressSpaceId, Generation, RegionId};
use crate::{Gpa, TopologyError};

use super::changes::Difference;
use super::why::{Neighbour, Why};

/// How far the history reaches back: whichever bound is met first.
///
/// A step is one recorded operation that changed something and takes 56 bytes, and a destroyed region about 300 until it is
/// forgotten: as it comes, the history takes at most about 1 MiB, or 5 MiB where every step destroys a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Generations before the present one; 0 keeps no history.
    pub generations: usize,
    /// Steps of all of them together. A commit of more steps than this ends the history: what was before it is forgotten.
    pub steps: usize,
}

impl Default for HistoryLimits {
    fn default() -> HistoryLimits {
        HistoryLimits { generations: 256, steps: 16_384 }
    }
}

/// The way back from a generation to the one before it.
#[derive(Clone)]
struct Entry {
    generation: Generation,
    undo: Vec<Undo>,
    destroyed: Vec<(RegionId, Region)>,
}

/// The topology actor's memory of the ways back.
#[derive(Default)]
pub(crate) struct Chronicle {
    limits: HistoryLimits,
    /// Oldest first, of generations that follow each other.
    entries: VecDeque<Entry>,
    steps: usize,
}

impl Chronicle {
    /// Another commit; the next generation is `generation`, and the commit is it where something visible `changed`. What changes nothing
    /// visible belongs to the generation in which it happens.
    pub(crate) fn record(
        &mut self,
        generation: Generation,
        changed: bool,
        mut undo: Vec<Undo>,
        destroyed: &[(RegionId, Region)],
    ) {
        if self.limits.generations == 0 {
            return;
        }
        let destroyed = destroyed.iter().map(|(id, region)| (*id, region.shape()));
        undo.retain(Undo::is_history);
        self.steps += undo.len();
        if changed {
            self.entries.push_back(Entry { generation, undo, destroyed: destroyed.collect() });
        } else if let Some(entry) = self.entries.back_mut() {
            entry.undo.extend(undo);
            entry.destroyed.extend(destroyed);
        } else {
            self.steps -= undo.len();
        }
        self.forget();
    }

    pub(crate) fn limit(&mut self, limits: HistoryLimits) {
        self.limits = limits;
        self.forget();
    }

    fn forget(&mut self) {
        while self.entries.len() > self.limits.generations || self.steps > self.limits.steps {
            let Some(entry) = self.entries.pop_front() else { return };
            self.steps -= entry.undo.len();
        }
    }
}

impl State {
    /// Everything there is to see of the present, which is of this generation, and of what led here.
    pub(crate) fn history(&self, generation: Generation) -> History {
        let entries = self.chronicle().entries.iter().cloned().collect();
        History { newest: self.survey(generation), entries }
    }
}

/// The present and the generations before it, as plain data. It does not grow: ask again for what came since.
#[derive(Clone)]
pub struct History {
    newest: Survey,
    entries: Vec<Entry>,
}

impl History {
    /// The newest generation.
    pub fn newest(&self) -> &Survey {
        &self.newest
    }

    /// The generations that can be looked at.
    pub fn generations(&self) -> RangeInclusive<Generation> {
        let oldest = self.entries.first().map_or(self.newest.generation, |entry| entry.generation - 1);
        oldest..=self.newest.generation
    }

    /// The topology as it was at the end of a generation: just before the commit that published the next one.
    pub fn at(&self, generation: Generation) -> Result<Survey, TopologyError> {
        self.check(generation)?;
        let mut survey = self.newest.clone();
        for entry in self.entries.iter().rev().take_while(|entry| entry.generation > generation) {
            survey.go_back(entry);
        }
        Ok(survey)
    }

    /// What came, went and changed from the end of one generation to the end of another.
    pub fn difference(&self, older: Generation, newer: Generation) -> Result<Difference, TopologyError> {
        Ok(Difference::between(&self.at(older)?, &self.at(newer)?))
    }

    /// Why an address of a space decoded to what it did in a generation, or to nothing; and, for nothing, what answered before and after,
    /// and what was changed in between.
    pub fn why(&self, space: AddressSpaceId, addr: Gpa, generation: Generation) -> Result<Why, TopologyError> {
        let mut why = self.at(generation)?.why(space, addr)?;
        if why.answer().is_none() {
            self.look_around(&mut why);
        }
        Ok(why)
    }

    /// Looks for what answers in the generations before and after one in which nothing does.
    fn look_around(&self, why: &mut Why) {
        let mut survey = self.newest.clone();
        let mut newer = None;
        let mut entries = self.entries.iter().rev();
        loop {
            let entry = entries.next();
            let there = survey.why(why.space, why.addr).ok();
            if let Some(answer) = there.as_ref().and_then(|there| there.answer()) {
                let generation = survey.generation;
                let neighbour = |changes| Neighbour { generation, answer: answer.clone(), changes };
                if generation < why.generation {
                    why.before = newer.map(|newer| neighbour(Difference::between(&survey, &newer).regions));
                    return;
                }
                let mut older = survey.clone();
                entry.into_iter().for_each(|entry| older.go_back(entry));
                why.after = Some(neighbour(Difference::between(&older, &survey).regions));
            }
            let Some(entry) = entry else { return };
            newer = Some(survey.clone());
            survey.go_back(entry);
        }
    }

    fn check(&self, generation: Generation) -> Result<(), TopologyError> {
        let kept = self.generations();
        let (oldest, newest) = (*kept.start(), *kept.end());
        let there = kept.contains(&generation);
        if there { Ok(()) } else { Err(TopologyError::NotRetained { generation, oldest, newest }) }
    }
}

impl Survey {
    /// From the end of the generation of `entry` to the end of the one before.
    fn go_back(&mut self, entry: &Entry) {
        let mut destroyed = entry.destroyed.clone();
        for step in entry.undo.iter().rev() {
            step_back(&mut self.tree, &mut self.spaces, &mut destroyed, step.clone());
        }
        self.generation = entry.generation - 1;
    }
}
