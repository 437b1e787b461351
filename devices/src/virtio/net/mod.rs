//! The network device (virtio 1.2 section 5.1): one pair of queues, no offloads, so that what the guest sends is whole frames and what it
//! gets is whole frames, whatever is behind the wire.
//!
//! The transport's handlers copy frames between guest memory and queues with ends; a [`Pump`] has the thread. A guest that offers no buffers holds the
//! wire up, not memory of ours; a wire that takes nothing holds the guest's sent buffers up.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::Read;

use virtio_bindings::{virtio_ids, virtio_net as id};
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::{ActivateError, Activation, Chain, Guard, Interrupts, VirtioDevice, Virtqueue, Waker, config_bytes};
use crate::net::pump::Pump;
use crate::net::{LONGEST_FRAME, Netdev, SHORTEST_FRAME};

const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;
const QUEUE_SIZE: u16 = 256;
/// In front of each frame (section 5.1.6).
const HEADER: usize = 12;
/// Where the header says over how many buffers a frame goes.
const BUFFERS: u64 = 10;
/// How many frames one call moves before it lets others in.
const TURN: usize = 256;

const MAC: u64 = 1 << id::VIRTIO_NET_F_MAC;
const STATUS: u64 = 1 << id::VIRTIO_NET_F_STATUS;
const MERGE: u64 = 1 << id::VIRTIO_NET_F_MRG_RXBUF;

/// A virtio network interface.
pub struct Net {
    netdev: Netdev,
    mac: [u8; 6],
    pump: Option<Pump>,
    waker: Option<Waker>,
    /// What the driver was last shown of the carrier.
    shown_up: bool,
    generation: u32,
    active: Option<Active>,
    /// A frame for which the guest has no buffers yet.
    held: Option<Vec<u8>>,
}

struct Active {
    receive: Lane,
    transmit: Lane,
    interrupts: Interrupts,
    merges: bool,
    tells_status: bool,
}

/// A queue, and whether the driver is yet to be told of what was used.
struct Lane {
    queue: Virtqueue,
    untold: bool,
}

impl Lane {
    fn use_up(&mut self, guard: &Guard, head: u16, written: u32) {
        self.queue.add_used(guard, head, written);
        self.untold = true;
    }

    fn tell(&mut self, guard: &Guard) {
        if std::mem::take(&mut self.untold) {
            self.queue.signal(guard);
        }
    }
}

/// What became of a frame for the guest.
enum Delivery {
    /// It is there, or can never be.
    Done,
    /// The guest has not enough buffers now, and tells when there are more.
    NoBuffers,
    /// The device has failed.
    Failed,
}

impl Net {
    /// An interface on this wire.
    pub fn new(netdev: Netdev, mac: [u8; 6]) -> Net {
        Net { netdev, mac, pump: None, waker: None, shown_up: false, generation: 0, active: None, held: None }
    }

    /// Moves what the guest sends, as far as the wire has room.
    fn transmit(&mut self) {
        let (Some(active), Some(pump)) = (&mut self.active, &self.pump) else { return };
        let lane = &mut active.transmit;
        let Some(guard) = lane.queue.enter() else { return };
        let mut left = TURN;
        loop {
            lane.queue.disable_notifications(&guard);
            let mut room = true;
            while left > 0 {
                room = pump.has_room();
                if !room {
                    break;
                }
                let Some(chain) = lane.queue.pop(&guard) else { break };
                left -= 1;
                if let Some(frame) = frame_of(&chain) {
                    pump.send(frame);
                }
                lane.use_up(&guard, chain.head(), 0);
            }
            if !room {
                // The pump tells when there is some.
                break;
            }
            if left == 0 {
                wake(&self.waker);
                break;
            }
            if !lane.queue.enable_notifications(&guard) {
                break;
            }
        }
        pump.kick();
        lane.tell(&guard);
    }

    /// Moves what came, as far as the guest has buffers.
    fn receive(&mut self) {
        let Some(pump) = &self.pump else { return };
        let Some(active) = &mut self.active else {
            // Nobody listens: what comes is lost, and nothing old is there when somebody does.
            while pump.receive().is_some() {}
            return;
        };
        let Some(guard) = active.receive.queue.enter() else { return };
        active.receive.queue.disable_notifications(&guard);
        let mut left = TURN;
        while let Some(frame) = self.held.take().or_else(|| pump.receive()) {
            match active.receive.deliver(&guard, &frame, active.merges) {
                Delivery::Done => {}
                Delivery::NoBuffers => {
                    self.held = Some(frame);
                    break;
                }
                Delivery::Failed => break,
            }
            left -= 1;
            if left == 0 {
                wake(&self.waker);
                break;
            }
        }
        active.receive.tell(&guard);
    }

    fn look_at_carrier(&mut self) {
        let is_up = self.pump.as_ref().is_some_and(Pump::is_up);
        if std::mem::replace(&mut self.shown_up, is_up) != is_up {
            self.generation = self.generation.wrapping_add(1);
            if let Some(active) = self.active.as_ref().filter(|active| active.tells_status) {
                active.interrupts.config_changed();
            }
        }
    }
}

fn wake(waker: &Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// What the guest sends: `None` for what is no frame, which goes nowhere.
fn frame_of(chain: &Chain) -> Option<Vec<u8>> {
    let mut reader = chain.reader().ok()?;
    let len = reader.available_bytes().checked_sub(HEADER)?;
    if !(SHORTEST_FRAME..=LONGEST_FRAME).contains(&len) {
        return None;
    }
    // No offload was offered: the header says nothing.
    reader.read_exact(&mut [0; HEADER]).ok()?;
    let mut frame = vec![0; len];
    reader.read_exact(&mut frame).ok()?;
    Some(frame)
}

impl Lane {
    /// Puts a frame into the guest's buffers: one chain, or, merged, as many as it takes.
    fn deliver(&mut self, guard: &Guard, frame: &[u8], merges: bool) -> Delivery {
        let whole = (HEADER + frame.len()) as u64;
        let mut chains: VecDeque<Chain> = VecDeque::new();
        let mut room = 0;
        while room < whole {
            let Some(chain) = self.next_buffer(guard) else {
                if self.queue.interrupts().has_failed() {
                    return Delivery::Failed;
                }
                if chains.len() == usize::from(self.queue.size()) {
                    self.queue.interrupts().needs_reset("all its receive buffers do not hold a frame");
                    return Delivery::Failed;
                }
                (0..chains.len()).for_each(|_| self.queue.undo_pop());
                return Delivery::NoBuffers;
            };
            room += chain.writable();
            chains.push_back(chain);
            if chains[0].writable() < HEADER as u64 || chains.len() > usize::from(self.queue.size()) {
                self.queue.interrupts().needs_reset("a receive buffer is too small for a header");
                return Delivery::Failed;
            }
            if !merges && room < whole {
                // The guest has made buffers for shorter frames than this one, which is lost.
                self.queue.undo_pop();
                return Delivery::Done;
            }
        }
        match self.fill(guard, frame, &chains) {
            Ok(()) => Delivery::Done,
            Err(error) => {
                self.queue.interrupts().needs_reset(&format!("a receive buffer is gone: {error}"));
                Delivery::Failed
            }
        }
    }

    /// The guest's next buffer. Where there is none, the driver is asked to tell of what it adds behind those that were taken: to ask when
    /// they are put back would be answered by them, for ever.
    fn next_buffer(&mut self, guard: &Guard) -> Option<Chain> {
        let chain = self.queue.pop(guard);
        if chain.is_some() || !self.queue.enable_notifications(guard) {
            return chain;
        }
        // It came just now, and perhaps without a word.
        self.queue.pop(guard)
    }

    fn fill(&mut self, guard: &Guard, frame: &[u8], chains: &VecDeque<Chain>) -> Result<(), GuestMemoryError> {
        let mut header = [0; HEADER];
        header[BUFFERS as usize..].copy_from_slice(&(chains.len() as u16).to_le_bytes());
        let bytes = [&header[..], frame].concat();
        let mut rest = &bytes[..];
        for chain in chains {
            let before = rest.len();
            for (addr, len) in chain.writable_buffers() {
                let now = rest.len().min(len as usize);
                guard.write_slice(&rest[..now], GuestAddress(addr.0))?;
                rest = &rest[now..];
            }
            self.use_up(guard, chain.head(), (before - rest.len()) as u32);
        }
        Ok(())
    }
}

impl VirtioDevice for Net {
    fn device_type(&self) -> u32 {
        virtio_ids::VIRTIO_ID_NET
    }

    fn features(&self) -> u64 {
        MAC | STATUS | MERGE
    }

    fn queue_sizes(&self) -> &[u16] {
        &[QUEUE_SIZE; 2]
    }

    /// Address, then status (section 5.1.4).
    fn read_config(&self, offset: u64, data: &mut [u8]) {
        let mut config = [0; 8];
        config[..6].copy_from_slice(&self.mac);
        config[6] = if self.shown_up { id::VIRTIO_NET_S_LINK_UP as u8 } else { 0 };
        config_bytes(&config, offset, data);
    }

    fn config_generation(&self) -> u32 {
        self.generation
    }

    fn attach(&mut self, waker: Waker) {
        let tell = waker.clone();
        self.waker = Some(waker);
        match Pump::start(&self.netdev, move || tell.wake()) {
            Ok(pump) => self.pump = Some(pump),
            // An interface without a carrier, then.
            Err(error) => tracing::error!("a network interface has no wire: {error}"),
        }
        self.look_at_carrier();
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        let (merges, tells_status) = (activation.has(MERGE), activation.has(STATUS));
        let mut queues = activation.queues.into_iter().map(|queue| Lane { queue, untold: false });
        let (Some(receive), Some(transmit)) = (queues.next(), queues.next()) else {
            return Err(ActivateError::QueueMissing(0));
        };
        for lane in [&receive, &transmit] {
            if !lane.queue.ready() {
                return Err(ActivateError::QueueMissing(lane.queue.index()));
            }
        }
        let interrupts = activation.interrupts;
        self.active = Some(Active { receive, transmit, interrupts, merges, tells_status });
        Ok(())
    }

    fn notify(&mut self, queue: u16) {
        match usize::from(queue) {
            RECEIVE => self.receive(),
            TRANSMIT => self.transmit(),
            _ => {}
        }
    }

    fn wake(&mut self) {
        self.look_at_carrier();
        self.transmit();
        self.receive();
    }

    fn reset(&mut self) {
        self.active = None;
        self.held = None;
    }
}
