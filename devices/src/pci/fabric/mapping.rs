//! What configuration space says, against what the map shows. The difference goes into the turn's transaction, so that whatever a write
//! meant — a BAR moved, all of them hidden, a window that now clips what is behind it elsewhere — is one publication.

use super::Fabric;
use super::hierarchy::{Bridge, Function};
use super::turn::Turn;
use crate::pci::config::bars;
use crate::pci::config::window::{self, Window};
use crate::pci::config::{express, header};
use crate::pci::{FunctionEvent, PowerState};

impl Fabric {
    /// Has the map show what a function's configuration space says, and what it says of those behind it.
    pub(super) fn show(&mut self, number: u32, turn: &mut Turn) {
        let Some(function) = self.functions.get_mut(&number) else { return };
        settle_power(function, turn);
        let powered = function.power == PowerState::D0;
        for mapped in &mut function.registers {
            let wanted = bars::address(&function.config, &mapped.register);
            let wanted = wanted.filter(|_| powered);
            move_region(mapped.region, &mut mapped.at, wanted, turn);
        }
        if let Some(bridge) = &mut function.bridge {
            let open = powered && !bridge.down;
            show_windows(bridge, |kind| window::forwarded(&function.config, kind).filter(|_| open), turn);
        }
        self.gate(number, turn);
    }

    /// Opens or closes the gates of a function and of all behind it: a request needs every bridge's leave to go up.
    fn gate(&mut self, number: u32, turn: &mut Turn) {
        let behind = self.functions.get(&number).and_then(|function| function.bridge.as_ref());
        let behind = behind.map(|bridge| self.behind(bridge.secondary)).unwrap_or_default();
        for number in std::iter::once(number).chain(behind) {
            let open = self.may_master(number);
            let Some(function) = self.functions.get_mut(&number) else { continue };
            if function.masters != open {
                function.masters = open;
                turn.change().set_enabled(function.grant.gate, open);
                turn.tell(number, FunctionEvent::BusMaster(open));
            }
        }
    }

    /// Whether a function's requests reach the root.
    fn may_master(&self, number: u32) -> bool {
        let Some(function) = self.functions.get(&number) else { return false };
        let mut bus = function.bus;
        let mut allowed = masters(function);
        while let Some(bridge) = self.bridge_of(bus) {
            allowed &= masters(bridge) && bridge.bridge.as_ref().is_some_and(|bridge| !bridge.down);
            bus = bridge.bus;
        }
        allowed
    }
}

fn masters(function: &Function) -> bool {
    header::commands(&function.config, header::COMMAND_MASTER) && function.power == PowerState::D0
}

fn settle_power(function: &mut Function, turn: &mut Turn) {
    let Some(at) = function.layout.power else { return };
    let power = express::power(&function.config, at);
    if power != function.power {
        function.power = power;
        turn.tell(function.number(), FunctionEvent::Power(power));
    }
}

fn move_region(region: manyhart_runtime::RegionId, at: &mut Option<u64>, wanted: Option<u64>, turn: &mut Turn) {
    if *at == wanted {
        return;
    }
    if let Some(address) = wanted {
        turn.change().set_address(region, address);
    }
    if at.is_some() != wanted.is_some() {
        turn.change().set_enabled(region, wanted.is_some());
    }
    *at = wanted;
}

fn show_windows(bridge: &mut Bridge, wanted: impl Fn(window::Kind) -> Option<Window>, turn: &mut Turn) {
    for (kind, (region, shown)) in window::Kind::ALL.into_iter().zip(&mut bridge.windows) {
        let wanted = wanted(kind);
        if *shown == wanted {
            continue;
        }
        let map = turn.change();
        if let Some(Window { first, last }) = wanted {
            map.set_size(*region, u128::from(last - first) + 1);
            map.set_alias_offset(*region, first);
            map.set_address(*region, first);
        }
        map.set_enabled(*region, wanted.is_some());
        *shown = wanted;
    }
}
