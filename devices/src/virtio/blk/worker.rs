//! The threads that do the host's part. They know a disk and buffers, and neither queues nor guest memory.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};

use super::super::Waker;
use super::request::{Range, Work, zeroes};
use crate::block::BlockBackend;

/// Requests that the host works on side by side.
const THREADS: usize = 4;
/// How long the end of a machine waits for what is under way: in a test, for as long as it takes.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 120 } else { 10 });

pub(super) struct Job {
    pub(super) number: u64,
    pub(super) work: Work,
    /// A write is made durable before it counts as done.
    pub(super) through: bool,
}

pub(super) struct Done {
    pub(super) number: u64,
    /// What was read.
    pub(super) result: io::Result<Vec<u8>>,
}

/// Owned by the device. They end when it is dropped.
pub(super) struct Workers {
    host: Host,
    room: usize,
    jobs: Option<Sender<Job>>,
    to_do: Receiver<Job>,
    finished: Sender<Done>,
    done: Receiver<Done>,
    threads: Vec<JoinHandle<()>>,
}

/// What a thread is given.
#[derive(Clone)]
struct Host {
    disk: Arc<dyn BlockBackend>,
    errors: Arc<AtomicU64>,
    waker: Option<Waker>,
}

impl Workers {
    /// For at most `room` requests at once.
    pub(super) fn new(disk: Arc<dyn BlockBackend>, room: usize) -> Workers {
        let (jobs, to_do) = bounded(room);
        let (finished, done) = bounded(room);
        let host = Host { disk, errors: Arc::default(), waker: None };
        Workers { host, room, jobs: Some(jobs), to_do, finished, done, threads: Vec::new() }
    }

    pub(super) fn room(&self) -> usize {
        self.room
    }

    pub(super) fn attach(&mut self, waker: Waker) {
        self.host.waker = Some(waker);
    }

    /// Starts the threads, once.
    pub(super) fn start(&mut self) -> io::Result<()> {
        while self.threads.len() < THREADS.min(self.room) {
            let (host, jobs, finished) = (self.host.clone(), self.to_do.clone(), self.finished.clone());
            let name = format!("blk-{}", self.threads.len());
            self.threads.push(std::thread::Builder::new().name(name).spawn(move || host.work(&jobs, &finished))?);
        }
        Ok(())
    }

    /// Hands over a job; there is room, as the device counts.
    pub(super) fn send(&self, job: Job) {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok());
        debug_assert!(sent, "there is room for all that the device lets under way");
    }

    /// One that is done.
    pub(super) fn done(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }

    /// Waits for so many, for a while; how many were done. Nobody is told.
    pub(super) fn drain(&self, under_way: usize) -> usize {
        let end = Instant::now() + PATIENCE;
        let done = (0..under_way).take_while(|_| self.done.recv_deadline(end).is_ok()).count();
        if done < under_way {
            tracing::error!("{} requests of a disk are not done after {PATIENCE:?}", under_way - done);
        }
        done
    }
}

impl Drop for Workers {
    /// Idle threads end at once and are joined, so that nothing is left of a disk that was taken out. One that the host keeps ends when that lets it.
    fn drop(&mut self) {
        self.jobs = None;
        let end = Instant::now() + Duration::from_millis(100);
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < end {
                std::thread::sleep(Duration::from_micros(50));
            }
            if thread.is_finished() && thread.join().is_err() {
                tracing::error!("a disk's thread has panicked");
            }
        }
    }
}

impl Host {
    fn work(&self, jobs: &Receiver<Job>, finished: &Sender<Done>) {
        for Job { number, work, through } in jobs {
            // A backend is foreign code in part: whatever becomes of it, the guest gets an answer.
            let result = catch_unwind(AssertUnwindSafe(|| self.carry_out(&work, through)))
                .unwrap_or_else(|_| Err(io::Error::other("the disk's backend has panicked")));
            if let Err(error) = &result {
                self.report(&work, error);
            }
            if finished.send(Done { number, result }).is_err() {
                return;
            }
            if let Some(waker) = &self.waker {
                waker.wake();
            }
        }
    }

    fn carry_out(&self, work: &Work, through: bool) -> io::Result<Vec<u8>> {
        let disk = &*self.disk;
        let each = |ranges: &[Range], act: &dyn Fn(&Range) -> io::Result<()>| ranges.iter().try_for_each(act);
        match work {
            Work::Read { offset, len } => {
                let mut data = zeroes(*len).ok_or(io::ErrorKind::OutOfMemory)?;
                disk.read_at(*offset, &mut data)?;
                return Ok(data);
            }
            Work::Write { offset, data } => disk.write_at(*offset, data)?,
            Work::Discard(ranges) => each(ranges, &|range| disk.discard(range.offset, range.len))?,
            Work::WriteZeroes(ranges) => {
                each(ranges, &|range| disk.write_zeroes(range.offset, range.len, range.unmap))?;
            }
            Work::Flush => self.sync()?,
        }
        if through && !matches!(work, Work::Flush) {
            self.sync()?;
        }
        Ok(Vec::new())
    }

    /// The host has it before the guest hears so.
    fn sync(&self) -> io::Result<()> {
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::FlushWithoutSync) {
            return Ok(());
        }
        self.disk.flush()
    }

    /// Errors come in thousands when they come: the first is said, then each time their number has doubled.
    fn report(&self, work: &Work, error: &io::Error) {
        let errors = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        if errors.is_power_of_two() {
            let what = match work {
                Work::Read { offset, .. } => format!("read at {offset:#x}"),
                Work::Write { offset, .. } => format!("write at {offset:#x}"),
                Work::Flush => "flush".to_owned(),
                Work::Discard(_) => "discard".to_owned(),
                Work::WriteZeroes(_) => "write of zeroes".to_owned(),
            };
            tracing::warn!("a disk's {what} has failed ({errors} so far): {error}");
        }
    }
}
