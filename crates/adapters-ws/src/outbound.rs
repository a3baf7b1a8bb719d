//! What is written to one connection, and what waits to be.

#[cfg(test)]
mod contract;
mod state;

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use application::{
    Waiting,
    ports::{Outbound, QueueFull},
};
use bytes::Bytes;
use domain::CloseReason;
use futures_util::{future::BoxFuture, task::AtomicWaker};
use listener::Io;
use tokio::time::Instant;

use state::{State, Written};

pub(crate) use crate::close_codes::CloseCodes;

/// A connection's queue. A push is written by whoever makes it, as far as the socket takes it at
/// once; the rest, and replies, are written by the connection's own task.
pub(crate) struct Queue {
    /// Short: held to put frames in and over one write that does not wait.
    state: Mutex<State>,
    /// The connection's task: woken when something was queued, when others made room, when the end
    /// began, when there are orders. It both reads and writes, so what it changes itself needs no waking.
    task: AtomicWaker,
    /// Nothing will be written any more: set once, when the writing ends.
    over: AtomicBool,
    close_codes: CloseCodes,
}

/// How the writing ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The goodbye is on its way.
    Said,
    /// The reader did not take it in time.
    Stuck,
    /// The socket is broken.
    Broken,
}

/// From the beginning of the end: so long a reader has to take the goodbye.
const GOODBYE: Duration = Duration::from_secs(5);
impl Queue {
    pub(crate) fn new(limit: usize, close_codes: CloseCodes, waiting: Arc<Waiting>) -> Self {
        let state = State {
            frames: VecDeque::new(),
            bytes: 0,
            limit: short(limit),
            started: false,
            closing: false,
            changed: false,
            awaiting: None,
            io: None,
            waiting,
        };
        let (task, over) = (AtomicWaker::new(), AtomicBool::new(false));
        Self { state: Mutex::new(state), task, over, close_codes }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.cost();
        let changed = change(&mut state);
        state.waiting.changed(before, state.cost());
        changed
    }

    /// Changes what the task has to know of, and wakes it.
    fn change(&self, change: impl FnOnce(&mut State)) {
        self.with(|state| {
            change(state);
            state.changed = true;
        });
        self.task.wake();
    }

    /// Queues the answer to the peer's own goodbye and ends the writing.
    pub(crate) fn say_goodbye(&self, code: Option<u16>) {
        let frame = match code {
            Some(code) => websocket::close_frame(code, ""),
            None => websocket::header(websocket::Opcode::Close, 0).as_slice().to_vec(),
        };
        self.change(|state| state.end_with(Bytes::new(), frame.into()));
    }

    /// Ends the writing with what is queued, without a goodbye: the peer hears, but says no more.
    pub(crate) fn finish(&self) {
        self.change(|state| {
            state.closing = true;
            state.wake_awaiting();
        });
    }

    /// Of a message that is half received so many bytes are held now, instead of so many.
    pub(crate) fn half_read(&self, before: usize, after: usize) {
        self.with(|state| state.waiting.changed(before, after));
    }

    /// Resolves when no more is queued than may be, or nothing will be written any more: until then
    /// no request is taken, for its answer would only be queued as well. Only for the task that
    /// also writes.
    pub(crate) async fn room(&self) {
        poll_fn(|_| if self.has_room() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn has_room(&self) -> bool {
        self.is_over() || self.with(|state| state.cost() <= state.limit())
    }

    /// Whether nothing will be written any more: then nothing needs to be read either.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Writes what is queued ([`Self::write_all`]) and tells the reading when that is over.
    pub(crate) async fn write_to(&self, io: &Arc<Io>) -> End {
        self.with(|state| state.io = Some(Arc::clone(io)));
        let end = self.write_all(io).await;
        self.with(|state| state.io = None);
        self.over.store(true, Ordering::Release);
        end
    }

    /// Writes what is queued, for as long as it is polled, until the goodbye is written. One write
    /// takes all that the socket takes of what waits.
    async fn write_all(&self, io: &Io) -> End {
        let mut by: Option<Instant> = None;
        loop {
            match self.with(|state| state.write_all(io)) {
                Err(_) => return End::Broken,
                Ok(Written::AllAndClosing) => return End::Said,
                Ok(Written::All) => poll_fn(|context| self.poll_changed(context)).await,
                Ok(Written::Enough) => tokio::task::yield_now().await,
                Ok(Written::Some) => {
                    if by.is_none() && self.with(|state| state.closing) {
                        by = Some(Instant::now() + GOODBYE);
                    }
                    // Boxed: rare, and large.
                    if let Some(end) = Box::pin(self.wait_for_reader(io, by)).await {
                        return end;
                    }
                }
            }
        }
    }

    fn poll_changed(&self, context: &Context<'_>) -> Poll<()> {
        self.task.register(context.waker());
        if self.with(|state| state.changed) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Until the socket takes more, or the end begins while the reader is not reading: from then on
    /// its time runs.
    async fn wait_for_reader(&self, io: &Io, by: Option<Instant>) -> Option<End> {
        tokio::select! {
            ready = io.writable() => ready.is_err().then_some(End::Broken),
            () = poll_fn(|context| self.poll_closing(context)), if by.is_none() => None,
            () = until(by) => Some(End::Stuck),
        }
    }

    fn poll_closing(&self, context: &Context<'_>) -> Poll<()> {
        self.task.register(context.waker());
        if self.with(|state| state.closing) { Poll::Ready(()) } else { Poll::Pending }
    }
}

async fn until(by: Option<Instant>) {
    match by {
        Some(by) => tokio::time::sleep_until(by).await,
        None => std::future::pending().await,
    }
}

fn short(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

impl Outbound for Queue {
    fn push(&self, frame: &Bytes) -> Result<(), QueueFull> {
        let all_written = self.with(|state| {
            if state.closing {
                return Ok(true);
            }
            if !state.has_room_for(frame.len()) {
                return Err(QueueFull);
            }
            let all_written = state.write_or_put(frame);
            state.changed |= !all_written;
            Ok(all_written)
        })?;
        if !all_written {
            self.task.wake();
        }
        Ok(())
    }

    fn reply(&self, frame: Bytes) {
        self.change(|state| state.put(frame));
    }

    fn probe(&self) {
        self.reply(websocket::ping(b"").into());
    }

    fn nudge(&self) {
        self.task.wake();
    }

    fn close(&self, farewell: Bytes, reason: CloseReason) {
        let goodbye = websocket::close_frame(self.close_codes.of(reason), reason.name());
        self.change(|state| {
            if reason.drops_queue() && !state.closing {
                state.drop_waiting();
            }
            state.end_with(farewell, goodbye.into());
        });
    }

    fn queued_bytes(&self) -> usize {
        self.with(|state| state.cost())
    }

    fn drained(&self, bytes: usize) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(move |context| {
            self.with(|state| {
                if state.closing || state.cost() <= bytes {
                    return Poll::Ready(());
                }
                state.awaiting = Some(context.waker().clone());
                Poll::Pending
            })
        }))
    }

    fn set_queue_limit(&self, bytes: usize) {
        self.change(|state| state.limit = short(bytes));
    }
}
