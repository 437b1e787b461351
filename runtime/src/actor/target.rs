//! A device's region as the topology maps it, and as accesses reach it.

use std::sync::Arc;

use super::direct::{Direct, Registers};
use super::handle::Owner;
use super::operation::{Request, Verdict};
use super::shell::{Parcel, Shell};
use super::{Device, MmioSpec, Shadow};
use crate::mailbox::{AnyMailbox, Mailbox};
use crate::ram::PinCount;
use crate::reply::Waiter;
use crate::{BusError, DeviceError};

/// A device's region as the topology maps it: a mailbox (or [`Registers`]), a region number and the shape of accesses.
#[derive(Clone)]
pub struct MmioTarget {
    port: Arc<dyn Port>,
    pub(crate) region: u32,
    pub(crate) spec: MmioSpec,
    is_direct: bool,
    /// Whether some of its registers may be read without the device.
    is_shadowed: bool,
    /// Keeps the device.
    _owner: Arc<dyn Send + Sync>,
}

/// A region that is held back from being retired, while an access to it outlives the look at the view that found it. Does not keep the
/// device: who waits for a device that goes away is answered.
pub(crate) struct MmioPin {
    port: Arc<dyn Port>,
    pub(crate) region: u32,
    pub(crate) spec: MmioSpec,
    is_direct: bool,
}

/// What an access comes to that does not bring its value at once.
pub(crate) enum Detour {
    /// The device refuses.
    Device(DeviceError),
    /// There is nobody to ask.
    Bus(BusError),
    /// Wait for it.
    Later(Waiter<Verdict>),
}

/// Where accesses go in, without the device's type.
pub(super) trait Port: Send + Sync {
    /// The value, in two registers; everything else is rare and boxed.
    fn access(&self, request: &Request) -> Result<u64, Box<Detour>>;
    /// A register's value, where it can be had without the device.
    fn peek(&self, offset: u64, size: u8) -> Option<u64> {
        let _ = (offset, size);
        None
    }
    fn command(&self, request: &Request) -> Result<Verdict, BusError>;
    fn post_write(&self, request: &Request) -> bool;
    fn coalesce(&self, request: &Request) -> bool;
    fn name(&self) -> &str;
    /// `None`: registers that take every access at once.
    fn mailbox(&self) -> Option<Arc<dyn AnyMailbox>>;
    fn pins(&self) -> &PinCount;
}

/// One region of one device.
struct Mapped<D: Device> {
    mailbox: Arc<Mailbox<Shell<D>>>,
    shadow: Option<Arc<Shadow>>,
    pins: PinCount,
}

impl<D: Device> Port for Mapped<D> {
    fn access(&self, request: &Request) -> Result<u64, Box<Detour>> {
        let inline = |shell: &mut Shell<D>| shell.access_now(request);
        let message = |replier| Parcel::Access(*request, replier);
        match self.mailbox.call(inline, message, |waiter| Err(Box::new(Detour::Later(waiter)))) {
            Ok(result) => result,
            Err(why) => Err(Box::new(Detour::Bus(why.on_bus(self.mailbox.name())))),
        }
    }

    fn peek(&self, offset: u64, size: u8) -> Option<u64> {
        let shadow = self.shadow.as_ref()?;
        self.mailbox.peek(|| shadow.get(offset, size))
    }

    fn command(&self, request: &Request) -> Result<Verdict, BusError> {
        let message = |replier| Parcel::Access(*request, replier);
        self.mailbox.command(message).map_err(|why| why.on_bus(self.mailbox.name()))
    }

    fn post_write(&self, request: &Request) -> bool {
        self.mailbox.post(Parcel::Write(*request))
    }

    fn coalesce(&self, request: &Request) -> bool {
        self.mailbox.coalesce(Parcel::Write(*request))
    }

    fn name(&self) -> &str {
        self.mailbox.name()
    }

    fn mailbox(&self) -> Option<Arc<dyn AnyMailbox>> {
        Some(Arc::clone(&self.mailbox) as Arc<dyn AnyMailbox>)
    }

    fn pins(&self) -> &PinCount {
        &self.pins
    }
}

impl MmioTarget {
    pub(super) fn new<D: Device>(owner: Arc<Owner<D>>, region: u32, spec: MmioSpec) -> MmioTarget {
        let (mailbox, shadow) = (Arc::clone(&owner.mailbox), owner.shadow(region));
        assert!(shadow.as_ref().is_none_or(|shadow| shadow.suits(&spec)), "{}: {spec:?}", mailbox.name());
        let is_shadowed = shadow.is_some();
        let port = Arc::new(Mapped { mailbox, shadow, pins: PinCount::new() });
        MmioTarget { port, region, spec, is_direct: false, is_shadowed, _owner: owner }
    }

    /// Registers without a mailbox, to be mapped: accesses are carried out at once by whoever makes them, also inside a handler.
    /// `spec` shapes what arrives; the parts of an access that is split are accesses of their own, between which others may come.
    ///
    /// # Panics
    /// If a size in `spec` is not 1, 2, 4 or 8, or a smallest is above its largest, or narrow writes are to be carried out as read, modify,
    /// write, between which others would come: a mistake in the program.
    pub fn direct(name: impl Into<String>, spec: MmioSpec, registers: Arc<dyn Registers>) -> MmioTarget {
        let name = name.into();
        assert!(spec.is_sound() && !spec.narrow_writes_by_rmw, "{name}: {spec:?}");
        let port = Arc::new(Direct::new(name, registers));
        let _owner = Arc::clone(&port) as Arc<dyn Send + Sync>;
        MmioTarget { port, region: 0, spec, is_direct: true, is_shadowed: false, _owner }
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        self.port.name()
    }

    /// Whether there is no mailbox, and every access is carried out at once.
    #[inline]
    pub(crate) fn is_direct(&self) -> bool {
        self.is_direct
    }

    /// The mailbox behind it.
    pub(crate) fn mailbox(&self) -> Option<Arc<dyn AnyMailbox>> {
        self.port.mailbox()
    }

    /// How many accesses hold it back. A grace period asks after every reader has passed it.
    pub(crate) fn pins(&self) -> u64 {
        self.port.pins().get()
    }

    /// Holds it back. To be called online; it may be kept offline.
    pub(crate) fn pin(&self) -> MmioPin {
        self.port.pins().add();
        MmioPin { port: Arc::clone(&self.port), region: self.region, spec: self.spec, is_direct: self.is_direct }
    }

    /// Whether some of its registers may be read without the device.
    #[inline]
    pub(crate) fn is_shadowed(&self) -> bool {
        self.is_shadowed
    }

    /// What a read brings, where the device need not be asked: for a reader that is online. It is allowed where it brings something.
    #[inline]
    pub(crate) fn peek(&self, offset: u64, size: u8) -> Option<u64> {
        self.port.peek(offset, size)
    }

    /// Carries an allowed access out, or queues it: for a reader that is online, or that waits inside its call.
    #[inline]
    pub(crate) fn access(&self, request: &Request) -> Result<u64, Box<Detour>> {
        self.port.access(request)
    }

    /// As [`MmioPin::command`].
    pub(crate) fn command(&self, request: &Request) -> Result<u64, BusError> {
        self.port.command(request).and_then(|verdict| self.on_bus(verdict))
    }

    /// Queues an allowed write that nobody waits for and nobody runs the device for; `false` when it must be sent otherwise.
    pub(crate) fn coalesce(&self, request: &Request) -> bool {
        self.port.coalesce(request)
    }

    /// What the bus says of a device's answer.
    pub(crate) fn on_bus(&self, verdict: Verdict) -> Result<u64, BusError> {
        on_bus(self.name(), verdict)
    }
}

impl MmioPin {
    /// The device's name.
    pub(crate) fn name(&self) -> &str {
        self.port.name()
    }

    /// As [`MmioTarget::is_direct`].
    pub(crate) fn is_direct(&self) -> bool {
        self.is_direct
    }

    /// As [`MmioTarget::access`].
    pub(crate) fn access(&self, request: &Request) -> Result<u64, Box<Detour>> {
        self.port.access(request)
    }

    /// Carries an allowed access out and waits for the answer: for control threads.
    pub(crate) fn command(&self, request: &Request) -> Result<u64, BusError> {
        self.port.command(request).and_then(|verdict| on_bus(self.name(), verdict))
    }

    /// Queues an allowed write that nobody waits for; `false` when the device is gone.
    pub(crate) fn post_write(&self, request: &Request) -> bool {
        self.port.post_write(request)
    }
}

impl Drop for MmioPin {
    fn drop(&mut self) {
        self.port.pins().remove();
    }
}

/// What the bus says of a device's answer.
#[inline]
pub(crate) fn on_bus(device: &str, verdict: Verdict) -> Result<u64, BusError> {
    verdict.map_err(|error| BusError::Device { device: device.to_owned(), error })
}
