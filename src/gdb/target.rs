//! What GDB may do with the machine.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use gdbstub::common::{Signal, Tid};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadResume, MultiThreadResumeOps, MultiThreadSchedulerLocking,
    MultiThreadSchedulerLockingOps, MultiThreadSingleStep, MultiThreadSingleStepOps,
};
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
    SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{Target, TargetError, TargetResult};
use manyhart_vcpu::csr::address;
use manyhart_vcpu::{Hart, Watchpoint};

use super::arch::{Core, Register, Riscv64};
use super::memory::{Bank, Memory, Translation};
use crate::control::{Control, ControlError, monitor};

/// The machine, to GDB.
pub struct Debuggee<'a> {
    control: &'a Control,
    banks: &'a [Bank],
    /// What GDB wants, and what the harts have been told.
    wanted: Stops,
    told: Stops,
    /// The hart that is to make a step, when the machine goes on.
    step: Option<u32>,
    /// Whether the others stand meanwhile.
    alone: bool,
}

/// Where harts are to stop.
#[derive(Clone, Default)]
struct Stops {
    breakpoints: BTreeSet<u64>,
    watchpoints: BTreeSet<Watchpoint>,
}

/// A hart's thread; 0 has a meaning of its own.
pub fn thread(hart: u32) -> Tid {
    NonZeroUsize::MIN.saturating_add(hart as usize)
}

fn hart(thread: Tid) -> u32 {
    u32::try_from(thread.get() - 1).unwrap_or(u32::MAX)
}

/// A machine that somebody else has let go on answers the next time that it stands; one that is gone ends the session.
fn refused(error: ControlError) -> TargetError<ControlError> {
    match error {
        ControlError::Ended => TargetError::Fatal(error),
        _ => TargetError::NonFatal,
    }
}

type Outcome<'a, T> = TargetResult<T, Debuggee<'a>>;

impl<'a> Debuggee<'a> {
    /// Of this machine.
    pub fn new(control: &'a Control, banks: &'a [Bank]) -> Debuggee<'a> {
        let (wanted, told) = (Stops::default(), Stops::default());
        Debuggee { control, banks, wanted, told, step: None, alone: false }
    }

    /// Takes out every breakpoint and watchpoint.
    pub fn forget_stops(&mut self) -> Result<(), ControlError> {
        self.wanted = Stops::default();
        self.tell_stops()
    }

    /// Tells the harts what has changed. GDB takes everything out at each stop and puts it in again before it goes on.
    fn tell_stops(&mut self) -> Result<(), ControlError> {
        let Stops { breakpoints, watchpoints } = self.wanted.clone();
        if self.told.breakpoints != breakpoints {
            self.on_every_hart(move |hart| hart.set_breakpoints(breakpoints.iter().copied()))?;
        }
        if self.told.watchpoints != watchpoints {
            self.on_every_hart(move |hart| hart.set_watchpoints(watchpoints.iter().copied()))?;
        }
        self.told.clone_from(&self.wanted);
        Ok(())
    }

    fn on_every_hart(&self, work: impl Fn(&mut Hart) + Clone + Send + 'static) -> Result<(), ControlError> {
        self.control.harts().iter().try_for_each(|hart| self.control.on_hart(hart.id, work.clone()))
    }

    fn memory(&self, thread: Tid) -> Outcome<'a, Memory<'a>> {
        let look =
            |hart: &mut Hart| Translation { satp: hart.csr(address::SATP).unwrap_or(0), privilege: hart.privilege() };
        let translation = self.control.on_hart(hart(thread), look).map_err(refused)?;
        Ok(Memory { banks: self.banks, translation })
    }
}

impl Target for Debuggee<'_> {
    type Arch = Riscv64;
    type Error = ControlError;

    fn base_ops(&mut self) -> BaseOps<'_, Riscv64, ControlError> {
        BaseOps::MultiThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadBase for Debuggee<'_> {
    fn read_registers(&mut self, registers: &mut Core, thread: Tid) -> TargetResult<(), Self> {
        *registers = self.control.on_hart(hart(thread), |hart| Core::of(hart)).map_err(refused)?;
        Ok(())
    }

    fn write_registers(&mut self, registers: &Core, thread: Tid) -> TargetResult<(), Self> {
        let registers = registers.clone();
        self.control.on_hart(hart(thread), move |hart| registers.put(hart)).map_err(refused)
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, start: u64, data: &mut [u8], thread: Tid) -> TargetResult<usize, Self> {
        match self.memory(thread)?.read(start, data) {
            0 if !data.is_empty() => Err(TargetError::NonFatal),
            read => Ok(read),
        }
    }

    fn write_addrs(&mut self, start: u64, data: &[u8], thread: Tid) -> TargetResult<(), Self> {
        let written = self.memory(thread)?.write(start, data);
        // It may have been code.
        self.on_every_hart(Hart::synchronize_code).map_err(refused)?;
        if written { Ok(()) } else { Err(TargetError::NonFatal) }
    }

    fn list_active_threads(&mut self, is_active: &mut dyn FnMut(Tid)) -> Result<(), ControlError> {
        self.control.harts().iter().for_each(|hart| is_active(thread(hart.id)));
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl SingleRegisterAccess<Tid> for Debuggee<'_> {
    fn read_register(&mut self, thread: Tid, register: Register, buf: &mut [u8]) -> TargetResult<usize, Self> {
        let value = self.control.on_hart(hart(thread), move |hart| register.read(hart)).map_err(refused)?;
        let bytes = value.ok_or(TargetError::NonFatal)?.to_le_bytes();
        buf.get_mut(..bytes.len()).ok_or(TargetError::NonFatal)?.copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn write_register(&mut self, thread: Tid, register: Register, value: &[u8]) -> TargetResult<(), Self> {
        let value = u64::from_le_bytes(value.try_into().map_err(|_| TargetError::NonFatal)?);
        let written = self.control.on_hart(hart(thread), move |hart| register.write(hart, value));
        if written.map_err(refused)? { Ok(()) } else { Err(TargetError::NonFatal) }
    }
}

impl MultiThreadResume for Debuggee<'_> {
    fn resume(&mut self) -> Result<(), ControlError> {
        self.tell_stops()?;
        match self.step {
            Some(hart) => self.control.step(hart, self.alone),
            None => self.control.cont(),
        }
    }

    fn clear_resume_actions(&mut self) -> Result<(), ControlError> {
        (self.step, self.alone) = (None, false);
        Ok(())
    }

    fn set_resume_action_continue(&mut self, _: Tid, _: Option<Signal>) -> Result<(), ControlError> {
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_scheduler_locking(&mut self) -> Option<MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadSingleStep for Debuggee<'_> {
    fn set_resume_action_step(&mut self, thread: Tid, _: Option<Signal>) -> Result<(), ControlError> {
        self.step = Some(hart(thread));
        Ok(())
    }
}

impl MultiThreadSchedulerLocking for Debuggee<'_> {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), ControlError> {
        self.alone = true;
        Ok(())
    }
}

impl Breakpoints for Debuggee<'_> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Debuggee<'_> {
    fn add_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        self.wanted.breakpoints.insert(addr);
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.wanted.breakpoints.remove(&addr))
    }
}

/// There is no difference: neither is in memory.
impl HwBreakpoint for Debuggee<'_> {
    fn add_hw_breakpoint(&mut self, addr: u64, kind: usize) -> TargetResult<bool, Self> {
        self.add_sw_breakpoint(addr, kind)
    }

    fn remove_hw_breakpoint(&mut self, addr: u64, kind: usize) -> TargetResult<bool, Self> {
        self.remove_sw_breakpoint(addr, kind)
    }
}

impl HwWatchpoint for Debuggee<'_> {
    fn add_hw_watchpoint(&mut self, start: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        self.wanted.watchpoints.insert(Watchpoint { kind: our_kind(kind), start, len });
        Ok(true)
    }

    fn remove_hw_watchpoint(&mut self, start: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.wanted.watchpoints.remove(&Watchpoint { kind: our_kind(kind), start, len }))
    }
}

fn our_kind(kind: WatchKind) -> manyhart_vcpu::WatchKind {
    match kind {
        WatchKind::Write => manyhart_vcpu::WatchKind::Write,
        WatchKind::Read => manyhart_vcpu::WatchKind::Read,
        WatchKind::ReadWrite => manyhart_vcpu::WatchKind::Access,
    }
}

/// A watchpoint's kind, to GDB.
pub fn gdbs_kind(kind: manyhart_vcpu::WatchKind) -> WatchKind {
    match kind {
        manyhart_vcpu::WatchKind::Write => WatchKind::Write,
        manyhart_vcpu::WatchKind::Read => WatchKind::Read,
        manyhart_vcpu::WatchKind::Access => WatchKind::ReadWrite,
    }
}

impl ThreadExtraInfo for Debuggee<'_> {
    fn thread_extra_info(&self, thread: Tid, buf: &mut [u8]) -> Result<usize, ControlError> {
        let id = hart(thread);
        let mode = match self.control.on_hart(id, |hart| hart.privilege())? {
            0 => "user",
            1 => "supervisor",
            _ => "machine",
        };
        let text = format!("hart {id}, {mode} mode");
        let length = text.len().min(buf.len());
        buf[..length].copy_from_slice(&text.as_bytes()[..length]);
        Ok(length)
    }
}

impl MonitorCmd for Debuggee<'_> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), ControlError> {
        let reply = monitor::execute(self.control, &String::from_utf8_lossy(command));
        out.write_raw(reply.text.as_bytes());
        if reply.quit { self.control.quit() } else { Ok(()) }
    }
}
