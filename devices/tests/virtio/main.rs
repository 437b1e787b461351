//! virtio devices behind their transports, under a small driver of a guest that is honest, and one that is not.

mod console;
mod hostile;
mod machine;
mod on_pci;
mod rng;
mod transport;
mod window;
