//! C5 for listeners: `Retired` is behind what every listener did with the removal, whichever thread told it, and whichever completes.

mod common;

use std::sync::Arc;

use common::{Watched, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{FlatRange, Listener};

/// Uses what it was shown once more when it hears that it is gone.
struct Shows(Arc<Watched>);

impl Listener for Shows {
    fn region_del(&mut self, _: &FlatRange) {
        self.0.read();
    }
}

/// A region goes; the helper tells the listener, and the thread that committed helps.
fn told_by_another() {
    let (rig, memory) = (Rig::new(64), Arc::<Watched>::default());
    let (root, space, region) = map::with_region(&rig, 0x1000, map::page);
    let handle = rig.topology().add_listener("shows", space, 0, Shows(Arc::clone(&memory)));
    rig.help_all();

    let retired = map::remove(&rig, root, region);
    let helper = {
        let rig = rig.clone();
        thread::spawn(move || {
            rig.help();
        })
    };
    map::help_until(&rig, &retired);
    memory.write();
    helper.join().expect("it ends");
    drop(handle);
    rig.help_all();
}

models! {
    /// A listener is done with what went before it retired.
    told_before_retired {
        rows: C5;
        run: told_by_another;
        bounds: 3, 4;
    }
}
