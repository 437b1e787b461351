//! What the machine code of handlers looks like, out of `objdump`'s text.

use std::collections::{BTreeMap, BTreeSet};

use super::list::{COLD, HOT, PAIRS};

/// What was found of one kind of hot handler.
#[derive(Clone, Default)]
pub struct Found {
    pub all: usize,
    pub with_stack: usize,
    pub with_call: usize,
    pub without_jump: usize,
    pub with_move: usize,
    /// The functions that they jump to, and how many of them do.
    pub jumps: BTreeMap<String, usize>,
}

/// What was found in a program.
#[derive(Default)]
pub struct Survey {
    hot: BTreeMap<&'static str, Found>,
    /// The cold functions that there are.
    pub cold: BTreeSet<&'static str>,
    /// Functions with a handler's code that are in neither list.
    pub unlisted: BTreeSet<String>,
}

/// Where jumps by slots of the program itself lead: compilers make those of jumps to a function in another of their units.
struct Slots<'a> {
    /// The functions, by their addresses.
    functions: BTreeMap<u64, &'a str>,
    /// What the slots hold, by theirs.
    held: BTreeMap<u64, u64>,
}

/// One function of the program.
struct Function<'a> {
    path: &'a str,
    /// Addresses and instructions.
    code: Vec<(u64, &'a str)>,
}

impl Survey {
    /// Goes through `objdump`'s output, function by function; `relocations` is its table of those.
    pub fn of(text: &str, relocations: &str) -> Survey {
        let mut survey = Survey::default();
        let slots = Slots::of(text, relocations);
        for function in text.split("\n\n").filter_map(Function::of) {
            if let Some(name) = HOT.into_iter().find(|name| *name == function.path) {
                survey.hot.entry(name).or_default().add(&function, &slots);
            } else if let Some((name, _)) = COLD.into_iter().find(|(name, _)| *name == function.path) {
                survey.cold.insert(name);
            } else if function.is_in_a_room_of_handlers() && function.jumps_on() {
                survey.unlisted.insert(function.path.to_owned());
            }
        }
        survey
    }

    /// What was found of a hot handler.
    pub fn hot(&self, name: &str) -> Found {
        self.hot.get(name).cloned().unwrap_or_default()
    }

    /// How many hot handlers jump to a function.
    pub fn jumps_to(&self, name: &str) -> usize {
        self.hot.values().filter_map(|found| found.jumps.get(name)).sum()
    }
}

impl Found {
    fn add<'a>(&mut self, function: &Function<'a>, slots: &Slots<'a>) {
        let has = |is: fn(&str) -> bool| usize::from(function.code.iter().any(|(_, text)| is(text)));
        self.all += 1;
        self.with_stack += has(takes_stack);
        self.with_call += has(|text| text.starts_with("call"));
        self.without_jump += usize::from(!function.jumps_on());
        self.with_move += has(|text| text.starts_with("cmov") && text.ends_with("%rsi"));
        for target in function.targets(slots) {
            *self.jumps.entry(target).or_default() += 1;
        }
    }
}

/// Pushes, pops, and whatever else names the stack: all but the compiler's full fence, which names it and leaves it as it is.
fn takes_stack(text: &str) -> bool {
    let is_fence = text.starts_with("lock or") && text.contains("$0x0,");
    (text.starts_with("push") || text.starts_with("pop") || text.contains("%rsp")) && !is_fence
}

impl<'a> Slots<'a> {
    fn of(text: &'a str, relocations: &str) -> Slots<'a> {
        let heading = |line: &'a str| {
            let (address, name) = line.strip_suffix(">:")?.split_once(" <")?;
            Some((u64::from_str_radix(address, 16).ok()?, own(path_in(name))))
        };
        // `address R_X86_64_RELATIVE *ABS*+0xaddress`
        let held = |line: &str| {
            let (slot, value) = line.split_once(" R_X86_64_RELATIVE")?;
            let (_, value) = value.split_once("+0x")?;
            Some((u64::from_str_radix(slot.trim(), 16).ok()?, u64::from_str_radix(value.trim(), 16).ok()?))
        };
        Slots {
            functions: text.lines().filter_map(heading).collect(),
            held: relocations.lines().filter_map(held).collect(),
        }
    }

    /// The function that the slot at an address leads to.
    fn target(&self, slot: &str) -> &'a str {
        let slot = u64::from_str_radix(slot, 16).ok();
        let function = slot.and_then(|slot| self.functions.get(self.held.get(&slot)?));
        function.copied().unwrap_or("somewhere unknown")
    }
}

impl<'a> Function<'a> {
    /// A function of the crate, by its heading `address <manyhart_vcpu::path::name>:` and its lines.
    fn of(text: &'a str) -> Option<Function<'a>> {
        let (head, body) = text.trim_start_matches('\n').split_once('\n')?;
        let path = path_in(head.split_once('<')?.1).strip_prefix("manyhart_vcpu::")?;
        let is_pair = path.starts_with("fused::table::part") && path.ends_with("::pair");
        let path = if is_pair { PAIRS } else { path };
        let instruction = |line: &'a str| {
            let (address, text) = line.split_once(":\t")?;
            Some((u64::from_str_radix(address.trim(), 16).ok()?, text.trim()))
        };
        Some(Function { path, code: body.lines().filter_map(instruction).collect() })
    }

    /// Whether it is `exec::room::name`; methods are not.
    fn is_in_a_room_of_handlers(&self) -> bool {
        self.path.starts_with("exec::") && self.path.matches("::").count() == 2
    }

    /// Whether it goes on with another op, as handlers do: by an address that it has loaded, not by one that the program holds.
    fn jumps_on(&self) -> bool {
        self.code.iter().any(|(_, text)| text.starts_with("jmp") && text.contains('*') && !text.contains("(%rip)"))
    }

    /// The functions that it jumps to, each once. Addresses tell what lies inside: names do not, since those of generic functions are all the same.
    fn targets(&self, slots: &Slots<'a>) -> BTreeSet<String> {
        let inside = self.code.first().map_or(1, |&(first, _)| first)..=self.code.last().map_or(0, |&(last, _)| last);
        let target = |text: &'a str| {
            let (operation, operand) = text.split_once(char::is_whitespace)?;
            if !operation.starts_with('j') {
                return None;
            }
            if let Some((_, slot)) = operand.split_once("(%rip)") {
                return Some(slots.target(slot.trim_start_matches([' ', '#']).split(' ').next()?));
            }
            let (address, name) = operand.trim().split_once(" <")?;
            let address = u64::from_str_radix(address, 16).ok()?;
            (!inside.contains(&address)).then(|| own(path_in(name)))
        };
        self.code.iter().filter_map(|&(_, text)| target(text)).map(str::to_owned).collect()
    }
}

/// A path, generic arguments and the distance from its beginning apart.
fn path_in(name: &str) -> &str {
    let end = name.find(['<', '>', '+']).unwrap_or(name.len());
    name[..end].trim_end_matches("::")
}

/// A path inside the crate of the handlers, or in another.
fn own(path: &str) -> &str {
    path.strip_prefix("manyhart_vcpu::").unwrap_or(path)
}
