//! The queue keeps the contract of an `Outbound`.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::sync::Arc;

use application::ports::{Framing, Outbound};
use async_trait::async_trait;
use bytes::Bytes;
use ndjson_tcp::{LineFraming, LineQueue};
use testkit::contracts::outbound::{self as suite, OutboundFixture, Seen};
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream, duplex};

struct Connection {
    queue: Arc<LineQueue>,
    /// The server's end, until the writing begins.
    server: Option<DuplexStream>,
    client: BufReader<DuplexStream>,
}

impl Connection {
    fn new() -> Self {
        let (server, client) = duplex(4096);
        let queue = Arc::new(LineQueue::default());
        queue.set_queue_limit(1024);
        Self { queue, server: Some(server), client: BufReader::new(client) }
    }
}

fn line(text: &str) -> Bytes {
    LineFraming::seal(text.as_bytes().to_vec())
}

#[async_trait]
impl OutboundFixture for Connection {
    fn outbound(&self) -> Arc<dyn Outbound> {
        Arc::clone(&self.queue) as _
    }

    fn frame(&self, text: &str) -> Bytes {
        line(text)
    }

    fn probes(&self) -> bool {
        false
    }

    fn says_goodbye(&self) -> bool {
        false
    }

    async fn sees(&mut self) -> Seen {
        if let Some(mut server) = self.server.take() {
            let queue = Arc::clone(&self.queue);
            tokio::spawn(async move { queue.write_to(&mut server).await });
        }
        let mut line = String::new();
        self.client.read_line(&mut line).await.unwrap();
        line.strip_suffix('\n').map_or(Seen::End, |text| Seen::Text(text.to_owned()))
    }
}

#[tokio::test]
async fn outbound_1_frames_leave_in_order() {
    suite::frames_leave_in_order(&mut Connection::new()).await;
}

#[tokio::test]
async fn outbound_2_after_the_end_calls_have_no_effect() {
    suite::after_the_end_calls_have_no_effect(&mut Connection::new()).await;
}

#[tokio::test]
async fn outbound_3_a_push_over_the_limit_is_refused() {
    suite::a_push_over_the_limit_is_refused(&mut Connection::new()).await;
}

#[tokio::test]
async fn outbound_4_the_first_close_says_farewell() {
    suite::the_first_close_says_farewell(&mut Connection::new()).await;
}

#[tokio::test]
async fn outbound_4_a_slow_reader_gets_the_farewell_at_once() {
    suite::a_slow_reader_gets_the_farewell_at_once(&mut Connection::new()).await;
}

#[tokio::test(start_paused = true)]
async fn outbound_4_who_takes_nothing_is_cut_off() {
    let Connection { queue, server, client: _held } = Connection::new();
    let mut server = server.unwrap();
    let outbound = Arc::clone(&queue) as Arc<dyn Outbound>;
    let writing = async {
        let written = queue.write_to(&mut server).await;
        assert_eq!(written.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    };
    suite::who_takes_nothing_is_cut_off(outbound, line(&"x".repeat(1 << 20)), writing).await;
}

#[tokio::test]
async fn outbound_5_a_probe_changes_nothing() {
    suite::a_probe_asks_for_a_sign_of_life(&mut Connection::new()).await;
}

#[tokio::test]
async fn outbound_6_drained_resolves_when_little_waits() {
    suite::drained_resolves_when_little_waits(&mut Connection::new()).await;
}

#[tokio::test]
async fn outbound_7_a_nudge_wakes_the_transport() {
    let Connection { queue, server, client: _held } = Connection::new();
    let mut server = server.unwrap();
    let outbound = Arc::clone(&queue) as Arc<dyn Outbound>;
    let writing = async { drop(queue.write_to(&mut server).await) };
    suite::a_nudge_wakes_the_transport(outbound, writing);
}
