//! Every example of a concept runs, and what it asserts holds.

#[path = "../examples/coalescing.rs"]
mod coalescing;
#[path = "../examples/deferred.rs"]
mod deferred;
#[path = "../examples/device.rs"]
mod device;
#[path = "../examples/dirty_cost.rs"]
mod dirty_cost;
#[path = "../examples/listener.rs"]
mod listener;
#[path = "../examples/logging.rs"]
mod logging;
#[path = "../examples/map.rs"]
mod map;
#[path = "../examples/messages.rs"]
mod messages;
#[path = "../examples/pause.rs"]
mod pause;
#[path = "../examples/picture.rs"]
mod picture;
#[path = "../examples/reader.rs"]
mod reader;
#[path = "../examples/retire.rs"]
mod retire;
#[path = "../examples/transaction.rs"]
mod transaction;
#[path = "../examples/why.rs"]
mod why;

type Example = fn() -> Result<(), Box<dyn std::error::Error>>;

#[test]
fn every_example_ends_well() {
    let examples: [(&str, Example); 14] = [
        ("coalescing", coalescing::main),
        ("deferred", deferred::main),
        ("device", device::main),
        ("dirty_cost", dirty_cost::main),
        ("listener", listener::main),
        ("logging", logging::main),
        ("map", map::main),
        ("messages", messages::main),
        ("pause", pause::main),
        ("picture", picture::main),
        ("reader", reader::main),
        ("retire", retire::main),
        ("transaction", transaction::main),
        ("why", why::main),
    ];
    for (name, example) in examples {
        if let Err(error) = example() {
            panic!("{name}: {error}");
        }
    }
}
