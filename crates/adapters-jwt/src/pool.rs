//! The threads on which public keys verify signatures.

use std::{
    io,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use tokio::sync::oneshot;

/// The most verifications that wait for a thread.
const QUEUE: usize = 1024;

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PoolError {
    /// Too much is waiting.
    #[error("too many verifications are waiting")]
    Full,
    /// The work broke off: a defect.
    #[error("a verification broke off")]
    Broken,
}

type Job = Box<dyn FnOnce() + Send>;

/// A few threads and a bounded queue in front of them. A signature of a public key takes a tenth of
/// a millisecond: too long for the threads that serve connections.
///
/// The threads end when the pool is dropped and the queue is empty.
pub(crate) struct Pool {
    queue: SyncSender<Job>,
}

impl Pool {
    /// Half of the cores, at least one thread.
    pub(crate) fn new() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with((cores / 2).max(1), QUEUE)
    }

    fn with(threads: usize, waiting: usize) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        for index in 0..threads {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name(format!("jwt-verify-{index}"))
                .spawn(move || work(&jobs))?;
        }
        Ok(Self { queue })
    }

    /// Does the work on one of the threads. Where the caller goes away before it is begun, it is
    /// not begun.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, outcome) = oneshot::channel();
        let job = move || {
            if !reply.is_closed() {
                let _ = reply.send(work());
            }
        };
        self.queue.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) => PoolError::Full,
            TrySendError::Disconnected(_) => PoolError::Broken,
        })?;
        outcome.await.map_err(|_| PoolError::Broken)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // One thread waits inside the lock for the next job, the others wait for the lock.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Whatever breaks off takes its own caller with it (the reply is dropped), not the thread.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A pool whose only thread is held up until the returned sender is dropped.
    async fn held_up(waiting: usize) -> (Arc<Pool>, std::sync::mpsc::Sender<()>) {
        let pool = Arc::new(Pool::with(1, waiting).unwrap());
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = oneshot::channel();
        let holder = Arc::clone(&pool);
        tokio::spawn(async move {
            let held = move || {
                let _ = begun.send(());
                let _ = gate.recv();
            };
            holder.run(held).await
        });
        begins.await.unwrap();
        (pool, open)
    }

    #[tokio::test]
    async fn a_full_queue_is_told() {
        let (pool, open) = held_up(1).await;
        let waiting = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(|| 1).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(pool.run(|| 2).await, Err(PoolError::Full));
        drop(open);
        assert_eq!(waiting.await.unwrap(), Ok(1));
        assert_eq!(pool.run(|| 3).await, Ok(3));
    }

    #[tokio::test]
    async fn nothing_is_done_for_a_caller_that_went_away() {
        let (pool, open) = held_up(4).await;
        let done = Arc::new(AtomicBool::new(false));
        let caller = tokio::spawn({
            let (pool, done) = (Arc::clone(&pool), Arc::clone(&done));
            async move { pool.run(move || done.store(true, Ordering::SeqCst)).await }
        });
        tokio::task::yield_now().await;
        caller.abort();
        let _ = caller.await;
        drop(open);
        assert_eq!(pool.run(|| 1).await, Ok(1), "the next one is served");
        assert!(!done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_thread_outlives_what_breaks_off() {
        let pool = Pool::with(1, 4).unwrap();
        let broken = pool.run(|| std::panic::resume_unwind(Box::new(()))).await;
        assert_eq!(broken.map(|(): ()| ()), Err(PoolError::Broken));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }
}
