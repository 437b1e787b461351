//! manyhart: an actor-based, concurrent, multi-vCPU emulator.
