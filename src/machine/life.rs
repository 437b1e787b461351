//! One machine from power-on to its end.
//!
//! Order: [`Machine::build`], then perhaps changes of the owner's own through [`Machine::board`] and [`Machine::executive`], then
//! [`Machine::start`]; events; [`Machine::halt`], [`Machine::resume`] and [`Machine::reboot`] as often as wanted; at last [`Machine::stop`]. Control threads only.

use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::time::{Instant, SystemTime};

use crossbeam::channel::{Receiver, Sender, unbounded};
use manyhart_devices::pci::PciEvent;
use manyhart_devices::uart::{self, UartMessage};
use manyhart_runtime::{Clock, Config, DeviceHandle, Executive, Paused};
use manyhart_vcpu::{HartConfig, Isa};

use super::commits::CommitLog;
use super::hart_thread::{HartThread, Start, Watchers};
use super::htif::{self, Htif, OutputRoom};
use super::planner::PlannedBoard;
use super::wires::{Input, Port, Target, Writer};
use super::{Event, MachineError, RunSpec, Summary, signature};
use crate::board::memmap::{MROM, RAM_BASE};
use crate::board::{Board, BoardConfig, Boot, NextMode, Outlets, TIMEBASE};
use crate::console::Serial;
use crate::control::{Control, ControlError, HartJob, HartStop, Notice, RunState};
use crate::load::{LoadError, Piece, Plan};
use crate::plug::Plugs;
use crate::plug::chardevs::ConsoleLine;
use crate::profile::Profile;

/// Bytes between a device that prints and the thread that writes.
const CONSOLE_ROOM: usize = 64 << 10;

/// A machine: wired, loaded, and running once it is started.
pub struct Machine {
    executive: Executive,
    board: Board,
    htif: Option<DeviceHandle<Htif>>,
    plan: Plan,
    harts: Vec<HartThread>,
    /// Held while the machine is stopped. No hart is in its loop then.
    stopped: Option<Paused>,
    control: Control,
    writers: Vec<Writer>,
    input: Option<Input>,
    /// Where what is typed comes from, and goes.
    typed: Option<(Serial, Port)>,
    commit_log: Option<CommitLog>,
    profile: Option<Profile>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    started: Instant,
    reboots: u32,
}

impl Machine {
    /// Reads the images, makes everything, loads; no hart runs yet. Nothing is left behind when it fails.
    pub fn build(spec: &RunSpec) -> Result<Machine, MachineError> {
        let plan = Plan::new(&spec.images, &PlannedBoard::new(spec.board))?;
        if plan.pieces.is_empty() {
            return Err(LoadError::Nothing.into());
        }
        if spec.signature.is_some() {
            signature_bounds(&plan)?;
        }
        let target = Target::open(&spec.serial)?;
        let commit_log = spec.log_commits.as_deref().map(CommitLog::create).transpose()?;
        let profile = spec.profile.as_ref().map(|profile| Profile::create(profile, &spec.images, &plan)).transpose()?;
        let (sender, events) = unbounded();
        let executive = executive(&sender)?;
        let (console, output) = uart::channel(CONSOLE_ROOM);
        let config = BoardConfig {
            harts: spec.board.harts,
            ram_size: spec.board.memory,
            aia: spec.board.aia,
            boot: Boot { entry: plan.entry, next_addr: plan.next, next_mode: NextMode::Supervisor },
            device_tree: plan.device_tree.clone(),
        };
        let outlets = Outlets {
            console: Box::new(console),
            on_outcome: teller(&sender, Event::Outcome),
            on_pci_event: pci_events(&sender),
            host_time: Box::new(host_time),
        };
        let mut board = Board::new(&executive, config, outlets)?;
        let plugs = Plugs::new(executive.clone(), board.pci.clone());
        plugs.plug_all(&mut board, &spec.plug)?;
        let threads: Vec<_> = (0..spec.board.harts).map(|_| Arc::default()).collect();
        let control = Control::new(sender.clone(), executive.topology().clone(), threads.clone(), plugs);
        let mut machine = Machine {
            executive,
            board,
            htif: None,
            plan,
            harts: Vec::new(),
            stopped: None,
            control,
            writers: Vec::new(),
            input: None,
            typed: None,
            commit_log,
            profile,
            sender,
            events,
            started: Instant::now(),
            reboots: 0,
        };
        machine.connect(&spec.serial, output, target)?;
        machine.connect_consoles()?;
        machine.load();
        machine.make_harts(spec.limit, &threads)?;
        Ok(machine)
    }

    /// The runtime.
    pub fn executive(&self) -> &Executive {
        &self.executive
    }

    /// The board.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// What happens. Nobody else receives from it.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Tells this machine's owner something.
    pub fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// Commands it, from any thread.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Connects the console's input, and lets the harts run.
    pub fn start(&mut self) -> Result<(), MachineError> {
        self.connect_input()?;
        self.control.enter(RunState::Running, None);
        self.harts.iter().for_each(HartThread::run);
        Ok(())
    }

    /// Connects the console's input; the harts wait for [`Machine::resume`] before their first instruction.
    pub fn start_stopped(&mut self) -> Result<(), MachineError> {
        self.stopped = Some(self.executive.pause());
        self.connect_input()
    }

    fn connect_input(&mut self) -> Result<(), MachineError> {
        self.board.pci.go_live()?;
        if let Some((end, port)) = self.typed.take() {
            self.input = Input::start(&end, port, self.sender.clone(), &self.control)?;
        }
        self.started = Instant::now();
        Ok(())
    }

    /// The harts leave their loops at an instruction's end, then the world is paused: guest time stands, no handler runs.
    pub fn halt(&mut self) -> Result<(), MachineError> {
        if self.stopped.is_none() {
            let paused = self.hold()?;
            self.stopped = Some(paused);
            self.control.enter(RunState::Paused, Some(Notice::Stop));
        }
        Ok(())
    }

    /// Undoes [`Machine::halt`].
    pub fn resume(&mut self) {
        if let Some(paused) = self.stopped.take() {
            self.control.enter(RunState::Running, Some(Notice::Resume));
            drop(paused);
            self.harts.iter().for_each(HartThread::run);
        }
    }

    /// Has something done with a hart, if the machine is stopped.
    pub fn debug(&self, hart: u32, job: HartJob) -> Result<(), ControlError> {
        match (&self.stopped, self.harts.get(hart as usize)) {
            (None, _) => Err(ControlError::Failed("the machine runs".to_owned())),
            (_, None) => Err(ControlError::Failed(format!("there is no hart {hart}"))),
            (Some(_), Some(thread)) => {
                thread.debug(job);
                Ok(())
            }
        }
    }

    /// As [`Machine::resume`], but one hart executes one instruction; alone, or while the others run.
    pub fn step(&mut self, hart: u32, alone: bool) {
        if let Some(paused) = self.stopped.take() {
            self.control.enter(RunState::Running, Some(Notice::Resume));
            drop(paused);
            for (id, thread) in (0..).zip(&self.harts) {
                match id == hart {
                    true => thread.step(),
                    false if alone => {}
                    false => thread.run(),
                }
            }
        }
    }

    /// A debugger's reason to stop. Another may have come first: the hart that is too late meets its own again when it goes on, a breakpoint by itself,
    /// a watchpoint because it is told to.
    pub fn stop_for_debugger(&mut self, stop: HartStop) -> Result<(), MachineError> {
        if self.stopped.is_none() {
            self.control.note_stop(stop);
            self.halt()?;
        } else if let HartStop::Watchpoint(hart, hit) = stop
            && let Some(thread) = self.harts.get(hart as usize)
        {
            thread.debug(Box::new(move |hart| hart.tell_again(hit)));
        }
        Ok(())
    }

    fn hold(&self) -> Result<Paused, MachineError> {
        self.call_harts()?;
        Ok(self.executive.pause())
    }

    /// Every hart's thread is there, and out of its hart's loop.
    fn call_harts(&self) -> Result<(), MachineError> {
        let calls: Vec<_> = self.harts.iter().map(HartThread::call).collect();
        for (id, here) in calls.iter().enumerate() {
            here.recv().map_err(|_| MachineError::Panicked(format!("hart {id}")))?;
        }
        Ok(())
    }

    /// Back to power-on and off again: the harts leave their loops, the world is paused, devices and harts are reset, images loaded
    /// anew. What the guest changed elsewhere in RAM stays, as on hardware. A machine that is stopped stays so.
    pub fn reboot(&mut self) -> Result<(), MachineError> {
        let paused = match self.stopped {
            Some(_) => None,
            None => Some(self.hold()?),
        };
        self.forget_requests();
        self.board.reset()?;
        self.control.plugs().settle();
        if let Some(htif) = &self.htif {
            htif.reset()?;
        }
        self.load();
        for (id, hart) in (0..).zip(&self.harts) {
            hart.reset(self.start_of(id));
        }
        self.reboots += 1;
        if let Some(paused) = paused {
            drop(paused);
            self.harts.iter().for_each(HartThread::run);
        }
        Ok(())
    }

    /// What the old life still asked for (a guest may ask for its reboot again and again), or stood before, must not reach the new one. No hart runs.
    fn forget_requests(&self) {
        let stood = |stop: &HartStop| matches!(stop, HartStop::Breakpoint(_) | HartStop::Watchpoint(..));
        let is_of_old = |event: &Event| match event {
            Event::Outcome(_) | Event::Exit(_) => true,
            Event::HartStop(stop) => stood(stop),
            _ => false,
        };
        let others = self.events.try_iter().filter(|event| !is_of_old(event));
        for event in others.collect::<Vec<_>>() {
            heard(self.sender.send(event).is_ok());
        }
    }

    /// The guest's signature as text. The harts may still run; the guest has said that it is done.
    pub fn signature(&self, granularity: usize) -> Result<String, MachineError> {
        let (begin, end) = signature_bounds(&self.plan)?;
        let mut bytes = vec![0; (end - begin) as usize];
        if !self.board.ram.read(begin - RAM_BASE, &mut bytes) {
            return Err(MachineError::NoSignature);
        }
        Ok(signature::lines(&bytes, granularity))
    }

    /// Ends it: harts stop at a boundary, devices push out what they hold, threads are joined, the terminal is put back.
    pub fn stop(mut self) -> Result<Summary, MachineError> {
        let time = self.started.elapsed();
        drop(self.input.take());
        // Devices push out what they hold through their handlers, and those run only in a world that is not paused.
        drop(self.stopped.take());
        self.executive.stop();
        let harts = self.harts.drain(..).map(HartThread::join).collect();
        let runtime = self.executive.statistics();
        self.executive.shutdown();
        self.writers.drain(..).for_each(Writer::finish);
        let logged = self.commit_log.as_ref().map_or(Ok(()), CommitLog::finish);
        let profile = self.profile.as_mut().map(Profile::finish).transpose()?;
        logged?;
        Ok(Summary { harts, time, runtime, reboots: self.reboots, profile })
    }

    fn connect(&mut self, serial: &Serial, output: uart::Output, target: Target) -> Result<(), MachineError> {
        let (htif_sink, htif_output) = uart::channel(CONSOLE_ROOM);
        let on_exit = teller(&self.sender, Event::Exit);
        let sink = Box::new(htif_sink);
        self.htif = htif::attach(&self.executive, &self.board, &self.plan.symbols, sink, on_exit)?;
        if let Some(htif) = &self.htif {
            let room = htif.poster();
            let on_room = move || heard(room.post(OutputRoom));
            let writer = Writer::spawn("htif-output", htif_output, target.duplicate()?, on_room, self.sender.clone())?;
            self.writers.push(writer);
        }
        let room = self.board.uart.poster();
        let on_room = move || heard(room.post(UartMessage::output_room()));
        self.writers.push(Writer::spawn("console-output", output, target, on_room, self.sender.clone())?);
        self.typed = Some((serial.clone(), Port::Uart(self.board.uart.poster())));
        Ok(())
    }

    /// The virtio consoles. What is typed goes to one, if the serial port leaves it.
    fn connect_consoles(&mut self) -> Result<(), MachineError> {
        for ConsoleLine { end, handle, output } in self.control.plugs().backends().chardevs.take_lines() {
            let target = Target::open(&end)?;
            let room = handle.clone();
            let on_room = move || room.output_room();
            self.writers.push(Writer::spawn("console-output", output, target, on_room, self.sender.clone())?);
            if matches!(end, Serial::Stdio { .. }) {
                if matches!(self.typed, Some((Serial::Stdio { .. }, _))) {
                    return Err(MachineError::StdioTwice);
                }
                self.typed = Some((end, Port::Virtio(handle)));
            }
        }
        Ok(())
    }

    fn load(&self) {
        for Piece { segment, .. } in &self.plan.pieces {
            let at = segment.addr - RAM_BASE;
            let mut fits = self.board.ram.write(at, &segment.bytes);
            let (mut zero_at, mut left) = (at + segment.bytes.len() as u64, segment.zeroes);
            while left > 0 {
                let step = left.min(64 << 10);
                fits &= self.board.ram.write(zero_at, &[0; 64 << 10][..step as usize]);
                (zero_at, left) = (zero_at + step, left - step);
            }
            debug_assert!(fits, "the plan keeps to RAM");
        }
    }

    fn make_harts(&mut self, limit: Option<u64>, threads: &[Arc<AtomicI32>]) -> Result<(), MachineError> {
        for ((id, attention), thread) in (0..).zip(&self.board.attentions).zip(threads) {
            let Start { pc, args } = self.start_of(id);
            let config = HartConfig {
                id,
                space: self.board.space,
                isa: Isa::default(),
                reset_pc: pc,
                reset_args: args,
                interrupt_files: self.board.interrupts.files_of(id),
            };
            let reader = self.executive.reader(format!("hart{id}"), Some(attention.clone()));
            let clock = self.executive.clock().clone();
            let tracer = self.commit_log.as_ref().map(CommitLog::tracer);
            let watchers = Watchers { tracer, sampler: self.profile.as_mut().map(Profile::sampler) };
            let thread = thread.clone();
            let hart = HartThread::spawn(
                config,
                reader,
                attention.clone(),
                clock,
                limit,
                watchers,
                self.sender.clone(),
                thread,
            );
            self.harts.push(hart.map_err(|error| MachineError::Host { what: "a thread", error })?);
        }
        // Clients may ask for the threads' ids before the first hart runs.
        self.call_harts()
    }

    /// The reset vector, or where `-device loader,cpu-num=` says.
    fn start_of(&self, id: u32) -> Start {
        let elsewhere = self.plan.hart_entries.iter().find(|(hart, _)| *hart == id);
        match elsewhere {
            Some(&(_, pc)) => Start { pc, args: [id.into(), self.board.device_tree.0, 0] },
            None => Start { pc: MROM.base, args: [0; 3] },
        }
    }
}

fn executive(sender: &Sender<Event>) -> Result<Executive, MachineError> {
    let mut failed = teller(sender, Event::DeviceFailed);
    let failed = parking_lot::Mutex::new(move |name: &str| failed(name.to_owned()));
    let config =
        Config { clock: Clock::host(TIMEBASE), on_device_failure: Some(Box::new(move |name| (failed.lock())(name))) };
    Executive::new(config).map_err(|error| MachineError::Host { what: "a thread", error })
}

/// Turns what a device reports into events. After the machine's end nobody listens, and nothing is missed.
fn teller<T: 'static>(sender: &Sender<Event>, event: fn(T) -> Event) -> Box<dyn FnMut(T) + Send> {
    let sender = sender.clone();
    Box::new(move |what| heard(sender.send(event(what)).is_ok()))
}

fn pci_events(sender: &Sender<Event>) -> Box<dyn Fn(PciEvent) + Send + Sync> {
    let sender = sender.clone();
    Box::new(move |event| heard(sender.send(Event::Pci(event)).is_ok()))
}

fn heard(heard: bool) {
    if !heard {
        tracing::debug!("a message to somebody who is gone");
    }
}

fn host_time() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The signature's bounds, in RAM and in order.
fn signature_bounds(plan: &Plan) -> Result<(u64, u64), MachineError> {
    match (plan.symbols.begin_signature, plan.symbols.end_signature) {
        (Some(begin), Some(end)) if RAM_BASE <= begin && begin <= end => Ok((begin, end)),
        _ => Err(MachineError::NoSignature),
    }
}
