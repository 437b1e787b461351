//! The table of shapes: of each what is observed, which outcomes it is about, and whether the memory model allows them.
//!
//! Names are those of the herd tools. The threads themselves are in `guest/litmus/`. Rules are the preserved program order's of RVWMO (RISC-V Unprivileged
//! ISA, chapter "RVWMO Memory Consistency Model", section "Preserved Program Order"; its Appendix A explains the shapes): 1-3 overlapping addresses,
//! 4 fences, 5-7 acquire and release, 8 LR with SC, 9-11 dependencies; together with the load value axiom and the atomicity axiom. A change of the map, which
//! that model does not know, is to be seen as a store is: whoever is signalled that it was made sees it.

/// What an outcome is made of: a nibble of the guest's outcome word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// As herd writes it: the thread and what it read, or a variable's last value.
    pub name: &'static str,
    shift: u32,
}

const fn first(thread: u32, name: &'static str) -> Observed {
    Observed { name, shift: 8 * thread }
}

const fn second(thread: u32, name: &'static str) -> Observed {
    Observed { name, shift: 8 * thread + 4 }
}

const FINAL_X: Observed = Observed { name: "[x]", shift: 32 };
const FINAL_Y: Observed = Observed { name: "[y]", shift: 36 };

impl Observed {
    /// Its value in an outcome.
    pub fn of(self, outcome: u64) -> u8 {
        (outcome >> self.shift & 15) as u8
    }
}

/// A value that no thread may read: the guest's for all that it did not expect.
pub const STRANGE: u8 = 15;

/// What the model says of the outcomes that a shape is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// They may not happen, and why.
    Forbidden(&'static str),
    /// They may, and hosts of total store order show them too.
    Allowed(&'static str),
    /// They may, but a host of total store order never shows them.
    AllowedHidden(&'static str),
}

/// A shape.
#[derive(Debug)]
pub struct Shape {
    /// Its name, also in the guest's table.
    pub name: &'static str,
    /// How many harts it takes.
    pub threads: u32,
    /// What its outcomes are made of.
    pub observed: &'static [Observed],
    /// The outcomes that it is about: a digit for each of `observed`, or a dot for any.
    pub about: &'static [&'static str],
    /// Whether they may happen.
    pub model: Model,
}

impl Shape {
    /// Whether it is about this outcome.
    pub fn is_about(&self, outcome: u64) -> bool {
        self.about.iter().any(|pattern| {
            self.observed
                .iter()
                .zip(pattern.bytes())
                .all(|(what, digit)| digit == b'.' || what.of(outcome) == digit - b'0')
        })
    }

    /// Whether this outcome may not happen.
    pub fn forbids(&self, outcome: u64) -> bool {
        let is_strange = self.observed.iter().any(|what| what.of(outcome) == STRANGE);
        is_strange || matches!(self.model, Model::Forbidden(_)) && self.is_about(outcome)
    }

    /// The outcome with nothing in it but what is observed.
    pub fn project(&self, outcome: u64) -> u64 {
        self.observed.iter().map(|what| u64::from(what.of(outcome)) << what.shift).sum()
    }

    /// As herd writes it.
    pub fn in_words(&self, outcome: u64) -> String {
        let words: Vec<String> =
            self.observed.iter().map(|what| format!("{}={};", what.name, what.of(outcome))).collect();
        words.join(" ")
    }
}

const FENCES: Model = Model::Forbidden("fences (rule 4)");
const ACQUIRE_RELEASE: Model = Model::Forbidden("acquire and release (rules 5 and 6)");
const ATOMICITY: Model = Model::Forbidden("atomicity axiom");
const SIGNALLED: Model = Model::Forbidden("signalled by fences (C4)");
const SIGNALLED_RCSC: Model = Model::Forbidden("signalled by release and acquire (C4)");
const INTERRUPTED: Model = Model::Forbidden("signalled by an interrupt (C4)");
const FENCED_POLL: Model = Model::Forbidden("the look comes after the fence (C4)");
const MONOTONIC: Model = Model::Forbidden("no way back (C2)");
const WHOLE: Model = Model::Forbidden("no torn view (C1)");

const MP: &[Observed] = &[first(1, "1:y"), second(1, "1:x")];
const SB: &[Observed] = &[first(0, "0:y"), first(1, "1:x")];
const LB: &[Observed] = &[first(0, "0:x"), first(1, "1:y")];
const RFI: &[Observed] = &[first(0, "0:x"), second(0, "0:y"), first(1, "1:y"), second(1, "1:x")];
const WRC: &[Observed] = &[first(1, "1:x"), first(2, "2:y"), second(2, "2:x")];
const RWC: &[Observed] = &[first(1, "1:x"), second(1, "1:y"), first(2, "2:x")];
const ISA2: &[Observed] = &[first(1, "1:y"), first(2, "2:z"), second(2, "2:x")];
const IRIW: &[Observed] = &[first(2, "2:x"), second(2, "2:y"), first(3, "3:y"), second(3, "3:x")];
const BOTH_X: &[Observed] = &[first(0, "0:x"), first(1, "1:x"), FINAL_X];
const LRSC: &[Observed] = &[first(0, "0:lr"), second(0, "0:sc"), FINAL_X];
const MAP: &[Observed] = &[second(1, "1:new")];
const SB_MAP: &[Observed] = &[first(0, "0:y"), second(1, "1:new")];
const WRC_MAP: &[Observed] = &[first(1, "1:new"), first(2, "2:signal"), second(2, "2:new")];
const MAP_TWICE: &[Observed] = &[first(1, "1:new"), second(1, "1:new'")];
const BORDER: &[Observed] = &[first(1, "1:old place"), second(1, "1:new place")];

macro_rules! shapes {
    ($($name:literal $threads:literal $observed:expr, $about:expr, $model:expr;)*) => {
        /// All of them, in the order in which they are run.
        pub const SHAPES: &[Shape] =
            &[$(Shape { name: $name, threads: $threads, observed: $observed, about: &$about, model: $model },)*];
    };
}

shapes! {
    // Message passing: x = 1; y = 1 || read y; read x.
    "MP" 2 MP, ["10"], Model::AllowedHidden("stores and loads may be reordered");
    "MP+fence.rw.rws" 2 MP, ["10"], FENCES;
    "MP+fence.w.w+fence.r.r" 2 MP, ["10"], FENCES;
    "MP+fence.rw.w+fence.r.rw" 2 MP, ["10"], FENCES;
    "MP+fence.tsos" 2 MP, ["10"], FENCES;
    "MP+poprl+poaqp" 2 MP, ["10"], ACQUIRE_RELEASE;
    "MP+poprl+lraqp" 2 MP, ["10"], ACQUIRE_RELEASE;
    "MP+poscrl+lraqp" 2 MP, ["10"], ACQUIRE_RELEASE;
    "MP+fence.rw.rw+addr" 2 MP, ["10"], Model::Forbidden("fence and address dependency (rules 4 and 9)");
    "MP+fence.rw.rw+ctrl" 2 MP, ["10"], Model::AllowedHidden("a control dependency orders no load");
    "MP+po+fence.rw.rw" 2 MP, ["10"], Model::AllowedHidden("stores may be reordered");
    // Store buffering: x = 1; read y || y = 1; read x.
    "SB" 2 SB, ["00"], Model::Allowed("a load may pass a store");
    "SB+fence.rw.rws" 2 SB, ["00"], FENCES;
    "SB+fence.w.rs" 2 SB, ["00"], FENCES;
    "SB+fence.tsos" 2 SB, ["00"], Model::Allowed("fence.tso orders no store before a load");
    "SB+fence.rw.rw+po" 2 SB, ["00"], Model::Allowed("a load may pass a store");
    "SB+poaqps" 2 SB, ["00"], Model::Forbidden("acquire (rule 5)");
    "SB+poaqrlaqrls" 2 SB, ["00"], Model::Forbidden("acquire and release, RCsc (rules 5 and 7)");
    "SB+poscrllraqs" 2 SB, ["00"], Model::Forbidden("acquire and release, RCsc (rule 7)");
    "SB+rfi-addrs" 2 RFI, ["1010"], Model::Allowed("a store is forwarded to its own hart's load");
    // Load buffering: read x; y = 1 || read y; x = 1.
    "LB" 2 LB, ["11"], Model::AllowedHidden("a store may pass a load");
    "LB+fence.rw.rws" 2 LB, ["11"], FENCES;
    "LB+fence.r.ws" 2 LB, ["11"], FENCES;
    "LB+addrs" 2 LB, ["11"], Model::Forbidden("address dependency (rule 9)");
    "LB+datas" 2 LB, ["11"], Model::Forbidden("data dependency (rule 10)");
    "LB+ctrls" 2 LB, ["11"], Model::Forbidden("control dependency (rule 11)");
    // The order of stores.
    "S" 2 &[first(1, "1:y"), FINAL_X], ["12"], Model::AllowedHidden("stores may be reordered");
    "S+fence.rw.rw+data" 2 &[first(1, "1:y"), FINAL_X], ["12"], Model::Forbidden("fence and data dependency (rules 4 and 10)");
    "S+fence.rw.rws" 2 &[first(1, "1:y"), FINAL_X], ["12"], FENCES;
    "R" 2 &[first(1, "1:x"), FINAL_Y], ["02"], Model::Allowed("a load may pass a store");
    "R+fence.rw.rws" 2 &[first(1, "1:x"), FINAL_Y], ["02"], FENCES;
    "2+2W" 2 &[FINAL_X, FINAL_Y], ["22"], Model::AllowedHidden("stores may be reordered");
    "2+2W+fence.rw.rws" 2 &[FINAL_X, FINAL_Y], ["22"], FENCES;
    // Three harts and four.
    "WRC" 3 WRC, ["110"], Model::AllowedHidden("loads may be reordered");
    "WRC+fence.rw.rws" 3 WRC, ["110"], FENCES;
    "WRC+addrs" 3 WRC, ["110"], Model::Forbidden("address dependencies, and stores are seen by all others at once (rule 9)");
    "RWC" 3 RWC, ["100"], Model::Allowed("a load may pass a store");
    "RWC+fence.rw.rws" 3 RWC, ["100"], FENCES;
    "ISA2" 3 ISA2, ["110"], Model::AllowedHidden("stores and loads may be reordered");
    "ISA2+fence.rw.rws" 3 ISA2, ["110"], FENCES;
    "IRIW" 4 IRIW, ["1010"], Model::AllowedHidden("loads may be reordered");
    "IRIW+fence.rw.rws" 4 IRIW, ["1010"], FENCES;
    "IRIW+addrs" 4 IRIW, ["1010"], Model::Forbidden("address dependencies, and stores are seen by all others at once (rule 9)");
    // One variable.
    "CoRR" 2 &[first(1, "1:x"), second(1, "1:x'")], ["10"], Model::Forbidden("loads of one address (rule 2)");
    "CoWW" 2 &[first(1, "1:x"), second(1, "1:x'"), FINAL_X], ["21.", "10.", "20.", "..0", "..1"],
        Model::Forbidden("stores to one address (rules 1 and 2)");
    "CoRW1" 2 &[first(0, "0:x"), FINAL_X], ["1.", ".0"], Model::Forbidden("a load before a store (rule 1)");
    "CoRW2" 2 &[first(1, "1:x"), FINAL_X], ["1.", "22"], Model::Forbidden("a load before a store (rule 1)");
    "CoWR" 2 &[first(0, "0:x"), FINAL_X], ["0.", "21"], Model::Forbidden("the newest store is read (load value axiom)");
    // Atomics.
    "LRSC+W" 2 LRSC, ["001"], ATOMICITY;
    "LRSC+LRSC" 2 BOTH_X, ["00.", "11.", "..0", "..1"], ATOMICITY;
    "LRSC+AMO" 2 BOTH_X, ["00.", "11.", "..0", "..1"], ATOMICITY;
    "AMO+AMO" 2 BOTH_X, ["00.", "11.", "..0", "..1"], ATOMICITY;
    "SWAP+SWAP" 2 BOTH_X, ["00.", "21.", "..0", "011", "202"], ATOMICITY;
    // The first write moves a BAR.
    "MP+bar.fence+po" 2 MAP, ["0", "2"], Model::Allowed("a signal without a fence tells nothing");
    "MP+bar.fence+fence" 2 MAP, ["0", "2"], SIGNALLED;
    "MP+bar.fence+fence.r.rw" 2 MAP, ["0", "2"], SIGNALLED;
    "MP+bar.rl+aq" 2 MAP, ["0", "2"], SIGNALLED_RCSC;
    "MP+bar.fence+irq" 2 MAP, ["0", "2"], INTERRUPTED;
    "MP+bar.fence+mip" 2 MAP, ["0", "2"], INTERRUPTED;
    "MP+bar.fence+wfi" 2 MAP, ["0", "2"], INTERRUPTED;
    "SB+bar.fence+fence" 2 SB_MAP, ["00", "02"], FENCED_POLL;
    "WRC+bar+fences" 3 WRC_MAP, ["110", "112", "210", "212"], SIGNALLED;
    "CoRR+bar" 2 MAP_TWICE, ["10", "12", "20", "22"], MONOTONIC;
    "torn+bar" 2 BORDER, ["00"], WHOLE;
    // The first write is to the command register: a function answers at its BARs, or not.
    "MP+mem.fence+fence" 2 MAP, ["0"], SIGNALLED;
    "MP+mem.rl+aq" 2 MAP, ["0"], SIGNALLED_RCSC;
    "MP+mem.fence+irq" 2 MAP, ["0"], INTERRUPTED;
    "MP+mem.fence+wfi" 2 MAP, ["0"], INTERRUPTED;
    "SB+mem.fence+fence" 2 SB_MAP, ["00"], FENCED_POLL;
    "CoRR+mem" 2 MAP_TWICE, ["10"], MONOTONIC;
    // The first write has RAM unplugged or plugged.
    "MP+ram.fence+fence" 2 MAP, ["0"], SIGNALLED;
    "MP+ram.rl+aq" 2 MAP, ["0"], SIGNALLED_RCSC;
    "MP+ram.fence+irq" 2 MAP, ["0"], INTERRUPTED;
    "MP+ram.fence+mip" 2 MAP, ["0"], INTERRUPTED;
    "SB+ram.fence+fence" 2 SB_MAP, ["00"], FENCED_POLL;
    "WRC+ram+fences" 3 WRC_MAP, ["110"], SIGNALLED;
    "CoRR+ram" 2 MAP_TWICE, ["10"], MONOTONIC;
    // The first write swaps two pages: every load goes over their border.
    "MP+swap.fence+fence" 2 MAP, ["0"], SIGNALLED;
    "CoRR+swap" 2 MAP_TWICE, ["10"], MONOTONIC;
    // The first write changes a page table.
    "MP+pte" 2 MAP, ["0"], Model::Allowed("translations may be kept until sfence.vma");
    "MP+pte+sfence" 2 MAP, ["0"], Model::Forbidden("sfence.vma after the signal");
    "MP+pte+sfence.va" 2 MAP, ["0"], Model::Forbidden("sfence.vma after the signal");
    "shootdown+pte" 2 MAP, ["0"], Model::Forbidden("sfence.vma in the interrupt");
    // The first write patches code.
    "MP+code" 2 MAP, ["0", "2"], Model::Allowed("code may be kept until fence.i");
    "MP+code+fencei" 2 MAP, ["0", "2"], Model::Forbidden("fence.i after the signal");
    "shootdown+code" 2 MAP, ["0", "2"], Model::Forbidden("fence.i in the interrupt");
}
