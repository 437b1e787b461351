//! PCI functions as a guest's drivers see them: found and set up through configuration space, used through their BARs, reached and reaching
//! through the map.

mod edu;
mod hotplug;
mod machine;
mod races;
mod scratch;
