//! A device from outside: this file uses what any crate may use, and adds a counter to a machine of its own.

use manyhart_runtime::{Access, Answer, Clock, Context, Device, DeviceError, Gpa, MmioSpec, Requester};
use manyhart_runtime::{Config, Executive};

/// Reads as the number of times it was read.
struct Counter(u64);

impl Device for Counter {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        self.0 += 1;
        Ok(self.0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Err(DeviceError::NoRegister.into())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {
        self.0 = 0;
    }
}

#[test]
fn a_new_device_is_spawned_mapped_and_accessed() {
    let executive = Executive::new(Config { clock: Clock::manual(1_000), on_device_failure: None }).unwrap();
    let counter = executive.spawn("counter", Counter(0));

    let mut map = executive.topology().transaction();
    let root = map.container("system", 1 << 64);
    let space = map.address_space("memory", root);
    let region = map.mmio("counter", 0x1000, counter.mmio(0, MmioSpec::aligned(4, 4)));
    map.add_subregion(root, 0x5000_0000, region);
    map.commit().unwrap();

    let space = executive.topology().address_space(space);
    let mut value = [0; 4];
    for want in 1..=3 {
        space.read(Gpa(0x5000_0000), &mut value, Requester::Debugger).unwrap();
        assert_eq!(u32::from_le_bytes(value), want);
    }
    assert!(space.write(Gpa(0x5000_0000), &value, Requester::Debugger).is_err());
    executive.shutdown();
}
