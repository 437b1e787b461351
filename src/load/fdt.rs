//! `/chosen` of a finished device tree blob: the command line and the initrd are put into a tree that somebody else made.
//!
//! Source: Devicetree Specification v0.4, chapter 5 (flattened format) and 3.6 (`/chosen`).

use manyhart_runtime::AddrRange;

const MAGIC: u32 = 0xd00d_feed;
const HEADER: usize = 40;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROP: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

/// What the kernel finds in `/chosen`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The command line.
    pub command_line: Option<String>,
    /// Where the initrd stands.
    pub initrd: Option<AddrRange>,
}

impl Chosen {
    fn properties(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut list = Vec::new();
        if let Some(text) = &self.command_line {
            list.push(("bootargs", [text.as_bytes(), b"\0"].concat()));
        }
        if let Some(range) = self.initrd {
            list.push(("linux,initrd-start", range.start().0.to_be_bytes().to_vec()));
            list.push(("linux,initrd-end", (range.last().0 + 1).to_be_bytes().to_vec()));
        }
        list
    }
}

/// The blob, taken apart.
struct Blob<'a> {
    version: [u8; 8],
    boot_cpu: [u8; 4],
    reservations: &'a [u8],
    structure: Vec<u8>,
    strings: Vec<u8>,
}

/// `blob` with `chosen` in it, in place of properties of the same names. An error says what is wrong with the blob.
pub fn with_chosen(blob: &[u8], chosen: &Chosen) -> Result<Vec<u8>, &'static str> {
    let mut blob = Blob::parse(blob)?;
    let properties = chosen.properties();
    let place = blob.clear(&properties)?;
    let mut new = Vec::new();
    for (name, value) in &properties {
        let name_at = u32::try_from(blob.strings.len()).map_err(|_| "too large")?;
        blob.strings.extend([name.as_bytes(), b"\0"].concat());
        push_words(&mut new, &[PROP, u32::try_from(value.len()).map_err(|_| "too large")?, name_at]);
        new.extend(value);
        new.resize(new.len().next_multiple_of(4), 0);
    }
    let at = match place {
        Place::InChosen(at) => at,
        Place::BeforeRootEnds(at) => {
            let mut node = BEGIN_NODE.to_be_bytes().to_vec();
            node.extend(b"chosen\0\0");
            node.append(&mut new);
            push_words(&mut node, &[END_NODE]);
            new = node;
            at
        }
    };
    blob.structure.splice(at..at, new);
    blob.assemble()
}

enum Place {
    /// Behind the start of `/chosen`.
    InChosen(usize),
    /// There is no `/chosen`.
    BeforeRootEnds(usize),
}

impl<'a> Blob<'a> {
    fn parse(blob: &'a [u8]) -> Result<Blob<'a>, &'static str> {
        let header = blob.get(..HEADER).ok_or("it is shorter than a header")?;
        if word(header, 0) != Some(MAGIC) {
            return Err("the magic number is missing");
        }
        let field = |at| word(header, at).map_or(0, |value| value as usize);
        let (structure_at, strings_at, reserved_at) = (field(8), field(12), field(16));
        let cut =
            |at: usize, size: usize| at.checked_add(size).and_then(|end| blob.get(at..end)).ok_or("it is cut off");
        let structure = cut(structure_at, field(36))?.to_vec();
        let strings = cut(strings_at, field(32))?.to_vec();
        let tail = blob.get(reserved_at..).ok_or("it is cut off")?;
        let entries = tail.chunks_exact(16).position(|entry| entry == [0; 16]).ok_or("it is cut off")?;
        let version = header[20..28].try_into().map_err(|_| "it is cut off")?;
        let boot_cpu = header[28..32].try_into().map_err(|_| "it is cut off")?;
        Ok(Blob { version, boot_cpu, reservations: &tail[..(entries + 1) * 16], structure, strings })
    }

    /// Overwrites properties of `/chosen` that get a new value, and finds the place for the new ones.
    fn clear(&mut self, properties: &[(&str, Vec<u8>)]) -> Result<Place, &'static str> {
        let (mut at, mut depth, mut inside, mut place) = (0, 0usize, false, None);
        loop {
            let token_at = at;
            let token = word(&self.structure, at).ok_or("it is cut off")?;
            at += 4;
            match token {
                BEGIN_NODE => {
                    let rest = &self.structure[at..];
                    let length = rest.iter().position(|&byte| byte == 0).ok_or("it is cut off")?;
                    depth += 1;
                    inside = depth == 2 && &rest[..length] == b"chosen";
                    at += (length + 1).next_multiple_of(4);
                    if inside {
                        place.get_or_insert(Place::InChosen(at));
                    }
                }
                END_NODE => {
                    depth = depth.checked_sub(1).ok_or("its nodes do not match")?;
                    inside = false;
                    if depth == 0 {
                        return Ok(place.unwrap_or(Place::BeforeRootEnds(token_at)));
                    }
                }
                PROP => {
                    let length = word(&self.structure, at).ok_or("it is cut off")? as usize;
                    let name_at = word(&self.structure, at + 4).ok_or("it is cut off")? as usize;
                    at += 8 + length.next_multiple_of(4);
                    let name = self.strings.get(name_at..).and_then(|s| s.split(|&byte| byte == 0).next());
                    if inside && properties.iter().any(|(new, _)| name == Some(new.as_bytes())) {
                        let old = self.structure.get_mut(token_at..at).ok_or("it is cut off")?;
                        old.chunks_exact_mut(4).for_each(|word| word.copy_from_slice(&NOP.to_be_bytes()));
                    }
                }
                NOP => {}
                END => return Err("its nodes do not match"),
                _ => return Err("it has an unknown token"),
            }
        }
    }

    fn assemble(self) -> Result<Vec<u8>, &'static str> {
        let structure_at = HEADER + self.reservations.len();
        let strings_at = structure_at + self.structure.len();
        let total = (strings_at + self.strings.len()).next_multiple_of(8);
        let size = |bytes: usize| u32::try_from(bytes).map_err(|_| "too large");
        let mut out = Vec::with_capacity(total);
        push_words(&mut out, &[MAGIC, size(total)?, size(structure_at)?, size(strings_at)?, size(HEADER)?]);
        out.extend(self.version);
        out.extend(self.boot_cpu);
        push_words(&mut out, &[size(self.strings.len())?, size(self.structure.len())?]);
        out.extend(self.reservations);
        out.extend(self.structure);
        out.extend(self.strings);
        out.resize(total, 0);
        Ok(out)
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn push_words(out: &mut Vec<u8>, words: &[u32]) {
    out.extend(words.iter().flat_map(|word| word.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use manyhart_runtime::Gpa;
    use vm_fdt::FdtWriter;

    use super::*;

    fn tree(chosen: Option<&[(&str, &str)]>) -> Vec<u8> {
        let mut fdt = FdtWriter::new().unwrap();
        let root = fdt.begin_node("").unwrap();
        fdt.property_string("model", "board").unwrap();
        if let Some(properties) = chosen {
            let node = fdt.begin_node("chosen").unwrap();
            for (name, value) in properties {
                fdt.property_string(name, value).unwrap();
            }
            fdt.end_node(node).unwrap();
        }
        let memory = fdt.begin_node("memory").unwrap();
        fdt.property_string("bootargs", "not these").unwrap();
        fdt.end_node(memory).unwrap();
        fdt.end_node(root).unwrap();
        fdt.finish().unwrap()
    }

    /// Every property, as `/node/name=value in hexadecimal`.
    fn flatten(blob: &[u8]) -> Vec<String> {
        let blob = Blob::parse(blob).unwrap();
        let (mut at, mut path, mut out) = (0, Vec::new(), Vec::new());
        let text = |bytes: &[u8]| String::from_utf8(bytes.split(|&b| b == 0).next().unwrap().to_vec()).unwrap();
        loop {
            let token = word(&blob.structure, at).unwrap();
            at += 4;
            match token {
                BEGIN_NODE => {
                    path.push(text(&blob.structure[at..]));
                    at += (path.last().unwrap().len() + 1).next_multiple_of(4);
                }
                END_NODE => drop(path.pop()),
                PROP => {
                    let length = word(&blob.structure, at).unwrap() as usize;
                    let name = text(&blob.strings[word(&blob.structure, at + 4).unwrap() as usize..]);
                    let value = &blob.structure[at + 8..at + 8 + length];
                    let value = match value.last() {
                        Some(0) => text(value),
                        _ => value.iter().map(|byte| format!("{byte:02x}")).collect(),
                    };
                    out.push(format!("{}/{name}={value}", path.join("/")));
                    at += 8 + length.next_multiple_of(4);
                }
                NOP => {}
                _ => return out,
            }
        }
    }

    #[test]
    fn chosen_is_made_or_changed_and_nothing_else() {
        let initrd = AddrRange::with_size(Gpa(0x8820_0000), 0x1001);
        let chosen = Chosen { command_line: Some("console=ttyS0".into()), initrd };
        let new = [
            "/chosen/bootargs=console=ttyS0",
            "/chosen/linux,initrd-start=",
            "/chosen/linux,initrd-end=0000000088201001",
        ];
        let (model, memory) = ("/model=board", "/memory/bootargs=not these");
        let old = [("bootargs", "old"), ("stdout-path", "/uart"), ("linux,initrd-end", "x")];
        let uart = "/chosen/stdout-path=/uart";
        let cases: [(Option<&[_]>, Vec<&str>); 3] = [
            (None, [&[model, memory][..], &new].concat()),
            (Some(&[]), [&[model][..], &new, &[memory]].concat()),
            (Some(&old), [&[model][..], &new, &[uart, memory]].concat()),
        ];
        for (before, want) in cases {
            let got = with_chosen(&tree(before), &chosen).unwrap();
            assert_eq!(flatten(&got), want, "{before:?}");
            let again = with_chosen(&got, &chosen).unwrap();
            assert_eq!(flatten(&again), want, "a second time");
        }
        assert_eq!(flatten(&with_chosen(&tree(Some(&old)), &Chosen::default()).unwrap()), flatten(&tree(Some(&old))));
    }

    #[test]
    fn no_prefix_and_no_flipped_byte_panics() {
        let good = tree(Some(&[("bootargs", "old")]));
        let chosen = Chosen { command_line: Some("x".into()), initrd: None };
        for length in 0..good.len() {
            assert!(with_chosen(&good[..length], &chosen).is_err() || length + 8 > good.len(), "{length}");
        }
        for at in 0..good.len() {
            for bits in [0xff, 0x80, 0x01] {
                let mut bad = good.clone();
                bad[at] ^= bits;
                if let Ok(out) = with_chosen(&bad, &chosen) {
                    assert!(out.len() < 2 * good.len());
                }
            }
        }
    }
}
