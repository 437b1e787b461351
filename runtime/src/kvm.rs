//! KVM memory slots kept by a listener: the guest of the host's hypervisor runs on an address space of this topology.
//!
//! * Memory becomes slots, in whole pages: read-only memory and a ROM device's memory as read-only slots, logged memory with KVM's dirty log. What
//!   is no whole page, finds no free slot, or is refused by KVM becomes none: its accesses leave the guest as MMIO exits and are carried out
//!   through [`AddressSpace`](crate::AddressSpace), slower and right.
//! * What the guest writes to a logged slot KVM notes in its own log. It is read back, into the logs of the memory, when a log is collected, and
//!   before a slot goes or is logged no more.
//! * Doorbells that KVM can express become ioeventfds; the others ring from the exit.
//! * To KVM a slot that moves is one deleted and one added, and a virtual CPU that ran in between would find nothing there: so all are held out of
//!   the guest while slots change. A virtual CPU enters through [`KvmMemory::enter`], which also waits until the slots are those of the
//!   newest generation: what an exit has caused is there when the guest goes on.
//!
//! What never happens here: a slot whose memory may be freed (it owns the range), a wait while a virtual CPU is inside the guest.
#![allow(unsafe_code)] // KVM is given host addresses and file descriptors, and threads are sent signals.

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, FromRawFd, IntoRawFd};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kvm_bindings::{KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY, kvm_userspace_memory_region};
use kvm_ioctls::{IoEventAddress, Kvm, NoDatamatch, VmFd};
use parking_lot::{Condvar, Mutex};
use vmm_sys_util::eventfd::EventFd as KvmEventFd;
use vmm_sys_util::signal;

use crate::ram::PAGE_SIZE;
use crate::topology::Doorbell;
use crate::{AddrRange, AddressSpaceId, FlatRange, Generation, Gpa, Listener, ListenerGone, ListenerHandle, Topology};

/// The memory of one KVM machine, kept like an address space.
pub struct KvmMemory {
    topology: Topology,
    handle: ListenerHandle,
    door: Arc<Door>,
}

impl KvmMemory {
    /// Keeps the slots of `vm`, which has none yet, like `space`. An error is the host's, in taking the signal that makes virtual CPUs leave
    /// the guest (the first real-time one).
    pub fn new(topology: &Topology, space: AddressSpaceId, kvm: &Kvm, vm: Arc<VmFd>) -> io::Result<KvmMemory> {
        take_signal()?;
        let door = Arc::new(Door { inside: Mutex::default(), changed: Condvar::new() });
        let most = kvm.get_nr_memslots();
        let slots = Slots { vm, most, door: Arc::clone(&door), slots: Vec::new(), bells: Vec::new() };
        let handle = topology.add_listener("kvm", space, 0, slots);
        Ok(KvmMemory { topology: topology.clone(), handle, door })
    }

    /// Lets the calling thread's virtual CPU into the guest: to be kept around one `KVM_RUN`, whose `EINTR` means that it is to enter again.
    /// Waits while slots change, and until they are those of the newest generation; never called by an online reader or in a handler.
    pub fn enter(&self) -> Result<Inside<'_>, ListenerGone> {
        self.handle.wait_for(self.topology.generation())?;
        self.door.enter()
    }

    /// The generation whose slots there are.
    pub fn generation(&self) -> Option<Generation> {
        self.handle.generation()
    }
}

/// Who is inside the guest, and whether anybody may.
struct Door {
    inside: Mutex<People>,
    changed: Condvar,
}

#[derive(Default)]
struct People {
    threads: Vec<libc::pthread_t>,
    closed: bool,
    /// The slots are nobody's any more.
    gone: bool,
}

/// A virtual CPU may be in the guest while this lives, on the thread that made it.
pub struct Inside<'a> {
    door: &'a Door,
    _of_this_thread: PhantomData<*mut ()>,
}

impl Door {
    fn enter(&self) -> Result<Inside<'_>, ListenerGone> {
        let mut people = self.inside.lock();
        while people.closed && !people.gone {
            self.changed.wait(&mut people);
        }
        if people.gone {
            return Err(ListenerGone);
        }
        // SAFETY: it has no requirements.
        people.threads.push(unsafe { libc::pthread_self() });
        Ok(Inside { door: self, _of_this_thread: PhantomData })
    }

    /// Returns when nobody is inside, and nobody can enter.
    fn close(&self) {
        let mut people = self.inside.lock();
        people.closed = true;
        while !people.threads.is_empty() {
            for &thread in &people.threads {
                // SAFETY: the thread lives: its `Inside` stands in its frame, and takes it out of the list, under this lock, before it ends.
                unsafe { libc::pthread_kill(thread, signal::SIGRTMIN()) };
            }
            // One that was not in the guest yet when the signal came is sent another.
            self.changed.wait_for(&mut people, Duration::from_millis(1));
        }
    }

    fn open(&self, gone: bool) {
        let mut people = self.inside.lock();
        people.closed = false;
        people.gone |= gone;
        self.changed.notify_all();
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        // SAFETY: it has no requirements.
        let me = unsafe { libc::pthread_self() };
        let mut people = self.door.inside.lock();
        if let Some(at) = people.threads.iter().position(|&thread| thread == me) {
            people.threads.swap_remove(at);
        }
        self.door.changed.notify_all();
    }
}

/// Does nothing: that it is delivered ends `KVM_RUN`.
extern "C" fn on_signal(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {}

fn take_signal() -> io::Result<()> {
    static TAKEN: OnceLock<Result<(), i32>> = OnceLock::new();
    let take = || signal::register_signal_handler(signal::SIGRTMIN(), on_signal).map_err(|error| error.errno());
    TAKEN.get_or_init(take).map_err(io::Error::from_raw_os_error)
}

/// The listener.
struct Slots {
    vm: Arc<VmFd>,
    most: usize,
    door: Arc<Door>,
    /// By slot number.
    slots: Vec<Option<Slot>>,
    bells: Vec<Bell>,
}

struct Slot {
    /// Keeps the memory.
    range: FlatRange,
    pages: AddrRange,
    /// Whether KVM notes what is written.
    logged: bool,
}

impl Slot {
    /// Where in its memory it begins.
    fn offset(&self) -> u64 {
        self.range.offset + (self.pages.start().0 - self.range.range.start().0)
    }
}

struct Bell {
    addr: Gpa,
    bell: Doorbell,
    fd: KvmEventFd,
}

impl Slots {
    /// Tells KVM of a slot; of `size` 0: that there is none.
    fn set(&self, number: usize, slot: &Slot, size: u128) -> Result<(), kvm_ioctls::Error> {
        let Some(block) = slot.range.target.memory() else { return Ok(()) };
        let read_only = slot.range.read_only || slot.range.target.device().is_some();
        let flags = [(slot.logged, KVM_MEM_LOG_DIRTY_PAGES), (read_only, KVM_MEM_READONLY)];
        let region = kvm_userspace_memory_region {
            slot: number as u32,
            flags: flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum(),
            guest_phys_addr: slot.pages.start().0,
            memory_size: size as u64,
            userspace_addr: block.host_base().expose_provenance() as u64 + slot.offset(),
        };
        // SAFETY: the slot shows pages of the block only, which its range owns; the slot is kept until KVM has let go of it. The guest's
        // accesses race with those of this process, which are atomics (see `ram`).
        unsafe { self.vm.set_user_memory_region(region) }
    }

    /// Brings what KVM has noted of the guest's writes to a logged slot into the logs of its memory. KVM protects the pages against writes that it
    /// has not noted before this returns, so whatever the guest writes after is noted anew.
    fn sync(&self, number: usize) {
        let Some(slot) = self.slots.get(number).and_then(Option::as_ref).filter(|slot| slot.logged) else { return };
        let Some(block) = slot.range.target.memory() else { return };
        let from = slot.offset();
        match self.vm.get_dirty_log(number as u32, slot.pages.size() as usize) {
            Ok(words) => written(&words, |page| block.dirty().mark_written(from + page * PAGE_SIZE, PAGE_SIZE)),
            Err(error) => {
                // What it was is not known: all of it may have been written.
                tracing::error!(range = %slot.range.range, %error, "KVM does not tell what was written");
                block.dirty().mark_written(from, slot.pages.size() as u64);
            }
        }
    }

    fn slot_of(&self, range: &FlatRange) -> Option<usize> {
        self.slots.iter().position(|slot| slot.as_ref().is_some_and(|slot| slot.range.range == range.range))
    }

    /// Nobody is inside the guest.
    fn delete(&mut self, number: usize) {
        self.sync(number);
        let Some(slot) = self.slots[number].take() else { return };
        if let Err(error) = self.set(number, &slot, 0) {
            // The memory stays, since KVM still has it; nobody enters the guest any more.
            tracing::error!(range = %slot.range.range, %error, "KVM keeps a slot");
            self.slots[number] = Some(slot);
            self.door.open(true);
        }
    }

    fn relog(&mut self, range: &FlatRange) {
        let Some(number) = self.slot_of(range) else { return };
        let logged = range.dirty_mask != 0;
        if !logged {
            self.door.close();
            self.sync(number);
        }
        let Some(slot) = self.slots[number].as_mut() else { return };
        slot.logged = logged;
        let Some(slot) = self.slots[number].as_ref() else { return };
        if let Err(error) = self.set(number, slot, slot.pages.size()) {
            tracing::error!(range = %range.range, %error, "KVM does not change the log of a slot");
        }
    }
}

impl Listener for Slots {
    fn region_del(&mut self, range: &FlatRange) {
        if let Some(number) = self.slot_of(range) {
            self.door.close();
            self.delete(number);
        }
    }

    fn region_add(&mut self, range: &FlatRange) {
        if range.target.memory().is_none() {
            return;
        }
        let Some(pages) = whole_pages(range.range) else { return };
        let number = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if number >= self.most {
            tracing::warn!(range = %range.range, "no KVM slot is left: it is reached by exits");
            return;
        }
        self.door.close();
        let slot = Slot { range: range.clone(), pages, logged: range.dirty_mask != 0 };
        match self.set(number, &slot, pages.size()) {
            Ok(()) if number == self.slots.len() => self.slots.push(Some(slot)),
            Ok(()) => self.slots[number] = Some(slot),
            Err(error) => tracing::warn!(range = %range.range, %error, "KVM takes no slot: it is reached by exits"),
        }
    }

    fn log_start(&mut self, range: &FlatRange, old_mask: u8) {
        if old_mask == 0 {
            self.relog(range);
        }
    }

    fn log_stop(&mut self, range: &FlatRange, _: u8) {
        if range.dirty_mask == 0 {
            self.relog(range);
        }
    }

    fn log_sync(&mut self, range: &FlatRange) {
        if let Some(number) = self.slot_of(range) {
            self.sync(number);
        }
    }

    fn eventfd_add(&mut self, addr: Gpa, bell: &Doorbell) {
        let fd = match bell.fd.as_fd().try_clone_to_owned() {
            // SAFETY: the descriptor is owned, and goes over.
            Ok(fd) => unsafe { KvmEventFd::from_raw_fd(fd.into_raw_fd()) },
            Err(error) => return tracing::warn!(?bell, %error, "rung from exits"),
        };
        let bell = Bell { addr, bell: bell.clone(), fd };
        match register(&self.vm, &bell) {
            None => {}
            Some(Ok(())) => self.bells.push(bell),
            Some(Err(error)) => tracing::warn!(bell = ?bell.bell, %error, "rung from exits"),
        }
    }

    fn eventfd_del(&mut self, addr: Gpa, bell: &Doorbell) {
        let is_it = |b: &Bell| (b.addr, b.bell.size, b.bell.value) == (addr, bell.size, bell.value);
        let Some(at) = self.bells.iter().position(is_it) else { return };
        let bell = self.bells.swap_remove(at);
        if let Some(Err(error)) = unregister(&self.vm, &bell) {
            tracing::error!(bell = ?bell.bell, %error, "KVM keeps a doorbell");
        }
    }

    fn commit(&mut self, _: Generation) {
        self.door.open(false);
    }
}

impl Drop for Slots {
    /// Told before that all is gone, unless it has failed: then the guest is over.
    fn drop(&mut self) {
        self.door.close();
        for number in 0..self.slots.len() {
            self.delete(number);
        }
        // What KVM has not let go of must stay.
        self.slots.drain(..).flatten().for_each(std::mem::forget);
        self.door.open(true);
    }
}

/// The whole pages of a range.
fn whole_pages(range: AddrRange) -> Option<AddrRange> {
    let start = range.start().0.checked_next_multiple_of(PAGE_SIZE)?;
    let end = (u128::from(range.last().0) + 1) / u128::from(PAGE_SIZE) * u128::from(PAGE_SIZE);
    let last = u64::try_from(end.checked_sub(1)?).ok()?;
    AddrRange::new(Gpa(start), Gpa(last))
}

/// The pages of a log of KVM's.
fn written(words: &[u64], mut page: impl FnMut(u64)) {
    for (&word, first) in words.iter().zip((0..).step_by(64)) {
        let mut left = word;
        while left != 0 {
            page(first + u64::from(left.trailing_zeros()));
            left &= left - 1;
        }
    }
}

/// `None` where KVM has no word for it: a size with any value, a value of any size.
fn register(vm: &VmFd, Bell { addr, bell, fd }: &Bell) -> Option<Result<(), kvm_ioctls::Error>> {
    let at = IoEventAddress::Mmio(addr.0);
    Some(match (bell.size, bell.value) {
        (None, None) => vm.register_ioevent(fd, &at, NoDatamatch),
        (Some(1), Some(value)) => vm.register_ioevent(fd, &at, value as u8),
        (Some(2), Some(value)) => vm.register_ioevent(fd, &at, value as u16),
        (Some(4), Some(value)) => vm.register_ioevent(fd, &at, value as u32),
        (Some(8), Some(value)) => vm.register_ioevent(fd, &at, value),
        _ => return None,
    })
}

fn unregister(vm: &VmFd, Bell { addr, bell, fd }: &Bell) -> Option<Result<(), kvm_ioctls::Error>> {
    let at = IoEventAddress::Mmio(addr.0);
    Some(match (bell.size, bell.value) {
        (None, None) => vm.unregister_ioevent(fd, &at, NoDatamatch),
        (Some(1), Some(value)) => vm.unregister_ioevent(fd, &at, value as u8),
        (Some(2), Some(value)) => vm.unregister_ioevent(fd, &at, value as u16),
        (Some(4), Some(value)) => vm.unregister_ioevent(fd, &at, value as u32),
        (Some(8), Some(value)) => vm.unregister_ioevent(fd, &at, value),
        _ => return None,
    })
}
