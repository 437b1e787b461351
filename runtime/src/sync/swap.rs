//! One owned value or none, which anybody swaps, without a lock.
#![allow(unsafe_code)] // It owns what its pointer leads to.

use std::marker::PhantomData;

use super::atomic::{AtomicPtr, Ordering};
use super::model_has_failed;

/// One owned value or none.
///
/// Not `crossbeam`'s `AtomicCell`: that swaps a pointer as an integer, which loses what the pointer may be used for (Miri found it).
pub struct SwapCell<T> {
    at: AtomicPtr<T>,
    /// Whoever swaps gets the value itself, and shares nothing.
    owns: PhantomData<std::sync::Mutex<T>>,
}

impl<T> SwapCell<T> {
    /// None.
    #[allow(clippy::new_without_default)] // nobody would use it
    pub fn new() -> SwapCell<T> {
        SwapCell { at: AtomicPtr::new(std::ptr::null_mut()), owns: PhantomData }
    }

    /// Puts this in, and takes out what was there.
    pub fn swap(&self, value: Option<Box<T>>) -> Option<Box<T>> {
        let new = value.map_or(std::ptr::null_mut(), Box::into_raw);
        // AcqRel: what was done to a value before it was put in happens before whoever takes it out.
        let old = self.at.swap(new, Ordering::AcqRel);
        // SAFETY: only `Box::into_raw` above puts pointers in, and the swap that takes one out is the only one that gets it.
        (!old.is_null()).then(|| unsafe { Box::from_raw(old) })
    }
}

impl<T> Drop for SwapCell<T> {
    fn drop(&mut self) {
        if !model_has_failed() {
            drop(self.swap(None));
        }
    }
}

#[cfg(all(test, not(any(manyhart_loom, manyhart_shuttle))))]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_value_is_taken_out_once_and_none_is_lost() {
        let (cell, value) = (SwapCell::new(), Arc::new(()));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        drop(cell.swap(Some(Box::new(Arc::clone(&value)))));
                        drop(cell.swap(None));
                    }
                });
            }
        });
        assert!(cell.swap(Some(Box::new(Arc::clone(&value)))).is_none());
        assert_eq!(Arc::strong_count(&value), 2, "one is inside");
        drop(cell);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
