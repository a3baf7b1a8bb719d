//! The queue keeps the contract of an `Outbound`, over a real socket.

use std::sync::Arc;

use application::{
    Waiting,
    ports::{Framing, Outbound},
};
use async_trait::async_trait;
use bytes::Bytes;
use listener::Io;
use testkit::contracts::outbound::{self as suite, OutboundFixture, Seen};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

use super::{CloseCodes, Queue};
use crate::TextFraming;

struct Connection {
    queue: Arc<Queue>,
    /// The server's end, until the writing begins.
    io: Option<Io>,
    client: TcpStream,
}

impl Connection {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let queue = Arc::new(Queue::new(1024, CloseCodes::By(|_| 4000), Waiting::unbounded()));
        Self { queue, io: Some(Io::Tcp(server)), client }
    }

    /// The opcode and payload of the next frame; nothing at the end of the stream.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.client.read_u8().await.ok()?;
        let len = match self.client.read_u8().await.unwrap() {
            126 => self.client.read_u16().await.unwrap().into(),
            127 => self.client.read_u64().await.unwrap(),
            len => len.into(),
        };
        let mut payload = vec![0; usize::try_from(len).unwrap()];
        self.client.read_exact(&mut payload).await.unwrap();
        Some((first & 0x0f, payload))
    }
}

fn text_frame(text: &str) -> Bytes {
    let mut buffer = vec![0; TextFraming::HEAD];
    buffer.extend_from_slice(text.as_bytes());
    TextFraming::seal(buffer)
}

#[async_trait]
impl OutboundFixture for Connection {
    fn outbound(&self) -> Arc<dyn Outbound> {
        Arc::clone(&self.queue) as _
    }

    fn frame(&self, text: &str) -> Bytes {
        text_frame(text)
    }

    fn probes(&self) -> bool {
        true
    }

    fn says_goodbye(&self) -> bool {
        true
    }

    async fn sees(&mut self) -> Seen {
        if let Some(io) = self.io.take() {
            let (queue, io) = (Arc::clone(&self.queue), Arc::new(io));
            // Its end drops the socket: the client sees the end of the stream.
            tokio::spawn(async move { queue.write_to(&io).await });
        }
        match self.frame().await {
            None => Seen::End,
            Some((1, text)) => Seen::Text(String::from_utf8(text).unwrap()),
            Some((8, _)) => Seen::Goodbye,
            Some((9, _)) => Seen::Probe,
            Some((opcode, _)) => panic!("opcode {opcode}"),
        }
    }
}

#[tokio::test]
async fn outbound_1_frames_leave_in_order() {
    suite::frames_leave_in_order(&mut Connection::new().await).await;
}

#[tokio::test]
async fn outbound_2_after_the_end_calls_have_no_effect() {
    suite::after_the_end_calls_have_no_effect(&mut Connection::new().await).await;
}

#[tokio::test]
async fn outbound_3_a_push_over_the_limit_is_refused() {
    suite::a_push_over_the_limit_is_refused(&mut Connection::new().await).await;
}

#[tokio::test]
async fn outbound_4_the_first_close_says_farewell() {
    suite::the_first_close_says_farewell(&mut Connection::new().await).await;
}

#[tokio::test]
async fn outbound_4_a_slow_reader_gets_the_farewell_at_once() {
    suite::a_slow_reader_gets_the_farewell_at_once(&mut Connection::new().await).await;
}

/// The paused clock goes on where nothing else can: so the 5 s cost no time.
#[tokio::test(start_paused = true)]
async fn outbound_4_who_takes_nothing_is_cut_off() {
    let Connection { queue, io, client: _held } = Connection::new().await;
    let io = io.unwrap();
    let (outbound, frame) =
        (Arc::clone(&queue) as Arc<dyn Outbound>, text_frame(&"x".repeat(1 << 20)));
    let writing = async {
        assert_eq!(queue.write_to(&Arc::new(io)).await, super::End::Stuck);
    };
    suite::who_takes_nothing_is_cut_off(outbound, frame, writing).await;
}

#[tokio::test]
async fn outbound_5_a_probe_asks_for_a_sign_of_life() {
    suite::a_probe_asks_for_a_sign_of_life(&mut Connection::new().await).await;
}

#[tokio::test]
async fn outbound_7_a_nudge_wakes_the_transport() {
    let Connection { queue, io, client: _held } = Connection::new().await;
    let io = Arc::new(io.unwrap());
    let outbound = Arc::clone(&queue) as Arc<dyn Outbound>;
    // The task that writes is the one that reads.
    suite::a_nudge_wakes_the_transport(outbound, async {
        queue.write_to(&io).await;
    });
}

#[tokio::test]
async fn outbound_6_drained_resolves_when_little_waits() {
    suite::drained_resolves_when_little_waits(&mut Connection::new().await).await;
}
