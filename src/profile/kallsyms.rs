//! A Linux boot image's own symbols: the tables by which a kernel built with `CONFIG_KALLSYMS` names its functions in traces.
//!
//! The tables have no header, but each bears out the others, so they are found by their shapes, and what is found is checked whole
//! (scripts/kallsyms.c writes them, kernel/kallsyms.c reads them):
//!
//! * 256 *tokens*, strings ended by zeroes, and behind them a table of where each starts, in 16 bits: 512 bytes that are found by what they say;
//! * before the tokens the *markers*, where in the names each 256th begins, in 32 bits;
//! * before the markers the *names*: a length in one byte or two, then as many tokens; the first letter is the symbol's kind;
//! * before the names their number; and, behind the tokens or (before Linux 6.4) before the number, an *offset* for each from one address.
//!
//! Offsets are counted from the image's first byte here, where `_start` is, so that neither where a kernel is linked nor where it goes at random matters.

/// Of one symbol: where from the image's start, its kind as `nm` says it, its name.
pub type Named = (u64, char, String);

const TOKENS: usize = 256;
/// How many names there are from one marker to the next.
const STRIDE: usize = 256;
/// The most bytes of a name: two for the length, and the tokens (KSYM_NAME_LEN is 512).
const LONGEST: usize = 2 + 512;
const ALIGN: usize = 8;

/// Every symbol of an image; nothing where it has no such tables, or tables of another shape.
pub fn symbols(image: &[u8]) -> Option<Vec<Named>> {
    let image = Image(image);
    let tables = (0..image.0.len()).step_by(ALIGN).find_map(|at| tables(image, at))?;
    let names: Vec<(char, String)> =
        (0..tables.offsets.len()).scan(tables.names, |at, _| image.name(&tables, at)).collect();
    let start = names.iter().position(|(_, name)| name == "_start")?;
    let base = *tables.offsets.get(start)?;
    let named = names
        .into_iter()
        .zip(&tables.offsets)
        .filter_map(|((kind, name), offset)| Some((u64::from(offset.checked_sub(base)?), kind, name)));
    Some(named.collect())
}

/// Where the tables are.
struct Tables {
    tokens: usize,
    token_index: usize,
    names: usize,
    offsets: Vec<u32>,
}

/// The tables, if the index of tokens is here.
fn tables(image: Image<'_>, token_index: usize) -> Option<Tables> {
    let tokens = image.tokens_before(token_index)?;
    let (markers, end) = image.markers_before(tokens)?;
    let last = image.u32(end - 4)? as usize;
    let strides = (end - markers) / 4;
    // The names behind the last marker are one to 256.
    let highest = markers.checked_sub(last + 2)? & !(ALIGN - 1);
    let lowest = markers.saturating_sub(last + STRIDE * LONGEST).max(ALIGN);
    let mut names = (lowest / ALIGN..=highest / ALIGN).rev().map(|at| at * ALIGN);
    names.find_map(|names| {
        let count = image.u32(names - ALIGN)? as usize;
        let fits = count.div_ceil(STRIDE) == strides && image.names_fill(names, count, markers);
        let behind = (token_index + 2 * TOKENS).next_multiple_of(ALIGN);
        // Before the number lies the address that offsets count from.
        let before = names.checked_sub(2 * ALIGN + (4 * count).next_multiple_of(ALIGN));
        let offsets = || image.ascending(behind, count).or_else(|| image.ascending(before?, count));
        fits.then(offsets)?.map(|offsets| Tables { tokens, token_index, names, offsets })
    })
}

#[derive(Clone, Copy)]
struct Image<'a>(&'a [u8]);

impl Image<'_> {
    fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    fn u16(self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(self.0.get(at..)?.first_chunk().copied()?))
    }

    fn u32(self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.0.get(at..)?.first_chunk().copied()?))
    }

    /// The tokens that an index here tells of.
    fn tokens_before(self, index: usize) -> Option<usize> {
        let start = |token: usize| self.u16(index + 2 * token);
        // No token is empty.
        if start(0)? != 0
            || !(1..TOKENS)
                .all(|token| matches!((start(token - 1), start(token)), (Some(a), Some(b)) if a < b && b - a > 1))
        {
            return None;
        }
        let last = usize::from(start(TOKENS - 1)?);
        let highest = index.checked_sub(last + 2)? & !(ALIGN - 1);
        let candidates = (0..LONGEST / ALIGN).map_while(|step| highest.checked_sub(step * ALIGN));
        candidates.into_iter().find(|&tokens| {
            let ended = |token: usize| Some(self.u8(tokens + usize::from(start(token)?) - 1)? == 0);
            let zeroes =
                self.0.get(tokens..index).map_or(0, |table| table[..last].iter().filter(|byte| **byte == 0).count());
            let tail = self.0.get(tokens + last..index).unwrap_or_default();
            let length = tail.iter().position(|byte| *byte == 0).unwrap_or_default();
            let padding = tail.get(length..).unwrap_or_default();
            (1..TOKENS).all(|token| ended(token) == Some(true))
                && zeroes == TOKENS - 1
                && length > 0
                && padding.len() <= ALIGN
                && padding.iter().all(|byte| *byte == 0)
        })
    }

    /// The markers that end here, by where they begin and end: from 0 upwards.
    fn markers_before(self, tokens: usize) -> Option<(usize, usize)> {
        let padding = if self.u32(tokens.checked_sub(4)?)? == 0 { 4 } else { 0 };
        let end = tokens - padding;
        let mut at = end.checked_sub(4)?;
        while self.u32(at)? != 0 {
            let before = at.checked_sub(4)?;
            if self.u32(before)? >= self.u32(at)? {
                return None;
            }
            at = before;
        }
        Some((at, end))
    }

    /// Whether so many names lie from here to the markers, each 256th where its marker says.
    fn names_fill(self, names: usize, count: usize, markers: usize) -> bool {
        let mut at = names;
        for index in 0..count {
            if index % STRIDE == 0 && self.u32(markers + 4 * (index / STRIDE)) != u32::try_from(at - names).ok() {
                return false;
            }
            match self.length(&mut at) {
                Some(length @ 1..) => at += length,
                _ => return false,
            }
        }
        at <= markers && markers - at < ALIGN
    }

    /// How many tokens a name has; `at` goes on to the first.
    fn length(self, at: &mut usize) -> Option<usize> {
        let low = self.u8(*at)?;
        *at += 1;
        if low & 0x80 == 0 {
            return Some(low.into());
        }
        let high = self.u8(*at)?;
        *at += 1;
        Some(usize::from(low & 0x7f) | usize::from(high) << 7)
    }

    /// The name here, and its kind; `at` goes on to the next.
    fn name(self, tables: &Tables, at: &mut usize) -> Option<(char, String)> {
        let length = self.length(at)?;
        let tokens = self.0.get(*at..*at + length)?;
        *at += length;
        let mut text = String::new();
        for &token in tokens {
            let start = tables.tokens + usize::from(self.u16(tables.token_index + 2 * usize::from(token))?);
            let bytes = self.0.get(start..)?.iter().take_while(|byte| **byte != 0);
            text.extend(bytes.map(|&byte| char::from(byte)));
        }
        let mut letters = text.chars();
        Some((letters.next()?, letters.collect()))
    }

    /// So many offsets, each no less than the one before: symbols are sorted.
    fn ascending(self, at: usize, count: usize) -> Option<Vec<u32>> {
        let bytes = self.0.get(at..at.checked_add(4 * count)?)?;
        let offsets: Vec<u32> =
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
        let sorted = offsets.is_sorted() && offsets.first() < offsets.last();
        sorted.then_some(offsets)
    }
}

#[cfg(test)]
#[path = "kallsyms_tests.rs"]
mod tests;
