//! Dirty logging as its clients use it: started, collected and stopped while readers write.
//!
//! Both halves of the protocol of `ram::dirty` need every reader's acknowledgement, and get it from an ordinary generation:
//! * Start: the range's mask is published, so readers drop the store pointers that they have cached; when all have acknowledged,
//!   whatever is stored from then on is marked.
//! * Collect: the marks are taken out, **then** a generation is published that has readers forget which pages they have marked; when all
//!   have acknowledged, every store that needed no mark because of a mark that was taken is over, and visible to whoever copies.

use std::ops::Range;
use std::sync::Arc;

#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::ram::{DirtyClient, RamBlock};
use crate::{RegionId, Retired, Topology, TopologyError};

/// One client's log of one region of memory. Dropping it stops it.
///
/// All of its calls are for control threads: they wait for readers.
pub struct DirtyLog {
    topology: Topology,
    region: RegionId,
    block: Arc<RamBlock>,
    client: DirtyClient,
    running: bool,
}

impl Topology {
    /// Starts `client`'s log of a region of memory, wherever it is mapped. When this returns, every write from now on is marked; the log is empty,
    /// or holds pages that were written meanwhile.
    pub fn start_log(&self, region: RegionId, client: DirtyClient) -> Result<DirtyLog, TopologyError> {
        let block = self.look(move |state, _| state.memory(region))??;
        let mut start = self.transaction();
        start.set_log_client(region, client, true);
        start.commit()?;
        // Also while no view shows the region: a device may write its memory all the same.
        block.dirty().show(client.mask(), 1);
        let log = DirtyLog { topology: self.clone(), region, block, client, running: true };
        // What an earlier log left. Before readers are waited for, so that nothing is lost that is written after.
        drop(log.collect(0..u64::MAX));
        log.renew()?.wait();
        Ok(log)
    }
}

/// What was collected of a log, and is not to be read before every reader has acknowledged that.
#[must_use = "these pages are marked no more"]
pub struct Collected {
    /// The pages, as ascending, disjoint ranges of bytes in the block.
    pages: Vec<Range<u64>>,
    acknowledged: Retired,
}

impl Collected {
    /// Whether [`Collected::wait`] returns at once.
    pub fn is_ready(&self) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::CopyBeforeAcknowledge) {
            return true;
        }
        self.acknowledged.is_complete()
    }

    /// The pages, once every write that is in no later snapshot can be read.
    pub fn wait(self) -> Vec<Range<u64>> {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::CopyBeforeAcknowledge) {
            return self.pages;
        }
        self.acknowledged.wait();
        self.pages
    }
}

impl DirtyLog {
    /// The memory it is of.
    pub fn block(&self) -> &Arc<RamBlock> {
        &self.block
    }

    /// The region it is of.
    pub fn region(&self) -> RegionId {
        self.region
    }

    /// Whose it is.
    pub fn client(&self) -> DirtyClient {
        self.client
    }

    /// The pages of `range` (bytes from the block's start) that were written since they were last in a snapshot, as ascending, disjoint
    /// ranges of bytes; they count as clean from here on. A write that is not yet in the data when this returns is in the next snapshot.
    ///
    /// Costs what is dirty, and a grace period.
    pub fn snapshot_and_clear(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, TopologyError> {
        Ok(self.begin_snapshot(range)?.wait())
    }

    /// The first half of [`DirtyLog::snapshot_and_clear`], for whoever has something else to do than to wait for readers. Listeners that note
    /// writes elsewhere are waited for here.
    pub fn begin_snapshot(&self, range: Range<u64>) -> Result<Collected, TopologyError> {
        self.topology.listeners().sync_log(self.region);
        let pages = self.collect(range);
        match self.renew() {
            Ok(acknowledged) => Ok(Collected { pages, acknowledged }),
            Err(error) => {
                self.block.dirty().put_back(self.client, &pages);
                Err(error)
            }
        }
    }

    /// Stops it: from now on stores to the region cost nothing more.
    pub fn stop(mut self) -> Result<(), TopologyError> {
        self.end()
    }

    fn collect(&self, range: Range<u64>) -> Vec<Range<u64>> {
        self.block.dirty().collect(self.client, range)
    }

    /// Has readers forget what they have marked. Committed after the collection, so that whoever marks in the new generation marks anew.
    fn renew(&self) -> Result<Retired, TopologyError> {
        let mut renewal = self.topology.transaction();
        renewal.drop_marks();
        Ok(renewal.commit()?.retired)
    }

    fn end(&mut self) -> Result<(), TopologyError> {
        if !std::mem::take(&mut self.running) {
            return Ok(());
        }
        self.block.dirty().hide(self.client.mask(), 1);
        let mut stop = self.topology.transaction();
        stop.set_log_client(self.region, self.client, false);
        match stop.commit() {
            // Destroyed meanwhile: nobody writes there any more.
            Ok(_) | Err(TopologyError::UnknownRegion(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for DirtyLog {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::debug!(%error, region = ?self.region, "a dirty log was not stopped");
        }
    }
}
