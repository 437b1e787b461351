//! What the storm is made of: how often each kind of operation is drawn, and which faults are.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A BAR goes where nothing is.
    Move,
    /// Two BARs trade places.
    Swap,
    /// A BAR grows into the page beside it, or shrinks.
    Resize,
    /// A function stops answering at all its BARs, or answers again.
    Disable,
    /// A BAR that has no address gets one.
    Add,
    /// A BAR loses its address.
    Remove,
    /// A new function comes, with all its BARs.
    Plug,
    /// A function is pulled out.
    Unplug,
    /// Several of the first six, in one transaction.
    Many,
    /// The device behind a function panics.
    Panic,
    /// A function starts to answer late, or stops doing so.
    Slow,
    /// A transaction with a fault in it, which must change nothing.
    Refuse,
}

impl Kind {
    /// All of them, in the order in which reports have them.
    pub const ALL: [Kind; 12] = [
        Kind::Move,
        Kind::Swap,
        Kind::Resize,
        Kind::Disable,
        Kind::Add,
        Kind::Remove,
        Kind::Plug,
        Kind::Unplug,
        Kind::Many,
        Kind::Panic,
        Kind::Slow,
        Kind::Refuse,
    ];
    /// Those that change BARs alone.
    pub const CHANGES: [Kind; 6] = [Kind::Move, Kind::Swap, Kind::Resize, Kind::Disable, Kind::Add, Kind::Remove];
    const FAULTS: [Kind; 3] = [Kind::Panic, Kind::Slow, Kind::Refuse];

    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Move => "move",
            Kind::Swap => "swap",
            Kind::Resize => "resize",
            Kind::Disable => "disable",
            Kind::Add => "add",
            Kind::Remove => "remove",
            Kind::Plug => "plug",
            Kind::Unplug => "unplug",
            Kind::Many => "many",
            Kind::Panic => "panic",
            Kind::Slow => "slow",
            Kind::Refuse => "refuse",
        }
    }
}

/// Weights of kinds, as the command line gives them: `move=6,swap=4`; a name alone weighs 1.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Weights(Vec<(Kind, u64)>);

/// Why a list of weights is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// No such kind.
    #[error("'{name}' is none of {}", known.join(", "))]
    Unknown {
        /// What was said.
        name: String,
        /// What can be said.
        known: Vec<&'static str>,
    },
    /// No such number.
    #[error("'{0}' is not a weight from 0 to 1000")]
    Weight(String),
    /// Nothing could ever be drawn.
    #[error("all weights are zero")]
    Nothing,
}

fn parse(text: &str, kinds: &[Kind]) -> Result<Weights, MixError> {
    let mut weights = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
        let kind = kinds.iter().find(|kind| kind.name() == name).ok_or_else(|| MixError::Unknown {
            name: name.to_owned(),
            known: kinds.iter().map(|kind| kind.name()).collect(),
        })?;
        let number = weight.parse().ok().filter(|weight| *weight <= 1000);
        weights.push((*kind, number.ok_or_else(|| MixError::Weight(weight.to_owned()))?));
    }
    if weights.iter().all(|(_, weight)| *weight == 0) { Err(MixError::Nothing) } else { Ok(Weights(weights)) }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (kind, weight)) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{}={weight}", kind.name())?;
        }
        Ok(())
    }
}

/// `--mix`: which operations, and how often each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix(Weights);

impl Default for Mix {
    fn default() -> Mix {
        use Kind::{Add, Disable, Many, Move, Plug, Remove, Resize, Swap, Unplug};
        let weights = [
            (Move, 12),
            (Swap, 12),
            (Resize, 4),
            (Disable, 6),
            (Add, 6),
            (Remove, 4),
            (Plug, 1),
            (Unplug, 1),
            (Many, 4),
        ];
        Mix(Weights(weights.to_vec()))
    }
}

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Mix, MixError> {
        let ordinary: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| !Kind::FAULTS.contains(kind)).collect();
        parse(text, &ordinary).map(Mix)
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `--inject`: which faults, and how often each beside the [`Mix`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Weights);

impl FromStr for Faults {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Faults, MixError> {
        parse(text, &Kind::FAULTS).map(Faults)
    }
}

impl Faults {
    /// Those that are drawn at all.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.0.0.iter().filter(|(_, weight)| *weight > 0).map(|(kind, _)| *kind)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The weights of both.
pub fn weights(mix: &Mix, faults: Option<&Faults>) -> Vec<(Kind, u64)> {
    mix.0.0.iter().chain(faults.map_or(&[][..], |faults| &faults.0.0)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_meant() {
        let mix: Mix = "move=6, swap".parse().unwrap();
        assert_eq!(mix.to_string(), "move=6,swap=1");
        assert_eq!(mix.to_string().parse::<Mix>().unwrap(), mix);
        assert_eq!(Mix::default().to_string().parse::<Mix>().unwrap(), Mix::default());
        let faults: Faults = "panic=2,slow=0".parse().unwrap();
        assert!(faults.kinds().eq([Kind::Panic]));
        assert_eq!(weights(&mix, Some(&faults)), [(Kind::Move, 6), (Kind::Swap, 1), (Kind::Panic, 2), (Kind::Slow, 0)]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let cases = [
            ("jump", "'jump' is none of move, swap, resize, disable, add, remove, plug, unplug, many"),
            ("panic", "'panic' is none of move, swap, resize, disable, add, remove, plug, unplug, many"),
            ("move=x", "'x' is not a weight from 0 to 1000"),
            ("move=1001", "'1001' is not a weight from 0 to 1000"),
            ("move=0", "all weights are zero"),
            ("", "all weights are zero"),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<Mix>().unwrap_err().to_string(), want, "{text}");
        }
        assert!("move".parse::<Faults>().is_err());
    }
}
