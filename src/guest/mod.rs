//! The guests of this repository: bare programs that check themselves, and what it takes to run one while the map changes under it.
//!
//! * [`Bench`]: a machine that runs such a program, told when to finish and watched meanwhile.
//! * [`bank`]: a device by whose register a hart moves memory; [`random`]: the seeded choices; [`progress`]: what a person sees meanwhile.

pub mod bank;
pub mod progress;
pub mod random;

use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use crossbeam::channel::RecvTimeoutError;
use manyhart_devices::finisher::Outcome;
use manyhart_runtime::{AddressSpace, BusError, Gpa, Requester};

use crate::board::Aia;
use crate::console::Serial;
use crate::load::{Images, Source};
use crate::machine::{BoardSpec, Event, Machine, MachineError, RunSpec, Summary, listen_to_signals};

/// How often the harts' figures are read.
pub const LOOK: Duration = Duration::from_millis(100);
/// How long harts may show no progress, and take to notice that they are to finish: generous, for busy hosts with few processors.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A program that runs on bare harts.
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// Its flat image.
    pub image: &'static [u8],
    /// How much RAM it wants.
    pub memory: u64,
    /// The word that makes its harts finish when it is not zero.
    pub stop: Gpa,
}

/// What an event means for a run that is not at its end.
#[derive(Debug)]
pub enum News {
    /// A person wants it to end now: a shorter run, judged as it is.
    Interrupted,
    /// A handler of this device has panicked.
    DeviceFailed(String),
    /// It went wrong.
    Trouble(String),
}

/// A machine that runs one of these programs.
pub struct Bench {
    machine: Machine,
    memory: AddressSpace,
    stop: Gpa,
}

impl Bench {
    /// Wires and loads it; no hart runs yet. SIGINT and its like are news from now on.
    pub fn new(program: &Program, harts: u32) -> Result<Bench, MachineError> {
        Bench::of(&spec(program, harts), program.stop)
    }

    /// The same of any guest that finishes, and powers off, when the word at `stop` is not zero.
    pub fn of(spec: &RunSpec, stop: Gpa) -> Result<Bench, MachineError> {
        let machine = Machine::build(spec)?;
        listen_to_signals(machine.sender())?;
        let memory = machine.executive().topology().address_space(machine.board().space);
        Ok(Bench { machine, memory, stop })
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Lets the harts run.
    pub fn start(&mut self) -> Result<(), MachineError> {
        self.machine.start()
    }

    /// Writes words of guest memory.
    pub fn set(&self, words: impl IntoIterator<Item = (Gpa, u64)>) -> Result<(), BusError> {
        words.into_iter().try_for_each(|(at, word)| self.memory.write(at, &word.to_le_bytes(), Requester::Debugger))
    }

    /// Reads words of guest memory.
    pub fn get<const N: usize>(&self, at: Gpa) -> Result<[u64; N], BusError> {
        let mut words = [0; N];
        self.get_into(at, &mut words)?;
        Ok(words)
    }

    /// The same, as many as there is room for.
    pub fn get_into(&self, at: Gpa, words: &mut [u64]) -> Result<(), BusError> {
        let mut bytes = vec![0; words.len() * 8];
        self.memory.read(at, &mut bytes, Requester::Debugger)?;
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Ok(())
    }

    /// What has happened since it was last asked for, if anything.
    pub fn news(&self) -> Option<News> {
        self.machine.events().try_iter().find_map(news)
    }

    /// Tells the harts to finish, and waits until the last of them has powered the machine off. Other news on the way go to `heard`, which
    /// says whether to go on waiting.
    pub fn finish(&self, mut heard: impl FnMut(News) -> bool) -> Result<(), BusError> {
        // Whoever sees that it is to finish sees what it was told before.
        fence(Ordering::Release);
        self.set([(self.stop, 1)])?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let news = match self.machine.events().recv_deadline(deadline) {
                Ok(Event::Outcome(Outcome::PowerOff)) => return Ok(()),
                Ok(event) => match news(event) {
                    Some(news) => news,
                    None => continue,
                },
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let trouble = format!("the harts did not finish within {} s", PATIENCE.as_secs());
                    heard(News::Trouble(trouble));
                    return Ok(());
                }
            };
            if !heard(news) {
                return Ok(());
            }
        }
    }

    /// Ends the machine.
    pub fn stop(self) -> Result<Summary, MachineError> {
        self.machine.stop()
    }
}

fn spec(program: &Program, harts: u32) -> RunSpec {
    let image = Source::Memory { name: program.name, bytes: program.image.into() };
    let board = BoardSpec { harts, memory: program.memory, aia: Aia::None };
    RunSpec::unattended(board, Images::bare(image), Serial::Null)
}

/// What it means; nothing, of what the owner of the functions does itself.
fn news(event: Event) -> Option<News> {
    Some(match event {
        Event::Pci(_) => return None,
        Event::Quit => News::Interrupted,
        Event::DeviceFailed(name) => News::DeviceFailed(name),
        Event::Outcome(Outcome::PowerOff) => News::Trouble("the guest ended before it was told to".to_owned()),
        Event::HartPanicked(id) => News::Trouble(format!("hart {id} has panicked")),
        other => News::Trouble(format!("unexpected: {other:?}")),
    })
}

/// The value of an assembly source's line `.equ NAME, value`, so that two lists of numbers cannot drift apart.
#[cfg(test)]
pub fn equ(source: &str, name: &str) -> u64 {
    let line = source
        .lines()
        .find_map(|line| line.strip_prefix(".equ ")?.split_once(',').filter(|(left, _)| *left == name))
        .unwrap_or_else(|| panic!("no .equ {name}"));
    let value = line.1.split('#').next().expect("a value").trim();
    u64::from_str_radix(value.trim_start_matches("0x"), 16).expect("a hexadecimal number")
}
