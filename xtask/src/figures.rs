//! Figures of several runs: minimum, median, maximum, and ratios pair by pair.

/// Minimum, median and maximum of some runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The one in the middle.
    pub median: f64,
    /// The most.
    pub max: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Spread { min: sorted[0], median: (low + high) / 2.0, max: sorted[sorted.len() - 1] }
    }

    /// One row of a table.
    pub fn row(&self, what: &str, unit: &str) -> String {
        format!("{what:<34} {:>8.3} {:>8.3} {:>8.3}  {unit}", self.min, self.median, self.max)
    }
}

/// The line that says whether a target is met.
pub fn verdict(met: bool, what: &str) -> String {
    format!("target {}: {what}", if met { "met" } else { "MISSED" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let cases: [(&[f64], f64); 4] =
            [(&[1.0], 1.0), (&[3.0, 1.0], 2.0), (&[9.0, 1.0, 2.0], 2.0), (&[4.0, 1.0, 2.0, 3.0], 2.5)];
        for (values, median) in cases {
            assert_eq!(Spread::of(values.iter().copied()).median, median, "{values:?}");
        }
    }
}
