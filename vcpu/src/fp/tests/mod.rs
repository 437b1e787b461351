//! Three judges: an exact oracle for every mode and flag, the host for round-to-nearest, and named corners.

mod exact;
mod host;
mod instructions;
mod named;
mod operands;
mod oracle;
