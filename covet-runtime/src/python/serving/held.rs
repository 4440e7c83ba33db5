//! State of objects that Python code can reach at any time.

use std::cell::{Cell, UnsafeCell};

use pyo3::PyTraverseError;
use pyo3::prelude::*;

/// State that only the thread that holds the GIL looks at, and only for as long as no Python code runs.
///
/// Nearly everything that is done with an object of Python's may call back: writing to a transport
/// pauses the protocol, releasing the last reference runs a finalizer. So a closure that is lent the
/// state takes out or puts in, and what it took out is used, or dropped, afterwards.
pub(super) struct Held<T> {
    lent: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: `with` is only called with a token of the GIL, which one thread has at a time, and the
// module is not declared to do without a GIL.
unsafe impl<T: Send> Sync for Held<T> {}

impl<T> Held<T> {
    pub(super) const fn new(value: T) -> Self {
        Self {
            lent: Cell::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The state of what nobody else has.
    pub(super) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Lends the state to `use_it`.
    ///
    /// # Panics
    ///
    /// When it is lent already: `use_it` has run Python code.
    #[inline(always)]
    pub(super) fn with<R>(&self, _py: Python<'_>, use_it: impl FnOnce(&mut T) -> R) -> R {
        struct Return<'a>(&'a Cell<bool>);
        impl Drop for Return<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        assert!(
            !self.lent.replace(true),
            "the state of an object is lent twice"
        );
        let _return = Return(&self.lent);
        // SAFETY: nobody else has it: no other thread holds the GIL, and `lent` was not set.
        use_it(unsafe { &mut *self.value.get() })
    }

    /// Shows the state to the garbage collector: `look` is not called while the state is lent.
    /// What is not shown counts as in use.
    pub(super) fn show(
        &self,
        look: impl FnOnce(&T) -> Result<(), PyTraverseError>,
    ) -> Result<(), PyTraverseError> {
        if self.lent.get() {
            return Ok(());
        }
        // SAFETY: the collector runs while its thread holds the GIL, and visiting runs no Python
        // code that could ask for the state.
        look(unsafe { &*self.value.get() })
    }
}
