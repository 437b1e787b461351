//! Everything of one machine that is not a device: the topology, the gate, the clock, the helper thread.

use std::sync::Arc;

use crate::{Attention, Clock, Device, DeviceHandle, Paused, Reader, Topology};

/// How to set an [`Executive`] up.
pub struct Config {
    /// The machine's time.
    pub clock: Clock,
    /// Told, from the helper thread, when a device's handler has panicked; by default it is logged.
    pub on_device_failure: Option<Box<dyn Fn(&str) + Send + Sync>>,
}

/// One machine's runtime. Cheap to clone.
#[derive(Clone)]
pub struct Executive {
    _todo: Arc<()>,
}

impl Executive {
    /// Starts the helper thread; an error is the host's, in making it.
    pub fn new(config: Config) -> std::io::Result<Executive> {
        let _ = config;
        unimplemented!()
    }

    /// The memory topology.
    pub fn topology(&self) -> &Topology {
        unimplemented!()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        unimplemented!()
    }

    /// Makes a device an actor. It needs no thread of its own.
    pub fn spawn<D: Device>(&self, name: impl Into<String>, device: D) -> DeviceHandle<D> {
        let _ = (name.into(), device);
        unimplemented!()
    }

    /// Registers a reader, offline. `attention`, where given, is raised to make it come to its next checkpoint soon.
    pub fn reader(&self, name: impl Into<String>, attention: Option<Arc<Attention>>) -> Reader {
        let _ = (name.into(), attention);
        unimplemented!()
    }

    /// Stops the world: returns when every reader is offline at a boundary and no device handler runs. Commits go on.
    /// Called from control threads only, never from a handler or an online reader.
    pub fn pause(&self) -> Paused {
        unimplemented!()
    }

    /// From now on every checkpoint answers [`crate::Flow::Stop`]; readers leave their loops. Cannot be undone.
    pub fn stop(&self) {
        unimplemented!()
    }

    /// Flushes devices, closes every mailbox, ends and joins the helper thread. After [`Executive::stop`] and after the readers' threads
    /// are joined. Calling it again does nothing.
    pub fn shutdown(&self) {
        unimplemented!()
    }

    /// What a run did so far.
    pub fn statistics(&self) -> Statistics {
        unimplemented!()
    }
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Committed transactions.
    pub commits: u64,
    /// The newest published generation.
    pub generation: u64,
    /// Device messages handled (MMIO accesses included).
    pub messages: u64,
}
