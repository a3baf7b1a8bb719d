//! What is counted while a connection is read.

use domain::CloseReason;
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::outbound::CloseCodes;

/// Counts what it gets.
#[derive(Default)]
struct Tally {
    messages: u32,
    overhead: u32,
}

impl Conversation for Tally {
    type Parting = ();

    fn limit(&self) -> usize {
        1000
    }

    fn text_only(&self) -> bool {
        true
    }

    fn heard(&self) {}

    fn spend_overhead(&mut self, frames: u32) {
        self.overhead += frames;
    }

    async fn receive(&mut self, _: Incoming<'_>) {
        self.messages += 1;
    }

    fn poll_progress(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn violated(&self, reason: CloseReason) {
        panic!("{reason:?}");
    }

    async fn end(self, _: CloseReason) -> Option<()> {
        None
    }
}

async fn reading() -> Reading<Tally> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    // Nobody writes: it holds all that is answered.
    let queue =
        Arc::new(Queue::new(1 << 20, CloseCodes::By(|_| 1000), application::Waiting::unbounded()));
    Reading::new(Arc::new(Io::Tcp(stream)), queue, Vec::new(), false, Tally::default())
}

/// Takes each piece as one read.
async fn tally(pieces: &[&[u8]]) -> (u32, u32) {
    let mut reading = reading().await;
    for piece in pieces {
        assert!(reading.take(&mut piece.to_vec()).await.is_none());
    }
    (reading.conversation.messages, reading.conversation.overhead)
}

/// Some clients write the head of a frame and its payload one after the other.
#[tokio::test]
async fn a_message_is_no_overhead_however_it_is_cut() {
    let halves: [&[u8]; 2] = [b"\x81\x85\0\0\0\0He", b"llo"];
    let (messages, overhead) = tally(&halves.repeat(1000)).await;
    assert_eq!(messages, 1000);
    assert!(overhead <= 1, "{overhead}");
}

#[tokio::test]
async fn pieces_and_pings_are_overhead_however_they_are_cut() {
    let message = b"\x01\x81\0\0\0\0H\x80\x81\0\0\0\0i\x89\x80\0\0\0\0".repeat(100);
    for size in [1, 7, 8, 20, 2000] {
        let pieces: Vec<&[u8]> = message.chunks(size).collect();
        let (messages, overhead) = tally(&pieces).await;
        assert_eq!(messages, 100);
        assert!((200..=201).contains(&overhead), "{overhead} by {size}");
    }
}
