//! Working memory that is used for a moment and kept for the next one.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most pieces that are kept while nobody uses them. More are in use where more threads work
/// at once; they are given back to the allocator.
const IDLE: usize = 4;

/// Pieces of working memory that are too large for each connection to own one.
pub(crate) struct Pool<T> {
    /// Short: held to take a piece out and to put it back.
    idle: Mutex<Vec<T>>,
}

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self { idle: Mutex::new(Vec::new()) }
    }

    /// Works with a piece that is idle, as its last user left it, or with a new one.
    pub(crate) fn with<R>(&self, make: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let idle = self.idle().pop();
        let mut piece = idle.unwrap_or_else(make);
        let result = work(&mut piece);
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(piece);
        }
        result
    }

    fn idle(&self) -> MutexGuard<'_, Vec<T>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_used_again_and_a_few_are_kept() {
        let pool = Pool::new();
        let nested = |depth: u32| {
            fn enter(pool: &Pool<u32>, depth: u32) {
                if depth > 0 {
                    pool.with(|| depth, |_| enter(pool, depth - 1));
                }
            }
            enter(&pool, depth);
        };
        nested(1);
        assert_eq!(pool.with(|| unreachable!("one is idle"), |piece| *piece), 1);
        nested(10);
        assert_eq!(pool.idle().len(), IDLE);
    }
}
