//! virtio devices behind their transports, under a small driver of a guest that is honest, and one that is not.

mod machine;
mod rng;
mod transport;
