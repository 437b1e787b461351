//! Replies: one answer, from whoever has it, to one thread that waits for it offline.

use std::sync::Arc;

use crate::mailbox::Refusal;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{self, Condvar, Mutex, SPINS};

/// What both ends share.
struct Cell<T> {
    /// Set after the answer is in, to spare a waiter the lock. Only a hint, and ordered with nothing: the answer itself is read under the lock.
    ready: AtomicBool,
    answer: Mutex<Option<Result<T, Refusal>>>,
    arrived: Condvar,
}

/// Answers once. Dropped unanswered it answers too ([`Refusal::Gone`], or [`Refusal::Failed`] where a panic drops it), so no caller hangs.
pub struct Replier<T>(Option<Arc<Cell<T>>>);

/// Where the answer arrives.
pub struct Waiter<T>(Arc<Cell<T>>);

/// Both ends of one reply.
pub fn pair<T>() -> (Replier<T>, Waiter<T>) {
    let cell = Arc::new(Cell { ready: AtomicBool::new(false), answer: Mutex::new(None), arrived: Condvar::new() });
    (Replier(Some(Arc::clone(&cell))), Waiter(cell))
}

impl<T> Replier<T> {
    /// The answer.
    pub fn answer(mut self, answer: T) {
        self.settle(Ok(answer));
    }

    /// That there will be none, and why.
    pub(crate) fn refuse(mut self, why: Refusal) {
        self.settle(Err(why));
    }

    fn settle(&mut self, answer: Result<T, Refusal>) {
        let Some(cell) = self.0.take() else { return };
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::WakeBeforeReply) {
            cell.arrived.notify_all();
            *cell.answer.lock() = Some(answer);
            return;
        }
        // The waiter looks and goes to sleep under this lock: either it sees the answer, or it sleeps before this notifies.
        *cell.answer.lock() = Some(answer);
        cell.ready.store(true, Ordering::Relaxed);
        cell.arrived.notify_all();
    }
}

impl<T> Drop for Replier<T> {
    fn drop(&mut self) {
        if self.0.is_some() && !sync::model_has_failed() {
            let why = if std::thread::panicking() { Refusal::Failed } else { Refusal::Gone };
            self.settle(Err(why));
        }
    }
}

impl<T> Waiter<T> {
    /// The answer, if it is there.
    pub fn try_take(&self) -> Option<Result<T, Refusal>> {
        self.0.answer.lock().take()
    }

    /// Waits for the answer. The caller is a control thread, or a reader that is offline inside a call; never a handler.
    pub fn wait(self) -> Result<T, Refusal> {
        let mut spins = SPINS;
        while spins > 0 && !self.0.ready.load(Ordering::Relaxed) {
            std::hint::spin_loop();
            spins -= 1;
        }
        let mut answer = self.0.answer.lock();
        loop {
            if let Some(answer) = answer.take() {
                return answer;
            }
            self.0.arrived.wait(&mut answer);
        }
    }
}

impl<T> std::fmt::Debug for Replier<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Replier")
    }
}

impl<T> std::fmt::Debug for Waiter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiter")
    }
}
