//! The stories that the fuzzer tells (`fuzz/`), told from seeds: the same ones in every run.
//!
//! `MANYHART_STORIES=100000` tells more.

#[path = "../fuzz/src/story.rs"]
mod story;

use story::Told;

/// A sequence of its own for each seed (xorshift64*).
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    (0..600).map(|_| next()).collect()
}

#[test]
fn stories_from_seeds_hold() {
    let stories = std::env::var("MANYHART_STORIES").map_or(5_000, |stories| stories.parse().expect("a number"));
    let mut all = Told::default();
    for seed in 0..stories {
        let told = std::panic::catch_unwind(|| story::tell(&bytes(seed)));
        let told = told.unwrap_or_else(|panic| {
            eprintln!("in the story of seed {seed}");
            std::panic::resume_unwind(panic)
        });
        all.committed += told.committed;
        all.refused += told.refused;
        all.answered += told.answered;
        all.errors += told.errors;
    }
    println!("{stories} stories: {all:?}");
    let Told { committed, refused, answered, errors } = all;
    let least = stories;
    assert!(committed > least && refused > least && answered > least && errors > least, "{all:?}");
}
