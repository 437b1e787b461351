//! What every transport has a driver write before a device works: status, features, queues (virtio 1.2 sections 2.1, 2.2 and 3.1). Pure
//! state: a write answers with what is to be done about it.

use super::device::features;

/// Bits of the device status field (section 2.1).
pub(super) mod status {
    pub(in super::super) const ACKNOWLEDGE: u8 = 1;
    pub(in super::super) const DRIVER: u8 = 2;
    pub(in super::super) const DRIVER_OK: u8 = 4;
    pub(in super::super) const FEATURES_OK: u8 = 8;
    pub(in super::super) const NEEDS_RESET: u8 = 0x40;
    pub(in super::super) const FAILED: u8 = 0x80;
    /// Those that a driver sets.
    pub(in super::super) const OF_DRIVER: u8 = ACKNOWLEDGE | DRIVER | DRIVER_OK | FEATURES_OK | FAILED;
}

/// What a write to the status asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// DRIVER_OK has been set.
    Activate,
    /// Zero was written.
    Reset,
}

/// A queue as the driver describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueRegisters {
    /// The largest size.
    pub(super) max: u16,
    pub(super) size: u16,
    pub(super) ready: bool,
    pub(super) descriptors: u64,
    pub(super) available: u64,
    pub(super) used: u64,
}

impl QueueRegisters {
    fn power_on(max: u16) -> QueueRegisters {
        QueueRegisters { max, size: max, ready: false, descriptors: 0, available: 0, used: 0 }
    }
}

/// The state that a transport's registers show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registers {
    offered: u64,
    status: u8,
    pub(super) device_feature_select: u32,
    pub(super) driver_feature_select: u32,
    driver_features: u64,
    pub(super) queue_select: u16,
    queues: Vec<QueueRegisters>,
}

impl Registers {
    /// Of a device with these features and queues.
    pub(super) fn new(device_features: u64, queue_sizes: &[u16]) -> Registers {
        Registers {
            offered: device_features | features::OF_TRANSPORT,
            status: 0,
            device_feature_select: 0,
            driver_feature_select: 0,
            driver_features: 0,
            queue_select: 0,
            queues: queue_sizes.iter().map(|&max| QueueRegisters::power_on(max)).collect(),
        }
    }

    /// Back to power-on.
    pub(super) fn reset(&mut self) {
        *self = Registers {
            offered: self.offered,
            status: 0,
            device_feature_select: 0,
            driver_feature_select: 0,
            driver_features: 0,
            queue_select: 0,
            queues: self.queues.iter().map(|queue| QueueRegisters::power_on(queue.max)).collect(),
        };
    }

    pub(super) fn status(&self) -> u8 {
        self.status
    }

    /// The driver may set bits, or reset; it clears none. FEATURES_OK stays clear where the features will not do, and DRIVER_OK where
    /// FEATURES_OK is, which is how the driver finds out.
    pub(super) fn write_status(&mut self, value: u8) -> Effect {
        if value == 0 {
            return Effect::Reset;
        }
        let mut set = value & status::OF_DRIVER & !self.status;
        if set & status::FEATURES_OK != 0 && !self.features_will_do() {
            set &= !status::FEATURES_OK;
        }
        if (self.status | set) & status::FEATURES_OK == 0 {
            set &= !status::DRIVER_OK;
        }
        self.status |= set;
        if set & status::DRIVER_OK != 0 { Effect::Activate } else { Effect::Nothing }
    }

    fn features_will_do(&self) -> bool {
        let unknown = self.driver_features & !self.offered;
        unknown == 0 && self.driver_features & features::VERSION_1 != 0
    }

    /// The device has failed. Whether the driver is to be told: it has said that it is there.
    pub(super) fn needs_reset(&mut self) -> bool {
        self.status |= status::NEEDS_RESET;
        self.is_live()
    }

    /// Whether the driver has set the device up.
    pub(super) fn is_live(&self) -> bool {
        self.status & status::DRIVER_OK != 0
    }

    /// What was agreed on.
    pub(super) fn features(&self) -> u64 {
        self.driver_features
    }

    /// The half of the offered features that is selected; beyond 64 bits there are none.
    pub(super) fn offered_half(&self) -> u32 {
        half(self.offered, self.device_feature_select)
    }

    /// The half of the driver's features that is selected (PCI alone reads it back).
    pub(super) fn driver_half(&self) -> u32 {
        half(self.driver_features, self.driver_feature_select)
    }

    /// After FEATURES_OK nothing changes any more.
    pub(super) fn write_driver_half(&mut self, value: u32) {
        if self.status & status::FEATURES_OK != 0 {
            return;
        }
        match self.driver_feature_select {
            0 => set_low(&mut self.driver_features, value),
            1 => set_high(&mut self.driver_features, value),
            // Feature bits that do not exist: accepting one is a lie about what was offered.
            _ => {}
        }
    }

    pub(super) fn queues(&self) -> &[QueueRegisters] {
        &self.queues
    }

    /// The selected queue, if the device has it.
    pub(super) fn queue(&self) -> Option<&QueueRegisters> {
        self.queues.get(usize::from(self.queue_select))
    }

    /// Lets the driver change the selected queue. An enabled queue stays as it is, save for `ready` itself, and nothing changes under a device that works.
    pub(super) fn change_queue(&mut self, change: impl FnOnce(&mut QueueRegisters)) {
        if self.is_live() {
            return;
        }
        let Some(queue) = self.queues.get_mut(usize::from(self.queue_select)) else { return };
        let before = *queue;
        change(queue);
        if before.ready {
            *queue = QueueRegisters { ready: queue.ready, ..before };
        }
    }
}

fn half(value: u64, select: u32) -> u32 {
    match select {
        0 => value as u32,
        1 => (value >> 32) as u32,
        _ => 0,
    }
}

/// Sets the low half of a register pair.
pub(super) fn set_low(register: &mut u64, value: u32) {
    *register = *register & !0xffff_ffff | u64::from(value);
}

/// Sets the high half of a register pair.
pub(super) fn set_high(register: &mut u64, value: u32) {
    *register = *register & 0xffff_ffff | u64::from(value) << 32;
}

#[cfg(test)]
mod tests {
    use super::status::*;
    use super::*;

    const OWN: u64 = 1 << 5 | 1 << 40;

    fn offered_to(driver: u64) -> Registers {
        let mut registers = Registers::new(OWN, &[8, 16]);
        for (select, value) in [(0, driver as u32), (1, (driver >> 32) as u32)] {
            registers.driver_feature_select = select;
            registers.write_driver_half(value);
        }
        registers
    }

    #[test]
    fn negotiation() {
        use features::*;
        let cases = [
            ("all that is offered", OWN | OF_TRANSPORT, true),
            ("the least", VERSION_1, true),
            ("nothing", 0, false),
            ("no VERSION_1", OWN | EVENT_IDX, false),
            ("one that is not offered", VERSION_1 | 1, false),
            ("one that is not offered, above", VERSION_1 | 1 << 63, false),
        ];
        for (what, driver, accepted) in cases {
            let mut registers = offered_to(driver);
            assert_eq!(registers.write_status(ACKNOWLEDGE | DRIVER), Effect::Nothing);
            assert_eq!(registers.write_status(ACKNOWLEDGE | DRIVER | FEATURES_OK), Effect::Nothing);
            assert_eq!(registers.status() & FEATURES_OK != 0, accepted, "{what}");
            let effect = registers.write_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
            assert_eq!(effect, if accepted { Effect::Activate } else { Effect::Nothing }, "{what}");
            assert_eq!(registers.is_live(), accepted, "{what}");
            registers.driver_feature_select = 0;
            registers.write_driver_half(!0);
            assert_eq!(registers.features() == driver, accepted, "{what}: after FEATURES_OK nothing changes");
        }
    }

    #[test]
    fn features_are_shown_in_halves() {
        let mut registers = offered_to(VERSION_1_AND_OWN);
        let all = OWN | features::OF_TRANSPORT;
        for (select, offered, driver) in [
            (0, all as u32, VERSION_1_AND_OWN as u32),
            (1, (all >> 32) as u32, (VERSION_1_AND_OWN >> 32) as u32),
            (2, 0, 0),
            (!0, 0, 0),
        ] {
            registers.device_feature_select = select;
            registers.driver_feature_select = select;
            assert_eq!((registers.offered_half(), registers.driver_half()), (offered, driver), "{select}");
        }
    }
    const VERSION_1_AND_OWN: u64 = features::VERSION_1 | OWN;

    #[test]
    fn a_driver_clears_no_status_bit() {
        let mut registers = offered_to(features::VERSION_1);
        registers.write_status(ACKNOWLEDGE | DRIVER);
        registers.write_status(FEATURES_OK);
        assert_eq!(registers.status(), ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assert_eq!(registers.write_status(DRIVER_OK), Effect::Activate);
        assert_eq!(registers.write_status(DRIVER_OK), Effect::Nothing, "once");
        assert!(registers.needs_reset());
        registers.write_status(ACKNOWLEDGE | NEEDS_RESET);
        assert_eq!(registers.status(), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK | NEEDS_RESET);
        assert_eq!(registers.write_status(0), Effect::Reset);
        registers.reset();
        assert_eq!(registers, Registers::new(OWN, &[8, 16]));
        assert!(!registers.needs_reset(), "nobody is there to be told");
        registers.write_status(NEEDS_RESET | 0x30);
        assert_eq!(registers.status(), NEEDS_RESET, "bits that are not the driver's");
    }

    #[test]
    fn queues_change_only_while_they_are_disabled() {
        let mut registers = offered_to(features::VERSION_1);
        registers.queue_select = 2;
        assert_eq!(registers.queue(), None);
        registers.change_queue(|_| panic!("there is no queue 2"));
        registers.queue_select = 1;
        registers.change_queue(|queue| set_high(&mut queue.used, 0xabcd));
        registers.change_queue(|queue| set_low(&mut queue.used, 0x1234));
        registers.change_queue(|queue| queue.ready = true);
        registers.change_queue(|queue| queue.size = 4);
        let want =
            QueueRegisters { max: 16, size: 16, ready: true, descriptors: 0, available: 0, used: 0xabcd_0000_1234 };
        assert_eq!(registers.queue(), Some(&want));
        registers.write_status(FEATURES_OK | DRIVER_OK);
        registers.change_queue(|queue| queue.ready = false);
        assert_eq!(registers.queues()[1], want, "not under a device that works");
    }
}
