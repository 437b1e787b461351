//! Mutations and accesses as libFuzzer finds them: see `story`.

#![no_main]

#[path = "../src/story.rs"]
mod story;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    story::tell(bytes);
});
