//! Clients on real sockets.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapters_jwt::JwtTokenIssuer;
use adapters_memory::SystemClock;
use application::{
    Hub, Rules,
    ports::{Clock, TokenIssuer, TokenRequest},
};
use domain::{App, ClientId};
use serde_json::{Value, json};
use testkit::gist;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    hub: Arc<Hub>,
    app: App,
    address: SocketAddr,
}

impl Server {
    async fn start(rules: Rules) -> Self {
        let app = ndjson_tcp::app("a secret of thirty-two bytes ...").unwrap();
        let hub = ndjson_tcp::hub(app.clone(), rules).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(ndjson_tcp::serve(listener, Arc::clone(&hub)));
        let timers = Arc::clone(&hub);
        tokio::spawn(async move { timers.run_timers().await });
        Self { hub, app, address }
    }

    async fn connect(&self) -> Client {
        Client(BufReader::new(TcpStream::connect(self.address).await.unwrap()))
    }

    fn auth(&self, client: &str) -> Value {
        let clock = Arc::new(SystemClock::new());
        let request = TokenRequest {
            client: ClientId::parse(client).unwrap(),
            expires_at: clock.now().after(Duration::from_secs(600)),
            caps: None,
            channels: Vec::new(),
            info: None,
            api: Vec::new(),
        };
        let token = JwtTokenIssuer::new(clock).issue(&self.app, &request).unwrap();
        json!({ "event": "auth", "payload": { "appId": "lines", "token": token } })
    }

    async fn enter(&self, name: &str) -> Client {
        let mut client = self.connect().await;
        client.sends(&self.auth(name)).await;
        assert_eq!(client.hears().await, "200");
        client
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn sends_text(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn sends(&mut self, frame: &Value) {
        self.sends_text(&format!("{frame}\n")).await;
    }

    async fn subscribes(&mut self, channel: &str) {
        self.sends(&json!({ "event": "subscribe", "payload": { "channel": channel } })).await;
        assert_eq!(self.hears().await, "200");
    }

    /// The next line in short; `end` at the end of the stream.
    async fn hears(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("a line in time");
        if read.unwrap() == 0 {
            return "end".to_owned();
        }
        gist(&serde_json::from_str(&line).unwrap())
    }
}

#[tokio::test]
async fn two_clients_talk() {
    let server = Server::start(Rules::default()).await;
    let (mut alice, mut bob) = (server.enter("alice").await, server.enter("bob").await);
    alice.subscribes("lobby").await;
    bob.subscribes("lobby").await;
    let send = json!({ "channel": "lobby", "data": "line\nbreak" });
    bob.sends(&json!({ "event": "messageSend", "payload": send, "id": 1 })).await;
    assert_eq!(alice.hears().await, r#"message lobby "line\nbreak""#);
    // The two are not ordered against each other (protocol, P1).
    let mut heard = [bob.hears().await, bob.hears().await];
    heard.sort();
    assert_eq!(heard, ["#1 200", r#"message lobby "line\nbreak""#]);
}

#[tokio::test]
async fn a_line_may_come_slowly_and_many_at_once() {
    let server = Server::start(Rules::default()).await;
    let mut alice = server.connect().await;
    let auth = format!("{}\r\n\r\n", server.auth("alice"));
    for (index, piece) in auth.as_bytes().chunks(40).enumerate() {
        alice.0.write_all(piece).await.unwrap();
        // Another round trip in between: the server has read the beginning alone.
        if index < 3 {
            let mut other = server.connect().await;
            other.sends_text("{\"event\":\"ping\"}\n").await;
            assert_eq!(other.hears().await, "200");
        }
    }
    alice.sends_text("{\"event\":\"ping\",\"id\":1}\n{\"event\":\"ping\",\"id\":2}\n").await;
    for expected in ["200", "#1 200", "#2 200"] {
        assert_eq!(alice.hears().await, expected);
    }
}

#[tokio::test]
async fn a_line_over_the_limit_ends_the_connection() {
    let server = Server::start(Rules { frame_bytes: 1000, ..Rules::default() }).await;
    let mut alice = server.enter("alice").await;
    let padded = |bytes: usize| {
        let ping = |pad: &str| json!({ "event": "ping", "payload": { "pad": pad } }).to_string();
        format!("{}\n", ping(&"x".repeat(bytes - ping("").len())))
    };
    alice.sends_text(&padded(1000)).await;
    assert_eq!(alice.hears().await, "200", "as long as may be");
    alice.sends_text(&padded(1003)).await;
    assert_eq!(alice.hears().await, "disconnect 1009");
    assert_eq!(alice.hears().await, "end");
    let mut spaces = server.enter("bob").await;
    spaces.sends_text(&" ".repeat(1003)).await;
    assert_eq!(spaces.hears().await, "disconnect 1009", "without any end, too");
}

#[tokio::test]
async fn the_last_line_says_why() {
    let server = Server::start(Rules::default()).await;
    let mut mallory = server.connect().await;
    let wrong = json!({ "event": "auth", "payload": { "appId": "lines", "token": "x" } });
    for _ in 0..3 {
        mallory.sends(&wrong).await;
    }
    // What is unread at the close must not cost the last line.
    for _ in 0..100 {
        mallory.sends(&json!({ "event": "ping" })).await;
    }
    for expected in ["401 invalid token", "401 invalid token", "401 invalid token"] {
        assert_eq!(mallory.hears().await, expected);
    }
    assert_eq!(mallory.hears().await, "disconnect 4001");
    assert_eq!(mallory.hears().await, "end");
}

#[tokio::test]
async fn who_does_not_begin_is_closed() {
    let auth_timeout = Duration::from_millis(200);
    let server = Server::start(Rules { auth_timeout, ..Rules::default() }).await;
    let mut nobody = server.connect().await;
    nobody.sends_text("{\"event\":\"au").await;
    assert_eq!(nobody.hears().await, "disconnect 4104");
    assert_eq!(nobody.hears().await, "end");
}

#[tokio::test]
async fn a_flood_of_empty_lines_ends_the_connection() {
    let server = Server::start(Rules::default()).await;
    let mut mallory = server.enter("mallory").await;
    // More than the burst and what comes back while they are read.
    mallory.sends_text(&"\n".repeat(500_000)).await;
    assert_eq!(mallory.hears().await, "disconnect 4102");
}

/// As `printf ... | nc` does it.
#[tokio::test]
async fn who_is_done_sending_still_gets_the_answers() {
    let server = Server::start(Rules::default()).await;
    let mut alice = server.enter("alice").await;
    alice.sends(&json!({ "event": "ping" })).await;
    alice.0.get_mut().shutdown().await.unwrap();
    assert_eq!(alice.hears().await, "200");
    assert_eq!(alice.hears().await, "end");
    drop(alice);
    timeout(PATIENCE, server.hub.connections().drained()).await.expect("nothing is left");
}

#[tokio::test]
async fn a_shutdown_reaches_lines_too() {
    let server = Server::start(Rules::default()).await;
    let mut alice = server.enter("alice").await;
    server.hub.shut_down().await;
    assert!(alice.hears().await.starts_with("disconnect 4200 "));
    assert_eq!(alice.hears().await, "end");
}
