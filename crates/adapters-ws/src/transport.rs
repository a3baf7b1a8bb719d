//! One connection's life after the upgrade.

use std::{io, pin::pin, sync::Arc, time::Duration};

use application::ports::Outbound;
use domain::CloseReason;
use listener::Io;
use websocket::{Decoder, Event, Opcode, Violation};

use crate::{
    conversation::{Conversation, Incoming},
    outbound::{End, Queue},
};

/// Bytes of one read: allocated when there is something to read, so that an idle connection has
/// no buffer.
const READ: usize = 8 * 1024;
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

/// Reads, writes and ends one connection. `early` is what came right behind the handshake, `decoder`
/// is made for what was agreed in it.
pub(crate) async fn run<C: Conversation>(
    io: Arc<Io>,
    early: Vec<u8>,
    queue: Arc<Queue>,
    mut decoder: Decoder,
    mut conversation: C,
) {
    decoder.set_max_message(conversation.limit());
    let (end, seen) = {
        let mut writing = pin!(queue.write_to(&io));
        let mut reading = pin!(read(&io, early, &queue, &mut decoder, &mut conversation));
        tokio::select! {
            end = &mut writing => {
                // What the conversation has begun it ends, so that nothing is left half done.
                reading.await;
                (end, CloseReason::PeerLost)
            }
            seen = &mut reading => match seen {
                Seen::Over => (writing.await, CloseReason::PeerLost),
                Seen::HalfClosed => {
                    queue.finish();
                    (writing.await, CloseReason::PeerLost)
                }
                Seen::Gone => (End::Broken, CloseReason::PeerLost),
                Seen::Violation => (writing.await, CloseReason::PeerLost),
                Seen::Goodbye(code) => {
                    queue.say_goodbye(code);
                    (writing.await, CloseReason::ClientLeft)
                }
            },
        }
    };
    // The session ends before the silence, so that its channels are left at once; the connection's
    // place and a shutdown wait until the socket is closed.
    let _parting = conversation.end(seen).await;
    match end {
        End::Said => linger(&io).await,
        End::Stuck => io.reset_on_drop(),
        End::Broken => {}
    }
}

/// Closes the writing side and discards what still comes, until the peer's end, for a moment and
/// up to a bound: a flood that was told to go is not listened to for long.
async fn linger(io: &Io) {
    let discard = async {
        io.shutdown_write()?;
        let mut scrap = vec![0; READ];
        let mut left = LINGER_BYTES;
        while left > 0 {
            io.readable().await?;
            match io.try_read(&mut scrap) {
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

async fn read<C: Conversation>(
    io: &Io,
    mut early: Vec<u8>,
    queue: &Queue,
    decoder: &mut Decoder,
    conversation: &mut C,
) -> Seen {
    if let Some(seen) = take(&mut early, queue, decoder, conversation).await {
        return seen;
    }
    drop(early);
    let mut eager = 0;
    loop {
        queue.room().await;
        tokio::select! {
            () = queue.over() => return Seen::Over,
            () = conversation.progress() => continue,
            ready = io.readable() => if ready.is_err() { return Seen::Gone },
        }
        let mut buffer = vec![0; READ];
        match io.try_read(&mut buffer) {
            Ok(0) => return Seen::HalfClosed,
            Ok(count) => {
                conversation.heard();
                if let Some(seen) = take(&mut buffer[..count], queue, decoder, conversation).await {
                    return seen;
                }
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

/// Takes what was read, message by message.
async fn take<C: Conversation>(
    received: &mut [u8],
    queue: &Queue,
    decoder: &mut Decoder,
    conversation: &mut C,
) -> Option<Seen> {
    let frames = decoder.frames();
    let mut messages = 0;
    let mut at = 0;
    while at < received.len() {
        let step = match decoder.step(&mut received[at..]) {
            Ok(step) => step,
            Err(violation) => {
                conversation.violated(reason_of(violation));
                return Some(Seen::Violation);
            }
        };
        at += step.consumed;
        match step.event {
            None => {}
            Some(Event::Text(text)) => {
                messages += 1;
                queue.room().await;
                conversation.receive(Incoming::Text(text)).await;
            }
            Some(Event::Binary(bytes)) => {
                messages += 1;
                queue.room().await;
                conversation.receive(Incoming::Binary(bytes)).await;
            }
            Some(Event::Ping(payload)) => queue.reply(websocket::pong(payload).into()),
            Some(Event::Pong(_)) => {}
            Some(Event::Close(frame)) => return Some(Seen::Goodbye(frame.map(|frame| frame.code))),
        }
        if conversation.text_only() && decoder.receiving() == Some(Opcode::Binary) {
            conversation.violated(CloseReason::UnsupportedFrame);
            return Some(Seen::Violation);
        }
        decoder.set_max_message(conversation.limit());
    }
    decoder.release();
    let overhead = (decoder.frames() - frames).saturating_sub(messages);
    conversation.spend_overhead(u32::try_from(overhead).unwrap_or(u32::MAX));
    None
}

fn reason_of(violation: Violation) -> CloseReason {
    match violation.close_code() {
        1007 => CloseReason::InvalidText,
        1009 => CloseReason::FrameTooLarge,
        _ => CloseReason::ProtocolViolation,
    }
}
