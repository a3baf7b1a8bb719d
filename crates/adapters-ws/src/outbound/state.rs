//! What waits for one connection, and how it is written.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    sync::Arc,
    task::Waker,
};

use application::Waiting;
use bytes::{Buf, Bytes};
use listener::Io;

pub(super) struct State {
    pub(super) frames: VecDeque<Bytes>,
    /// Bytes of `frames`.
    pub(super) bytes: usize,
    /// At most 4 GiB, for the room it takes.
    pub(super) limit: u32,
    /// Whether the first frame is partly on the wire.
    pub(super) started: bool,
    /// Set once: nothing is queued behind the goodbye.
    pub(super) closing: bool,
    /// Something changed since the task wrote last.
    pub(super) changed: bool,
    /// Who waits for the queue to shrink ([`Outbound::drained`]).
    pub(super) awaiting: Option<Waker>,
    /// The socket, while the connection's task writes: a queue at its limit is first offered to
    /// it, for a burst must not end a reader who was only not asked yet.
    pub(super) io: Option<Arc<Io>>,
    /// Where what waits is counted with that of all others.
    pub(super) waiting: Arc<Waiting>,
}

/// Whether everything was written.
pub(super) enum Written {
    All,
    AllAndClosing,
    /// Some, and the socket takes no more now.
    Some,
    /// Some, and others get their turn first.
    Enough,
}

/// Frames of one write.
const AT_ONCE: usize = 64;
/// Writes in a row, under the lock, after which others get their turn.
const IN_A_ROW: usize = 16;
/// What a queued frame costs beside its bytes; else one of two-byte frames would hold too much.
const PER_FRAME: usize = 128;

impl State {
    /// As the connection's own task writes: what changed before is seen to.
    pub(super) fn write_all(&mut self, io: &Io) -> io::Result<Written> {
        self.changed = false;
        self.write(io)
    }

    pub(super) fn write(&mut self, io: &Io) -> io::Result<Written> {
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

    pub(super) const fn limit(&self) -> usize {
        self.limit as usize
    }

    /// What the queue holds, in bytes of memory.
    pub(super) fn cost(&self) -> usize {
        self.bytes + self.frames.len() * PER_FRAME
    }

    /// Whether a frame of this size may be queued; where it may not, the socket is offered what
    /// waits, once.
    pub(super) fn has_room_for(&mut self, len: usize) -> bool {
        let fits = |state: &Self| state.cost() + len + PER_FRAME <= state.limit();
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
    pub(super) fn write_or_put(&mut self, frame: &Bytes) -> bool {
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

    pub(super) fn written(&mut self, mut count: usize) {
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

    pub(super) fn put(&mut self, frame: Bytes) {
        if !frame.is_empty() && !self.closing {
            self.bytes += frame.len();
            self.frames.push_back(frame);
        }
    }

    pub(super) fn wake_awaiting(&mut self) {
        if let Some(waker) = self.awaiting.take() {
            waker.wake();
        }
    }

    pub(super) fn end_with(&mut self, farewell: Bytes, goodbye: Bytes) {
        self.wake_awaiting();
        self.put(farewell);
        self.put(goodbye);
        self.closing = true;
    }

    /// Keeps the rest of the frame that is on the wire.
    pub(super) fn drop_waiting(&mut self) {
        self.frames.truncate(usize::from(self.started));
        self.bytes = self.frames.iter().map(Bytes::len).sum();
    }
}

impl Drop for State {
    /// What a broken socket did not take waits no longer.
    fn drop(&mut self) {
        self.waiting.changed(self.cost(), 0);
    }
}
