//! What happened to the machine, told to whoever listens. Telling never waits: a listener that does not keep up is let go.

use std::time::{Duration, SystemTime};

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;

/// How many notices wait for one listener before it is let go.
const ROOM: usize = 1024;

/// Who wanted a reset or an end, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The guest powered itself off.
    GuestShutdown,
    /// The guest asked for a reboot.
    GuestReset,
    /// The guest's program says that it failed.
    GuestPanic,
    /// A client of a protocol, or a person at the monitor, wants the end.
    HostQuit,
    /// The same, for a reset.
    HostReset,
    /// A signal, or the key that leaves.
    HostSignal,
    /// The machine itself failed.
    HostError,
}

impl Cause {
    /// As protocols spell it.
    pub fn name(self) -> &'static str {
        match self {
            Cause::GuestShutdown => "guest-shutdown",
            Cause::GuestReset => "guest-reset",
            Cause::GuestPanic => "guest-panic",
            Cause::HostQuit => "host-qmp-quit",
            Cause::HostReset => "host-qmp-system-reset",
            Cause::HostSignal => "host-signal",
            Cause::HostError => "host-error",
        }
    }

    /// Whether it was the guest's own doing.
    pub fn is_guests(self) -> bool {
        matches!(self, Cause::GuestShutdown | Cause::GuestReset | Cause::GuestPanic)
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The harts stand.
    Stop,
    /// The harts run on.
    Resume,
    /// Back at power-on.
    Reset(Cause),
    /// The end.
    Shutdown {
        /// Who wanted it.
        cause: Cause,
        /// With which exit status.
        status: u8,
    },
    /// This device is gone.
    DeviceDeleted {
        /// Its id.
        id: String,
    },
    /// The guest keeps this device.
    UnplugRefused {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
}

/// A notice and when it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// What.
    pub notice: Notice,
    /// Since 1970.
    pub at: Duration,
}

/// The listeners.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Vec<Sender<Stamped>>>);

impl Notices {
    /// From now on. The channel closes when its listener did not keep up, and at the machine's end.
    pub fn listen(&self) -> Receiver<Stamped> {
        let (sender, receiver) = bounded(ROOM);
        self.0.lock().push(sender);
        receiver
    }

    /// Tells everybody.
    pub fn tell(&self, notice: &Notice) {
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.0.lock().retain(|listener| match listener.try_send(Stamped { notice: notice.clone(), at }) {
            Ok(()) => true,
            Err(TrySendError::Disconnected(_)) => false,
            Err(TrySendError::Full(_)) => {
                tracing::warn!("a listener does not keep up, and is let go");
                false
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_does_not_keep_up_is_let_go_and_the_others_are_not() {
        let notices = Notices::default();
        let (slow, quick) = (notices.listen(), notices.listen());
        for _ in 0..ROOM + 10 {
            notices.tell(&Notice::Stop);
            assert_eq!(quick.try_recv().unwrap().notice, Notice::Stop);
        }
        assert_eq!(slow.iter().count(), ROOM, "what had room, and then the end");
        notices.tell(&Notice::Resume);
        assert_eq!(quick.try_recv().unwrap().notice, Notice::Resume);
        drop(notices);
        assert!(quick.recv().is_err());
    }
}
