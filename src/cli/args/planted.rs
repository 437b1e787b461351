//! What `--plant` may be told, in builds that have it.

/// The defects that `--plant` arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PlantedDefect {
    /// A reader sees one range of a new view beside another of the old one.
    Tear,
    /// A write disappears.
    LostWrite,
    /// A hart looks for a newer topology before its fence, not after.
    PollBeforeFence,
    /// A fence does not look for a newer topology.
    FenceUnpolled,
    /// An ordered atomic does not look for a newer topology.
    AtomicUnpolled,
    /// No fence orders a store before a load.
    StorePassesFence,
    /// A store-conditional stores whatever has become of the reservation.
    ScUnwatched,
    /// `fence.i` compares no page with what was decoded.
    CodeKept,
    /// `sfence.vma` forgets no translation.
    TranslationsKept,
}

impl PlantedDefect {
    /// From now on it happens.
    pub fn arm(self) {
        use manyhart_runtime::planted::Bug as Runtime;
        use manyhart_vcpu::planted::Bug as Vcpu;
        use {manyhart_runtime::planted as runtime, manyhart_vcpu::planted as vcpu};
        match self {
            PlantedDefect::Tear => runtime::arm(Runtime::Tear),
            PlantedDefect::LostWrite => runtime::arm(Runtime::LostWrite),
            PlantedDefect::PollBeforeFence => runtime::arm(Runtime::PollBeforeFence),
            PlantedDefect::FenceUnpolled => vcpu::arm(Vcpu::FenceUnpolled),
            PlantedDefect::AtomicUnpolled => vcpu::arm(Vcpu::AtomicUnpolled),
            PlantedDefect::StorePassesFence => runtime::arm(Runtime::StorePassesGuestFence),
            PlantedDefect::ScUnwatched => vcpu::arm(Vcpu::ScUnwatched),
            PlantedDefect::CodeKept => vcpu::arm(Vcpu::CodeKept),
            PlantedDefect::TranslationsKept => vcpu::arm(Vcpu::TranslationsKept),
        }
    }
}
