use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;
use manyhart_runtime::RamBlock;
use manyhart_vcpu::{WatchHit, WatchKind};

use super::*;
use crate::board::Aia;
use crate::console::Serial;
use crate::control::{Control, ControlSpec, HartStop, Stamped};
use crate::load::{Images, Source};
use crate::machine::{BoardSpec, RunSpec, Summary};

const LIMIT: Duration = Duration::from_secs(120);
/// Where the guest counts.
const COUNT: u64 = 0x1000;

/// Counts for ever, from zero: auipc t0, 1; sd zero, 0(t0); addi t1, t1, 1; sd t1, 0(t0); j -8.
const PROGRAM: [u32; 5] = [0x0000_1297, 0x0002_b023, 0x0013_0313, 0x0062_b023, 0xff9f_f06f];

struct Run {
    control: Control,
    heard: Receiver<Stamped>,
    ram: std::sync::Arc<RamBlock>,
    thread: JoinHandle<(Result<u8, MachineError>, Summary)>,
}

impl Run {
    fn start(stopped: bool, harts: u32) -> Run {
        let program = PROGRAM.iter().flat_map(|word| word.to_le_bytes()).collect();
        let board = BoardSpec { harts, memory: 1 << 20, aia: Aia::None };
        let images = Images::bare(Source::Memory { name: "a counter", bytes: program });
        let control = ControlSpec { stopped, ..ControlSpec::default() };
        let spec = RunSpec { reboots: true, control, ..RunSpec::unattended(board, images, Serial::Null) };
        let mut machine = Machine::build(&spec).unwrap();
        let (control, ram) = (machine.control().clone(), machine.board().ram.clone());
        let heard = control.listen();
        if stopped { machine.start_stopped() } else { machine.start() }.unwrap();
        let thread = std::thread::spawn(move || {
            let end = attend(&mut machine, true);
            (end, machine.stop().unwrap())
        });
        Run { control, heard, ram, thread }
    }

    fn count(&self) -> u64 {
        let mut word = [0; 8];
        assert!(self.ram.read(COUNT, &mut word));
        u64::from_le_bytes(word)
    }

    fn set_count(&self, count: u64) {
        assert!(self.ram.write(COUNT, &count.to_le_bytes()));
    }

    /// Waits until the guest has counted on.
    fn counts(&self) {
        let (before, since) = (self.count(), Instant::now());
        while self.count() == before {
            assert!(since.elapsed() < LIMIT, "the guest stands at {before}");
            std::thread::yield_now();
        }
    }

    fn stands(&self) {
        let before = self.count();
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(self.count(), before);
    }

    fn hears(&self, want: Notice) {
        assert_eq!(self.heard.recv_timeout(LIMIT).unwrap().notice, want);
    }

    fn ends(self, cause: Cause) -> Summary {
        self.hears(Notice::Shutdown { cause, status: 0 });
        let (end, summary) = self.thread.join().unwrap();
        assert_eq!((end.unwrap(), self.control.status()), (0, RunState::Shutdown));
        assert_eq!(self.control.stop(), Err(ControlError::Ended));
        summary
    }
}

#[test]
fn a_stopped_machine_stands_and_goes_on() {
    let run = Run::start(false, 2);
    assert_eq!(run.control.status(), RunState::Running);
    for _ in 0..3 {
        run.counts();
        run.control.stop().unwrap();
        run.hears(Notice::Stop);
        assert_eq!(run.control.status(), RunState::Paused);
        run.stands();
        run.control.stop().unwrap();
        run.control.cont().unwrap();
        run.hears(Notice::Resume);
        run.control.cont().unwrap();
    }
    let threads: Vec<_> = run.control.harts().iter().map(|hart| hart.thread).collect();
    assert!(threads.len() == 2 && threads.iter().all(Option::is_some), "{threads:?}");
    run.control.quit().unwrap();
    assert_eq!(run.ends(Cause::HostQuit).reboots, 0);
}

#[test]
fn a_reset_restarts_and_a_stopped_machine_stays_stopped() {
    let run = Run::start(false, 1);
    run.counts();
    run.set_count(1 << 60);
    run.control.reset().unwrap();
    run.hears(Notice::Reset(Cause::HostReset));
    run.counts();
    assert!(run.count() < 1 << 60, "it counts from zero again");
    run.control.stop().unwrap();
    run.hears(Notice::Stop);
    run.set_count(1 << 60);
    run.control.reset().unwrap();
    run.hears(Notice::Reset(Cause::HostReset));
    assert_eq!((run.control.status(), run.count()), (RunState::Paused, 1 << 60));
    run.stands();
    run.control.cont().unwrap();
    run.hears(Notice::Resume);
    run.counts();
    assert!(run.count() < 1 << 60);
    run.control.quit().unwrap();
    assert_eq!(run.ends(Cause::HostQuit).reboots, 2);
}

#[test]
fn a_machine_may_start_stopped_and_end_so() {
    let run = Run::start(true, 1);
    assert_eq!((run.control.status(), run.count()), (RunState::Prelaunch, 0));
    run.stands();
    run.control.cont().unwrap();
    run.hears(Notice::Resume);
    run.counts();
    run.control.stop().unwrap();
    run.hears(Notice::Stop);
    run.control.quit().unwrap();
    run.ends(Cause::HostQuit);
    let never_ran = Run::start(true, 4);
    never_ran.control.quit().unwrap();
    let summary = never_ran.ends(Cause::HostQuit);
    assert!(summary.harts.iter().all(|hart| hart.statistics.instructions == 0));
}

#[test]
fn several_clients_command_at_once() {
    let run = Run::start(false, 2);
    std::thread::scope(|scope| {
        for client in 0..3 {
            let control = &run.control;
            scope.spawn(move || {
                for _ in 0..20 {
                    let done = match client {
                        0 => control.stop(),
                        1 => control.cont(),
                        _ => control.reset(),
                    };
                    done.unwrap();
                }
            });
        }
    });
    run.control.cont().unwrap();
    run.counts();
    assert_eq!(run.control.powerdown(), Err(ControlError::NoPowerButton));
    run.control.quit().unwrap();
    run.thread.join().unwrap().0.unwrap();
}

#[test]
fn a_command_that_comes_too_late_is_answered_before_the_machine_is_gone() {
    let machine = crate::control::tests::machine(&[]);
    machine.control().enter(RunState::Shutdown, None);
    assert_eq!(machine.control().stop(), Err(ControlError::Ended));
    machine.stop().unwrap();
}

#[test]
fn what_the_old_life_asked_for_does_not_reach_the_new_one() {
    let mut machine = crate::control::tests::machine(&[]);
    machine.start().unwrap();
    let hit = WatchHit { kind: WatchKind::Write, address: 0 };
    for event in [
        Event::Outcome(Outcome::Reboot),
        Event::HartStop(HartStop::Breakpoint(0)),
        Event::HartStop(HartStop::Watchpoint(0, hit)),
        Event::Quit,
        Event::Exit(1),
    ] {
        machine.sender().send(event).unwrap();
    }
    machine.reboot().unwrap();
    let left: Vec<Event> = machine.events().try_iter().collect();
    assert!(matches!(left[..], [Event::Quit]), "{left:?}");
    machine.stop().unwrap();
}
