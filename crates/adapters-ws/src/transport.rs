//! One connection's life after the upgrade.

#[cfg(test)]
mod tests;

use std::{
    future::poll_fn,
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use application::ports::Outbound;
use domain::CloseReason;
use listener::Io;
use websocket::{Decoder, Event, Opcode, Violation};

use crate::{
    conversation::{Conversation, Incoming},
    outbound::{End, Queue},
    scratch::Scratch,
};

/// After a goodbye the server reads on and discards for so long: closing with unread bytes would
/// reset the connection, and the peer would lose the code.
const LINGER: Duration = Duration::from_secs(2);
/// The most bytes that it discards: more than a frame that was refused for its size may have left.
const LINGER_BYTES: usize = 32 * 1024 * 1024;

/// Reads in a row, without one that found nothing, after which others get their turn: who sends
/// faster than we read would otherwise keep a worker to itself, for no call here ever waits.
const EAGER: u32 = 2;

/// What ended the reading.
enum Seen {
    /// The peer said goodbye, with this code.
    Goodbye(Option<u16>),
    /// The peer's end of the stream: it may still read.
    HalfClosed,
    /// The stream is broken.
    Gone,
    /// Nothing will be written any more.
    Over,
    /// The peer broke a rule; it was told.
    Violation,
}

/// What reads one connection.
struct Reading<C> {
    io: Arc<Io>,
    queue: Arc<Queue>,
    /// What came right behind the handshake, until it is taken.
    early: Vec<u8>,
    deflate: bool,
    /// Only while a frame or a message is half read: an idle connection has none.
    decoder: Option<Box<Decoder>>,
    conversation: C,
    /// Frames that are accounted for: one of each message, and those that were overhead.
    accounted: u64,
}

/// Begins one connection: its reading, its writing and its end, in a task of its own. `early` is
/// what came right behind the handshake, `deflate` whether compression was agreed to in it.
///
/// The task is most of what an idle connection costs: what it rarely waits for is boxed, and what
/// it often waits for is polled rather than kept as a future.
pub(crate) fn begin<C: Conversation + 'static>(
    io: Io,
    early: Vec<u8>,
    queue: Arc<Queue>,
    deflate: bool,
    conversation: C,
) {
    let io = Arc::new(io);
    let mut reading =
        Reading::new(Arc::clone(&io), Arc::clone(&queue), early, deflate, conversation);
    tokio::spawn(async move {
        let (end, seen) = {
            let mut writing = pin!(queue.write_to(&io));
            let mut reading = pin!(reading.read());
            tokio::select! {
                // In this order: what the writing has made room for the reading finds.
                biased;
                end = &mut writing => {
                    // What the conversation has begun it ends, so that nothing is left half done.
                    reading.await;
                    (end, CloseReason::PeerLost)
                }
                seen = &mut reading => match seen {
                    Seen::Over | Seen::Violation => (writing.await, CloseReason::PeerLost),
                    Seen::HalfClosed => {
                        queue.finish();
                        (writing.await, CloseReason::PeerLost)
                    }
                    Seen::Gone => (End::Broken, CloseReason::PeerLost),
                    Seen::Goodbye(code) => {
                        queue.say_goodbye(code);
                        (writing.await, CloseReason::ClientLeft)
                    }
                },
            }
        };
        reading.forget_half();
        // The session ends before the silence, so that its channels are left at once; the
        // connection's place and a shutdown wait until the socket is closed.
        let _parting = Box::pin(reading.conversation.end(seen)).await;
        match end {
            End::Said => Box::pin(linger(&io)).await,
            End::Stuck => io.reset_on_drop(),
            End::Broken => {}
        }
    });
}

/// Closes the writing side and discards what still comes, until the peer's end, for a moment and
/// up to a bound: a flood that was told to go is not listened to for long.
async fn linger(io: &Io) {
    let discard = async {
        io.shutdown_write()?;
        let mut scrap = Scratch::take();
        let mut left = LINGER_BYTES;
        while left > 0 {
            io.readable().await?;
            match io.try_read(scrap.bytes()) {
                Ok(0) => break,
                Ok(count) => left = left.saturating_sub(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
            // Reading never waits while something is there: others, and the clock, get their turn.
            tokio::task::yield_now().await;
        }
        Ok::<(), io::Error>(())
    };
    // Whatever happens here, the connection is over and its end was noted.
    drop(tokio::time::timeout(LINGER, discard).await);
}

impl<C: Conversation> Reading<C> {
    fn new(io: Arc<Io>, queue: Arc<Queue>, early: Vec<u8>, deflate: bool, conversation: C) -> Self {
        Self { io, queue, early, deflate, decoder: None, conversation, accounted: 0 }
    }

    async fn read(&mut self) -> Seen {
        if let Some(seen) = Box::pin(self.take_early()).await {
            return seen;
        }
        let mut eager = 0;
        loop {
            self.queue.room().await;
            match poll_fn(|context| self.poll_ready(context)).await {
                Ready::Over => return Seen::Over,
                Ready::Progress => continue,
                Ready::Ordered => {
                    self.conversation.carry_out_orders().await;
                    continue;
                }
                Ready::Broken => return Seen::Gone,
                Ready::Readable => {}
            }
            let mut buffer = Scratch::take();
            match self.io.try_read(buffer.bytes()) {
                Ok(0) => return Seen::HalfClosed,
                Ok(count) => {
                    self.conversation.heard();
                    if let Some(seen) = self.take(&mut buffer.bytes()[..count]).await {
                        return seen;
                    }
                    drop(buffer);
                    eager += 1;
                    if eager == EAGER {
                        eager = 0;
                        tokio::task::yield_now().await;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => eager = 0,
                Err(_) => return Seen::Gone,
            }
        }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Ready> {
        if self.queue.is_over() {
            return Poll::Ready(Ready::Over);
        }
        if self.conversation.poll_progress(context).is_ready() {
            return Poll::Ready(Ready::Progress);
        }
        // Behind the queue's writing, which has left its waker where a nudge finds it.
        if self.conversation.has_orders() {
            return Poll::Ready(Ready::Ordered);
        }
        self.io.poll_readable(context).map(|ready| match ready {
            Ok(()) => Ready::Readable,
            Err(_) => Ready::Broken,
        })
    }

    async fn take_early(&mut self) -> Option<Seen> {
        let mut early = std::mem::take(&mut self.early);
        self.take(&mut early).await
    }

    fn decoder(&mut self) -> Box<Decoder> {
        if let Some(half) = self.decoder.take() {
            self.queue.half_read(half.retained(), 0);
            return half;
        }
        Box::new({
            let decoder = Decoder::new(self.conversation.limit());
            if self.deflate { decoder.with_deflate() } else { decoder }
        })
    }

    /// Half of a message stays until the rest comes: memory as much as what waits to be sent.
    fn keep_half(&mut self, decoder: Box<Decoder>) {
        self.queue.half_read(0, decoder.retained());
        self.decoder = Some(decoder);
    }

    /// The rest will not come.
    fn forget_half(&mut self) {
        if let Some(half) = self.decoder.take() {
            self.queue.half_read(half.retained(), 0);
        }
    }

    /// Takes what was read, message by message.
    async fn take(&mut self, received: &mut [u8]) -> Option<Seen> {
        let mut decoder = self.decoder();
        let mut at = 0;
        while at < received.len() {
            // Only messages are waited for; what else a frame brings is dealt with at once. There
            // is room, then, before a message is taken from the decoder.
            self.queue.room().await;
            let step = match decoder.step(&mut received[at..]) {
                Ok(step) => step,
                Err(violation) => {
                    self.conversation.violated(reason_of(violation));
                    return Some(Seen::Violation);
                }
            };
            at += step.consumed;
            match step.event {
                None => {}
                Some(Event::Text(text)) => {
                    self.accounted += 1;
                    self.conversation.receive(Incoming::Text(text)).await;
                }
                Some(Event::Binary(bytes)) => {
                    self.accounted += 1;
                    self.conversation.receive(Incoming::Binary(bytes)).await;
                }
                Some(Event::Ping(payload)) => self.queue.reply(websocket::pong(payload).into()),
                Some(Event::Pong(_)) => {}
                Some(Event::Close(frame)) => {
                    return Some(Seen::Goodbye(frame.map(|frame| frame.code)));
                }
            }
            if self.conversation.text_only() && decoder.receiving() == Some(Opcode::Binary) {
                self.conversation.violated(CloseReason::UnsupportedFrame);
                return Some(Seen::Violation);
            }
            decoder.set_max_message(self.conversation.limit());
        }
        decoder.release();
        // The frame of a message whose end did not come yet is counted, too; the end makes up for it.
        let overhead = decoder.frames().saturating_sub(self.accounted);
        self.accounted += overhead;
        self.conversation.spend_overhead(u32::try_from(overhead).unwrap_or(u32::MAX));
        if decoder.is_between() {
            // The next one counts from nothing.
            self.accounted -= decoder.frames();
        } else {
            self.keep_half(decoder);
        }
        None
    }
}

/// What a connection that has nothing to do waits for.
enum Ready {
    /// Nothing will be written any more.
    Over,
    /// Something that was asked earlier was answered.
    Progress,
    /// Somebody asked something of this side.
    Ordered,
    /// There is something to read, or the peer's end.
    Readable,
    /// The stream is broken.
    Broken,
}

fn reason_of(violation: Violation) -> CloseReason {
    match violation.close_code() {
        1007 => CloseReason::InvalidText,
        1009 => CloseReason::FrameTooLarge,
        _ => CloseReason::ProtocolViolation,
    }
}
