//! The console device (virtio 1.2 section 5.3) with one port: a queue of buffers for what the host types, and one of what the guest prints.
//!
//! Lossless towards the host, as the UART is: input waits until the guest has buffers for it, and while the output has no room the guest's
//! buffers stay unused.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam::channel::{Receiver, Sender, unbounded};

use super::device::{ActivateError, Activation, VirtioDevice, config_bytes};
use super::queue::{Chain, Virtqueue};
use super::session::{Interrupts, Waker};
use crate::uart::{Chunk, Put, Sink, Taken};

/// Its number.
pub const DEVICE_TYPE: u32 = 3;

/// VIRTIO_CONSOLE_F_SIZE: the configuration says how large the console is.
const SIZE: u64 = 1 << 0;

const QUEUES: [u16; 2] = [64, 64];
const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;

/// Bytes, and buffers, that are handled in one go: what a guest makes available is no measure of how long it keeps a thread.
const ROUND: usize = 64 << 10;
/// Bytes that are copied at a time.
const PIECE: usize = 512;

/// The device.
pub struct Console {
    sink: Box<dyn Sink>,
    input: Receiver<Chunk>,
    /// Taken out of `input`, not yet by the guest.
    waiting: VecDeque<Chunk>,
    queues: Option<[Virtqueue; 2]>,
    /// How much of the next chain to transmit is in the sink already.
    sent: usize,
    waker: Arc<OnceLock<Waker>>,
    /// How large the host's side is.
    host_size: Arc<Size>,
    /// What the configuration says, and how often that has changed.
    size: (u16, u16),
    changes: u32,
    interrupts: Option<Interrupts>,
}

/// Columns and rows, in one word so that nobody sees half of a change; 0 while nobody has said.
#[derive(Debug, Default)]
struct Size(AtomicU32);

impl Size {
    fn set(&self, columns: u16, rows: u16) {
        self.0.store(u32::from(columns) << 16 | u32::from(rows), Ordering::Relaxed);
    }

    fn get(&self) -> (u16, u16) {
        let both = self.0.load(Ordering::Relaxed);
        ((both >> 16) as u16, both as u16)
    }
}

/// The host's side of a [`Console`]. Cheap to clone, for any thread.
#[derive(Clone)]
pub struct ConsoleHandle {
    input: Sender<Chunk>,
    waker: Arc<OnceLock<Waker>>,
    size: Arc<Size>,
}

impl ConsoleHandle {
    /// Bytes for the guest, and what tells when it has taken them. Send the next chunk after that, and input is bounded.
    pub fn input(&self, bytes: Vec<u8>) -> Taken {
        let (chunk, taken) = Chunk::new(bytes, 0);
        if self.input.send(chunk).is_err() {
            // The chunk goes with the error, and that reads as taken.
            tracing::debug!("input for a console that is gone");
        }
        self.wake();
        taken
    }

    /// The host's side has so many columns and rows from now on: the guest is told.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.size.set(columns, rows);
        self.wake();
    }

    /// The sink that was full has room again.
    pub fn output_room(&self) {
        self.wake();
    }

    /// Before the device is attached nobody needs to be woken: it looks when it is activated.
    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake();
        }
    }
}

impl Console {
    /// Prints to `sink`.
    pub fn new(sink: Box<dyn Sink>) -> (Console, ConsoleHandle) {
        let (sender, input) = unbounded();
        let waker = Arc::new(OnceLock::new());
        let host_size = Arc::<Size>::default();
        let handle = ConsoleHandle { input: sender, waker: Arc::clone(&waker), size: Arc::clone(&host_size) };
        let (waiting, queues, sent, size, changes, interrupts) = (VecDeque::new(), None, 0, (0, 0), 0, None);
        (Console { sink, input, waiting, queues, sent, waker, host_size, size, changes, interrupts }, handle)
    }

    /// Has the configuration say how large the host's side is; the guest hears of a change.
    fn measure(&mut self) {
        let size = self.host_size.get();
        if size != self.size {
            self.size = size;
            self.changes = self.changes.wrapping_add(1);
            if let Some(interrupts) = &self.interrupts {
                interrupts.config_changed();
            }
        }
    }

    fn serve(&mut self) {
        let finished = self.receive() & self.transmit();
        if let (false, Some(waker)) = (finished, self.waker.get()) {
            waker.wake();
        }
    }

    /// Fills the guest's buffers with what waits. Whether that is all that can be done now.
    fn receive(&mut self) -> bool {
        self.waiting.extend(self.input.try_iter());
        let Some([queue, _]) = &mut self.queues else { return true };
        let Some(guard) = queue.enter() else { return true };
        let mut left = ROUND;
        while left > 0 && !self.waiting.is_empty() {
            let written = match queue.pop(&guard) {
                Some(chain) => {
                    let written = give(&mut self.waiting, &chain);
                    queue.add_used(&guard, chain.head(), written as u32);
                    written
                }
                None if queue.enable_notifications(&guard) => 0,
                None => break,
            };
            left = left.saturating_sub(written.max(1));
        }
        queue.signal(&guard);
        left > 0
    }

    fn transmit(&mut self) -> bool {
        match &mut self.queues {
            Some([_, queue]) => transmit(queue, &mut *self.sink, &mut self.sent),
            None => true,
        }
    }
}

/// Hands on what the guest prints, as far as there is room; of the next chain `sent` bytes were before. Whether that is all that can be done now.
fn transmit(queue: &mut Virtqueue, sink: &mut dyn Sink, sent: &mut usize) -> bool {
    let Some(guard) = queue.enter() else { return true };
    let mut left = ROUND;
    let finished = loop {
        if left == 0 {
            break false;
        }
        match queue.pop(&guard) {
            Some(chain) => {
                let before = *sent;
                let took = take(sink, &chain, sent, left);
                left = left.saturating_sub((*sent - before).max(1));
                match took {
                    Took::All => {
                        *sent = 0;
                        queue.add_used(&guard, chain.head(), 0);
                    }
                    // The same chain is popped again, and what is sent of it is passed over.
                    Took::Part => queue.undo_pop(),
                    Took::NoRoom => {
                        queue.undo_pop();
                        break true;
                    }
                }
            }
            None if queue.enable_notifications(&guard) => left -= 1,
            None => break true,
        }
    };
    queue.signal(&guard);
    finished
}

/// Takes the last of what a guest prints.
struct Last(Vec<u8>);

impl Sink for Last {
    fn put(&mut self, byte: u8) -> Put {
        self.0.push(byte);
        Put::Taken
    }
}

/// Moves waiting input into a chain, and says how much.
fn give(waiting: &mut VecDeque<Chunk>, chain: &Chain) -> usize {
    // A chain that cannot be written any more was changed behind our back: it gets nothing.
    let Ok(mut writer) = chain.writer() else { return 0 };
    let mut given = 0;
    while let Some(chunk) = waiting.front_mut() {
        let piece = chunk.bytes.as_slices().0;
        match writer.write(piece) {
            Ok(written) if written > 0 => {
                chunk.bytes.drain(..written);
                given += written;
            }
            Ok(_) if !piece.is_empty() => break,
            Err(_) => break,
            Ok(_) => {}
        }
        if chunk.bytes.is_empty() {
            waiting.pop_front();
        }
    }
    given
}

/// How far a chain was handed on.
enum Took {
    All,
    /// As much as was allowed.
    Part,
    /// As much as there was room for.
    NoRoom,
}

/// Hands on at most `most` bytes of a chain, from byte `sent` on, and moves `sent` on.
fn take(sink: &mut dyn Sink, chain: &Chain, sent: &mut usize, most: usize) -> Took {
    // What cannot be read any more was changed behind our back: nothing more of it is sent.
    let Ok(mut reader) = chain.reader() else { return Took::All };
    let Ok(mut rest) = reader.split_at(*sent) else { return Took::All };
    let mut left = most;
    let mut piece = [0; PIECE];
    while left > 0 {
        let size = left.min(PIECE);
        let read = match rest.read(&mut piece[..size]) {
            Ok(read) if read > 0 => read,
            _ => return Took::All,
        };
        for &byte in &piece[..read] {
            match sink.put(byte) {
                // A closed sink swallows what is printed: a guest does not wait for a host that has left.
                Put::Taken | Put::Closed => *sent += 1,
                Put::Full => return Took::NoRoom,
            }
        }
        left -= read;
    }
    Took::Part
}

impl VirtioDevice for Console {
    fn device_type(&self) -> u32 {
        DEVICE_TYPE
    }

    fn features(&self) -> u64 {
        SIZE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUES
    }

    /// Columns, rows, the number of ports, which there is one of, and a register for emergencies, which there is not (5.3.4).
    fn read_config(&self, offset: u64, data: &mut [u8]) {
        let (columns, rows) = self.size;
        let fields = [columns, rows, 1, 0, 0, 0].map(u16::to_le_bytes);
        config_bytes(fields.as_flattened(), offset, data);
    }

    fn config_generation(&self) -> u32 {
        self.changes
    }

    fn attach(&mut self, waker: Waker) {
        self.waker.get_or_init(|| waker);
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        let queues = <[Virtqueue; 2]>::try_from(activation.queues);
        self.queues = Some(queues.map_err(|_| ActivateError::QueueMissing(TRANSMIT as u16))?);
        self.sent = 0;
        self.interrupts = Some(activation.interrupts);
        self.measure();
        self.serve();
        Ok(())
    }

    fn notify(&mut self, queue: u16) {
        let finished = if usize::from(queue) == RECEIVE { self.receive() } else { self.transmit() };
        if let (false, Some(waker)) = (finished, self.waker.get()) {
            waker.wake();
        }
    }

    fn wake(&mut self) {
        self.measure();
        self.serve();
    }

    /// Input that waits stays: it is the host's.
    fn reset(&mut self) {
        self.queues = None;
        self.interrupts = None;
    }

    fn stop(&mut self) {
        self.waiting.clear();
        self.transmit();
        let mut last = Last(Vec::new());
        if let Some([_, queue]) = &mut self.queues {
            transmit(queue, &mut last, &mut self.sent);
        }
        let dropped = self.sink.finish(&last.0);
        if dropped > 0 {
            tracing::info!("{dropped} bytes that a guest has printed were dropped at the end");
        }
    }
}
