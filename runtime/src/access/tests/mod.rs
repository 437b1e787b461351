//! The access rules, through a whole runtime: one space, a reader, and devices that write down what they are asked.

mod direct;
mod dma;
mod forgiving;
mod iommu;
pub(crate) mod machine;
mod regressions;
mod rules;
mod slow;
mod waiting;
