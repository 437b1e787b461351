//! How the rest of the machine reaches a device: handles that keep it, posters that do not.

use std::sync::{Arc, Weak};

use super::context::Services;
use super::operation::{Operation, Verdict};
use super::shell::{Parcel, Shell};
use super::target::MmioTarget;
use super::{Device, MmioSpec, Shadow};
use crate::helper::Crew;
use crate::mailbox::{AnyMailbox, Mailbox};
use crate::reply::Replier;
use crate::{BusError, Topology};

/// A device's mailbox without its type, for those who know its messages alone.
trait Inbox<M>: Send + Sync {
    fn post_message(self: Arc<Self>, message: M) -> bool;
    fn resume(self: Arc<Self>, operation: Operation, replier: Replier<Verdict>);
}

impl<D: Device> Inbox<D::Message> for Mailbox<Shell<D>> {
    fn post_message(self: Arc<Self>, message: D::Message) -> bool {
        self.post(Parcel::Message(message))
    }

    fn resume(self: Arc<Self>, operation: Operation, replier: Replier<Verdict>) {
        // Gone meanwhile: the replier is dropped with the parcel, and says so.
        self.post(Parcel::Resume(operation, replier));
    }
}

/// Posts to one device; does not keep it alive.
pub struct Poster<M> {
    inbox: Weak<dyn Inbox<M>>,
}

impl<M> Clone for Poster<M> {
    fn clone(&self) -> Poster<M> {
        Poster { inbox: Weak::clone(&self.inbox) }
    }
}

impl<M: Send + 'static> Poster<M> {
    /// Sends `message` without waiting for it to be handled; `false` when the device is gone.
    pub fn post(&self, message: M) -> bool {
        self.inbox.upgrade().is_some_and(|inbox| inbox.post_message(message))
    }

    pub(crate) fn resume(&self, operation: Operation, replier: Replier<Verdict>) {
        if let Some(inbox) = self.inbox.upgrade() {
            inbox.resume(operation, replier);
        }
    }
}

/// What handles and mappings share. When the last of them goes, the mailbox closes behind what was sent, and the helper thread drops the
/// device, once.
pub(super) struct Owner<D: Device> {
    pub(super) mailbox: Arc<Mailbox<Shell<D>>>,
    shadows: Vec<(u32, Arc<Shadow>)>,
}

impl<D: Device> Owner<D> {
    /// What is kept of a region's registers.
    pub(super) fn shadow(&self, region: u32) -> Option<Arc<Shadow>> {
        let found = self.shadows.iter().find(|(of, _)| *of == region);
        found.map(|(_, shadow)| Arc::clone(shadow))
    }
}

impl<D: Device> Drop for Owner<D> {
    fn drop(&mut self) {
        Arc::clone(&self.mailbox).close(false);
    }
}

/// A device that runs. Cheap to clone; the device is dropped with its last handle and its last mapping.
pub struct DeviceHandle<D: Device> {
    owner: Arc<Owner<D>>,
}

impl<D: Device> Clone for DeviceHandle<D> {
    fn clone(&self) -> DeviceHandle<D> {
        DeviceHandle { owner: Arc::clone(&self.owner) }
    }
}

impl<D: Device> DeviceHandle<D> {
    /// Makes `device` an actor.
    pub(crate) fn spawn(crew: &Arc<Crew>, topology: Topology, name: &str, device: D) -> DeviceHandle<D> {
        let shadows = device.shadows();
        let mailbox = Mailbox::new(name, crew, |me: &Weak<Mailbox<Shell<D>>>| {
            let me = Poster { inbox: me.clone() };
            Shell::new(device, Services { crew: Arc::clone(crew), topology, me })
        });
        DeviceHandle { owner: Arc::new(Owner { mailbox, shadows }) }
    }

    /// The name it was spawned with.
    pub fn name(&self) -> &str {
        self.owner.mailbox.name()
    }

    /// Whether a handler of it has panicked.
    pub fn is_failed(&self) -> bool {
        self.owner.mailbox.is_failed()
    }

    /// A handle that posts and does not keep the device alive.
    pub fn poster(&self) -> Poster<D::Message> {
        let inbox = Arc::downgrade(&self.owner.mailbox);
        Poster { inbox }
    }

    /// Posts a message; `false` when the device is gone.
    pub fn post(&self, message: D::Message) -> bool {
        self.owner.mailbox.post(Parcel::Message(message))
    }

    /// Posts a message that carries the way to answer it, and waits for the answer (control threads only), also while the machine is paused.
    /// The device may answer later, from wherever.
    pub fn ask<T: Send + 'static>(&self, message: impl FnOnce(Replier<T>) -> D::Message) -> Result<T, BusError> {
        let parcel = |replier| Parcel::Message(message(replier));
        self.owner.mailbox.command(parcel).map_err(|why| why.on_bus(self.name()))
    }

    /// Resets the device and waits for it (control threads only).
    pub fn reset(&self) -> Result<(), BusError> {
        self.owner.mailbox.command(Parcel::Reset).map_err(|why| why.on_bus(self.name()))
    }

    /// Closes the device although it may still be mapped: what was sent before is handled, later accesses are answered
    /// [`BusError::Gone`], and the device is dropped.
    pub fn close(&self) {
        self.mailbox().close(false);
    }

    /// One of its regions, to be mapped: `region` comes back in each [`Access`](super::Access), `spec` shapes what arrives.
    ///
    /// # Panics
    /// If a size in `spec` is not 1, 2, 4 or 8, or a smallest is above its largest, or the region's shadow has registers of another shape: a mistake
    /// in the program.
    pub fn mmio(&self, region: u32, spec: MmioSpec) -> MmioTarget {
        assert!(spec.is_sound(), "{}: {spec:?}", self.name());
        MmioTarget::new(Arc::clone(&self.owner), region, spec)
    }

    /// The mailbox behind it.
    pub(crate) fn mailbox(&self) -> Arc<dyn AnyMailbox> {
        Arc::clone(&self.owner.mailbox) as Arc<dyn AnyMailbox>
    }
}
