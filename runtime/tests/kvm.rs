//! A real guest on KVM memory slots that a listener keeps, where the machine has `/dev/kvm`.

#[path = "../examples/kvm.rs"]
mod example;

#[test]
fn r10_kvm_slots_follow_the_map_under_a_running_guest() {
    if let Err(why) = example::usable() {
        println!("skipped: /dev/kvm ({why})");
        return;
    }
    let outcome = example::run().expect("the guest runs to its end");
    // 0x5a before and after the bank moved, nothing where it was, and ROM.
    assert_eq!(outcome.registers, [0x5a, 0x5a, 0xff, 0x42]);
    assert_eq!(outcome.stored, Some(0x77), "the guest's store to the moved slot");
    assert_eq!(outcome.rings, 1, "the doorbell rang");
    // Four registers, the old place, and the refused write; the doorbell, the banks and ROM's reads take none.
    assert!((6..=8).contains(&outcome.exits), "{} exits", outcome.exits);
}
