//! A connection whose other end is the test.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use application::ports::{Outbound, QueueFull};
use bytes::Bytes;
use domain::CloseReason;
use futures_util::future::BoxFuture;

/// Keeps every frame until a test takes it: who takes nothing is a slow reader.
pub struct RecordingOutbound(Mutex<State>);

struct State {
    queued: Vec<Bytes>,
    limit: usize,
    probes: u32,
    closed: Option<CloseReason>,
    awaiting: Option<Waker>,
}

impl RecordingOutbound {
    /// An open connection of which nobody has read yet.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        let state = State { queued: Vec::new(), limit, probes: 0, closed: None, awaiting: None };
        Arc::new(Self(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader reads: everything that waits.
    pub fn take(&self) -> Vec<Bytes> {
        let mut state = self.state();
        if let Some(waker) = state.awaiting.take() {
            waker.wake();
        }
        std::mem::take(&mut state.queued)
    }

    /// Pieces that wait to be read: a piece is a frame, or several that were written together.
    pub fn queued(&self) -> usize {
        self.state().queued.len()
    }

    /// How often a sign of life was asked for since the last call.
    pub fn take_probes(&self) -> u32 {
        std::mem::take(&mut self.state().probes)
    }

    /// Why it was closed.
    pub fn closed(&self) -> Option<CloseReason> {
        self.state().closed
    }
}

impl Outbound for RecordingOutbound {
    fn push(&self, frame: &Bytes) -> Result<(), QueueFull> {
        let mut state = self.state();
        if state.closed.is_some() {
            return Ok(());
        }
        if state.bytes() + frame.len() > state.limit {
            return Err(QueueFull);
        }
        state.queued.push(frame.clone());
        Ok(())
    }

    fn reply(&self, frame: Bytes) {
        let mut state = self.state();
        if state.closed.is_none() {
            state.queued.push(frame);
        }
    }

    fn probe(&self) {
        let mut state = self.state();
        if state.closed.is_none() {
            state.probes += 1;
        }
    }

    fn nudge(&self) {
        // A test drives the session itself.
    }

    fn close(&self, farewell: Bytes, reason: CloseReason) {
        let mut state = self.state();
        if state.closed.is_some() {
            return;
        }
        if reason.drops_queue() {
            state.queued.clear();
        }
        if !farewell.is_empty() {
            state.queued.push(farewell);
        }
        state.closed = Some(reason);
        if let Some(waker) = state.awaiting.take() {
            waker.wake();
        }
    }

    fn queued_bytes(&self) -> usize {
        self.state().bytes()
    }

    fn drained(&self, bytes: usize) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(move |context| {
            let mut state = self.state();
            if state.closed.is_some() || state.bytes() <= bytes {
                return Poll::Ready(());
            }
            state.awaiting = Some(context.waker().clone());
            Poll::Pending
        }))
    }

    fn set_queue_limit(&self, bytes: usize) {
        self.state().limit = bytes;
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.queued.iter().map(Bytes::len).sum()
    }
}
