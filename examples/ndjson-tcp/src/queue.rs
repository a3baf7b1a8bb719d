//! What waits to be written to one connection: the `Outbound` of this transport.

use std::{collections::VecDeque, io, pin::Pin, time::Duration};

use application::ports::{Framing, Outbound, QueueFull};
use bytes::Bytes;
use domain::CloseReason;
use tokio::{io::AsyncWrite, io::AsyncWriteExt, sync::watch, time::sleep};

/// A frame is a line: the codec promises that no byte below 0x20 is in its text.
pub struct LineFraming;

impl Framing for LineFraming {
    const HEAD: usize = 0;
    fn seal(mut buffer: Vec<u8>) -> Bytes {
        buffer.push(b'\n');
        buffer.into()
    }
}

/// Lines that wait for one connection. Every change wakes its reader and its writer.
#[derive(Default)]
pub struct LineQueue(watch::Sender<State>);

#[derive(Default)]
struct State {
    lines: VecDeque<Bytes>,
    bytes: usize, // Of `lines` and of the line that is being written.
    limit: usize,
    closed: bool,
    nudges: u64,
}

impl State {
    fn put(&mut self, line: Bytes) {
        if !self.closed && !line.is_empty() {
            self.bytes += line.len();
            self.lines.push_back(line);
        }
    }
}

impl LineQueue {
    /// Resolves when this holds. The sender lives as long as `self`, so waiting can't fail.
    async fn until(&self, holds: impl FnMut(&State) -> bool + Send) {
        drop(self.0.subscribe().wait_for(holds).await);
    }

    /// Resolves when no more waits than may: until then no request is read.
    pub async fn room(&self) {
        self.until(|state| state.bytes <= state.limit).await;
    }

    /// How often the session was said to have orders.
    pub fn nudges(&self) -> u64 {
        self.0.borrow().nudges
    }

    /// Resolves when it was said again since.
    pub async fn nudged_since(&self, known: u64) {
        self.until(move |state| state.nudges != known).await;
    }

    /// Writes for as long as it is polled, until everything is written after a close.
    ///
    /// # Errors
    /// The socket is broken, or its reader took more than 5 s after the close.
    pub async fn write_to(&self, socket: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let all = async {
            loop {
                self.until(|state| state.closed || !state.lines.is_empty()).await;
                let mut next = None;
                self.0.send_modify(|state| next = state.lines.pop_front());
                let Some(line) = next else { return Ok(()) };
                socket.write_all(&line).await?;
                self.0.send_modify(|state| state.bytes -= line.len());
            }
        };
        let stuck = async {
            self.until(|state| state.closed).await;
            sleep(Duration::from_secs(5)).await;
        };
        tokio::select! { written = all => written, () = stuck => Err(io::ErrorKind::TimedOut.into()) }
    }
}

impl Outbound for LineQueue {
    fn push(&self, frame: &Bytes) -> Result<(), QueueFull> {
        let mut queued = Ok(());
        self.0.send_modify(|state| {
            if !state.closed && state.bytes + frame.len() > state.limit {
                queued = Err(QueueFull);
            } else {
                state.put(frame.clone());
            }
        });
        queued
    }
    fn reply(&self, frame: Bytes) {
        self.0.send_modify(|state| state.put(frame));
    }
    fn probe(&self) {} // Lines have no ping: a client has to speak within the ping interval.
    fn nudge(&self) {
        self.0.send_modify(|state| state.nudges += 1);
    }
    fn close(&self, farewell: Bytes, reason: CloseReason) {
        self.0.send_modify(|state| {
            if reason.drops_queue() && !state.closed {
                // The line that is on the wire is no longer among them, and is written whole.
                state.bytes -= state.lines.drain(..).map(|line| line.len()).sum::<usize>();
            }
            state.put(farewell);
            state.closed = true;
        });
    }
    fn queued_bytes(&self) -> usize {
        self.0.borrow().bytes
    }
    fn drained(&self, bytes: usize) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.until(move |state| state.closed || state.bytes <= bytes))
    }
    fn set_queue_limit(&self, bytes: usize) {
        self.0.send_modify(|state| state.limit = bytes);
    }
}
