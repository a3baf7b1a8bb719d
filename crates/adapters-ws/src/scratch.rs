//! Memory to read into, lent for as long as there is something to read.

use std::cell::Cell;

/// Bytes of one read.
const READ: usize = 16 * 1024;

thread_local! {
    /// What the last connection of this worker gave back. One is enough: a worker polls one
    /// connection at a time, and what waits in the middle of a read takes its own along.
    static SPARE: Cell<Option<Box<[u8; READ]>>> = const { Cell::new(None) };
}

/// A worker's buffer, so that an idle connection has none and a busy one clears none.
pub(crate) struct Scratch(Option<Box<[u8; READ]>>);

impl Scratch {
    pub(crate) fn take() -> Self {
        Self(SPARE.take().or_else(|| Some(Box::new([0; READ]))))
    }

    /// What the last one read is still in it.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().map_or(&mut [], |bytes| bytes)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A thread that ends takes nothing back.
        let _gone = SPARE.try_with(|spare| spare.set(self.0.take()));
    }
}
