//! What is written to one connection, and what waits to be.

#[cfg(test)]
mod contract;

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use application::ports::{Outbound, QueueFull};
use bytes::{Buf, Bytes};
use domain::CloseReason;
use futures_util::{future::BoxFuture, task::AtomicWaker};
use listener::Io;
use tokio::time::Instant;

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

struct State {
    frames: VecDeque<Bytes>,
    /// Bytes of `frames`.
    bytes: usize,
    limit: usize,
    /// Whether the first frame is partly on the wire.
    started: bool,
    /// Set once: nothing is queued behind the goodbye.
    closing: bool,
    /// Something changed since the task wrote last.
    changed: bool,
    /// Who waits for the queue to shrink ([`Outbound::drained`]).
    awaiting: Option<Waker>,
    /// The socket, while the connection's task writes: a queue at its limit is first offered to
    /// it, for a burst must not end a reader who was only not asked yet.
    io: Option<Arc<Io>>,
}

/// Whether everything was written.
enum Written {
    All,
    AllAndClosing,
    /// Some, and the socket takes no more now.
    Some,
    /// Some, and others get their turn first.
    Enough,
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
/// Frames of one write.
const AT_ONCE: usize = 64;
/// Writes in a row, under the lock, after which others get their turn.
const IN_A_ROW: usize = 16;
/// What a queued frame costs beside its bytes; else one of two-byte frames would hold too much.
const PER_FRAME: usize = 128;

impl Queue {
    pub(crate) fn new(limit: usize, close_codes: CloseCodes) -> Self {
        let state = State {
            frames: VecDeque::new(),
            bytes: 0,
            limit,
            started: false,
            closing: false,
            changed: false,
            awaiting: None,
            io: None,
        };
        let (task, over) = (AtomicWaker::new(), AtomicBool::new(false));
        Self { state: Mutex::new(state), task, over, close_codes }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
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

    /// Resolves when no more is queued than may be, or nothing will be written any more: until then
    /// no request is taken, for its answer would only be queued as well. Only for the task that
    /// also writes.
    pub(crate) async fn room(&self) {
        poll_fn(|_| if self.has_room() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn has_room(&self) -> bool {
        self.is_over() || self.with(|state| state.cost() <= state.limit)
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

impl State {
    /// As the connection's own task writes: what changed before is seen to.
    fn write_all(&mut self, io: &Io) -> io::Result<Written> {
        self.changed = false;
        self.write(io)
    }

    fn write(&mut self, io: &Io) -> io::Result<Written> {
        for _ in 0..IN_A_ROW {
            if self.frames.is_empty() {
                break;
            }
            let mut slices = [IoSlice::new(&[]); AT_ONCE];
            let mut used = 0;
            for (slice, frame) in slices.iter_mut().zip(&self.frames) {
                *slice = IoSlice::new(frame);
                used += 1;
            }
            match io.try_write_vectored(&slices[..used]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Written::Some);
                }
                Err(error) => return Err(error),
            }
        }
        if !self.frames.is_empty() {
            return Ok(Written::Enough);
        }
        match io.try_flush() {
            Ok(()) if self.closing => Ok(Written::AllAndClosing),
            Ok(()) => Ok(Written::All),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Written::Some),
            Err(error) => Err(error),
        }
    }

    /// What the queue holds, in bytes of memory.
    fn cost(&self) -> usize {
        self.bytes + self.frames.len() * PER_FRAME
    }

    /// Whether a frame of this size may be queued; where it may not, the socket is offered what
    /// waits, once.
    fn has_room_for(&mut self, len: usize) -> bool {
        let fits = |state: &Self| state.cost() + len + PER_FRAME <= state.limit;
        if fits(self) {
            return true;
        }
        let Some(io) = self.io.clone() else { return false };
        // A broken socket is the writing task's to see.
        drop(self.write(&io));
        fits(self)
    }

    /// Writes a frame at once where nothing waits before it, so that nobody has to be woken; what
    /// the socket does not take is queued. Says whether all of it is on its way.
    fn write_or_put(&mut self, frame: &Bytes) -> bool {
        let (written, flushed) = match &self.io {
            // An error is the writing task's to see: it tries again.
            Some(io) if self.frames.is_empty() => match io.try_write(frame) {
                Ok(written) => (written, io.try_flush().is_ok()),
                Err(_) => (0, false),
            },
            _ => (0, false),
        };
        if written == frame.len() {
            return flushed;
        }
        self.started = self.started || written > 0;
        self.put(frame.slice(written..));
        false
    }

    fn written(&mut self, mut count: usize) {
        self.wake_awaiting();
        self.bytes -= count;
        while let Some(front) = self.frames.front_mut() {
            if count < front.len() {
                front.advance(count);
                self.started = self.started || count > 0;
                return;
            }
            count -= front.len();
            self.frames.pop_front();
            self.started = false;
        }
        // An idle connection owns no queue.
        self.frames = VecDeque::new();
    }

    fn put(&mut self, frame: Bytes) {
        if !frame.is_empty() && !self.closing {
            self.bytes += frame.len();
            self.frames.push_back(frame);
        }
    }

    fn wake_awaiting(&mut self) {
        if let Some(waker) = self.awaiting.take() {
            waker.wake();
        }
    }

    fn end_with(&mut self, farewell: Bytes, goodbye: Bytes) {
        self.wake_awaiting();
        self.put(farewell);
        self.put(goodbye);
        self.closing = true;
    }

    /// Keeps the rest of the frame that is on the wire.
    fn drop_waiting(&mut self) {
        self.frames.truncate(usize::from(self.started));
        self.bytes = self.frames.iter().map(Bytes::len).sum();
    }
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
        self.change(|state| state.limit = bytes);
    }
}
