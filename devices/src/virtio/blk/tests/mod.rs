mod durability;
mod hostile;
mod requests;

use std::sync::Arc;

use parking_lot::RwLock;

use super::*;
use crate::block::fault::FaultDisk;
use crate::virtio::driver::Driver;

/// A planted defect is armed in the whole process: whoever leans on flushes reads this, whoever arms it writes.
static PLANT: RwLock<()> = RwLock::new(());

const MIB: u64 = 1 << 20;

const READ: u32 = id::VIRTIO_BLK_T_IN;
const WRITE: u32 = id::VIRTIO_BLK_T_OUT;
const FLUSH: u32 = id::VIRTIO_BLK_T_FLUSH;
const OK: u8 = 0;
const IO_ERROR: u8 = 1;
const UNSUPPORTED: u8 = 2;

/// A driver of a disk that fails on request.
fn drive(disk: &Arc<FaultDisk>) -> Driver<Blk> {
    let mut driver = Driver::new(Blk::new(Arc::clone(disk) as Arc<dyn BlockBackend>, BlkOptions::default()));
    let features = driver.device.features();
    driver.activate(features);
    driver
}

fn header(kind: u32, sector: u64) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &[0; 4], &sector.to_le_bytes()].concat()
}

/// A request on its way: where its data and its status will be.
#[derive(Debug, Clone, Copy)]
struct Asked {
    head: u16,
    data: u64,
    status: u64,
}

impl Driver<Blk> {
    /// Asks, without waiting: `out` is for the device, `room` is what it may write.
    fn ask(&mut self, kind: u32, sector: u64, out: &[u8], room: u32) -> Asked {
        let header = self.put(&header(kind, sector));
        let (out_at, data, status) = (self.put(out), self.room(u64::from(room)), self.put(&[0xff]));
        let mut buffers = vec![(header, 16, false)];
        if !out.is_empty() {
            buffers.push((out_at, out.len() as u32, false));
        }
        if room > 0 {
            buffers.push((data, room, true));
        }
        buffers.push((status, 1, true));
        let head = self.offer(0, &buffers);
        self.notify(0);
        Asked { head, data, status }
    }

    /// Asks and waits: the status, the bytes that were read, what the device says it has written.
    fn request(&mut self, kind: u32, sector: u64, out: &[u8], room: u32) -> (u8, Vec<u8>, u32) {
        let asked = self.ask(kind, sector, out, room);
        let (head, written) = self.wait(0);
        assert_eq!(head, asked.head);
        (self.read(asked.status, 1)[0], self.read(asked.data, room as usize), written)
    }
}

/// A range of a discard or a write of zeroes.
fn range(sector: u64, sectors: u32, flags: u32) -> Vec<u8> {
    [&sector.to_le_bytes()[..], &sectors.to_le_bytes(), &flags.to_le_bytes()].concat()
}
