//! Clients that count what they are given, over connections that count bytes. Only kills of the
//! server disturb them, so that they know what the ledger may have.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use client::{ChannelEvent, Client, Subscription};
use domain::AppId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
    time::Instant,
};

use super::{
    api::Api,
    record::{Charged, Counted},
};
use crate::cli::verify::{
    NoVerdict,
    disorder::Stop,
    history,
    plan::{Part, Plan},
    publisher,
    record::Sent,
};

/// The app, and the beginning of its channels.
const APP: &str = "books";
const PREFIX: &str = "books:";

/// Clients that read, beside the one that sends.
const READERS: u16 = 2;

/// Their numbers begin behind those of all others.
const FIRST: u16 = 2000;

/// So long the last messages may take to come, and the ledger to have them: it is some two seconds
/// behind.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn configuration() -> String {
    format!(
        "\n[[apps]]\nid = \"{APP}\"\n\n[[apps.jwt_keys]]\nalg = \"HS256\"\nsecret_file = \"secret\"\n\n\
         [[apps.namespaces]]\npattern = \"{PREFIX}*\"\n\n\
         [apps.namespaces.history]\nsize = 1000000\nttl = \"24h\"\nbytes = \"4GiB\"\n"
    )
}

/// Bytes that went over the wire, in each direction.
#[derive(Default)]
struct Wire {
    to_server: AtomicU64,
    to_clients: AtomicU64,
}

/// Clients that count.
pub(super) struct Books {
    app: AppId,
    channel: String,
    began: Instant,
    wire: Arc<Wire>,
    proxy: JoinHandle<()>,
    readers: Vec<Client>,
    given: Arc<Mutex<Vec<Instant>>>,
    writer: Client,
    writing: JoinHandle<Result<Vec<Sent>, NoVerdict>>,
}

impl Drop for Books {
    fn drop(&mut self) {
        self.proxy.abort();
    }
}

impl Books {
    /// Begins to send and to count.
    pub(super) fn open(plan: &Plan, url: &str, stop: &Stop) -> Result<Self, NoVerdict> {
        let app = AppId::parse(APP).map_err(|_| NoVerdict::Fault("the books"))?;
        let channel = format!("{PREFIX}{}", plan.run);
        let plan = Plan {
            tokens: plan.tokens.of_app(&app),
            app: app.clone(),
            channels: vec![channel.clone()],
            // As seldom as one of four.
            publishers: 4,
            ..plan.clone()
        };
        let server = url.strip_prefix("ws://").and_then(|url| url.strip_suffix("/ws"));
        let server = server.and_then(|address| address.parse().ok());
        let server: SocketAddr = server.ok_or(NoVerdict::Fault("the server"))?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("ws://{}/ws", listener.local_addr()?);
        let wire = Arc::new(Wire::default());
        let listener = TcpListener::from_std(listener)?;
        let proxy = tokio::spawn(carry_all(listener, server, Arc::clone(&wire)));
        let (began, given) = (Instant::now(), Arc::default());
        let mut readers = Vec::new();
        for number in 0..READERS {
            let client = plan.client(&url, &format!("book-{number}"), FIRST + number);
            tokio::spawn(read(client.clone(), channel.clone(), Arc::clone(&given)));
            readers.push(client);
        }
        let writer = plan.client(&url, "writer", FIRST + READERS);
        let random = plan.random(Part::Writer);
        let writing = publisher::run(plan, writer.clone(), 0, random, stop.clone());
        let writing = tokio::spawn(writing);
        Ok(Self { app, channel, began, wire, proxy, readers, given, writer, writing })
    }

    /// Ends them, and asks what the ledger has.
    pub(super) async fn close(mut self, api: &Api) -> Result<Counted, NoVerdict> {
        let writing = std::mem::replace(&mut self.writing, tokio::spawn(async { Ok(Vec::new()) }));
        drop(writing.await.map_err(|_| NoVerdict::Fault("the books"))??);
        let kept = history::read(&self.writer, &self.channel).await.messages;
        let kept = kept.map_err(NoVerdict::Unanswered)?;
        let messages = u64::try_from(kept.messages.len()).unwrap_or(u64::MAX);
        // The history was read over the same connection: all of it was given, too.
        let mut counted = Counted { messages, ..Counted::default() };
        counted.repeats = messages;
        let until = Instant::now() + PATIENCE;
        let wanted = usize::try_from(messages).unwrap_or(usize::MAX) * usize::from(READERS);
        while self.count() < wanted && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for client in self.readers.iter().chain([&self.writer]) {
            client.stop().await;
            let counters = *client.counters().borrow();
            counted.repeats += counters.repeats;
            counted.connections += counters.connections;
            counted.clients += 1;
        }
        counted.lasted_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        counted.given = self.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        counted.charged = charged(api, &self.app, |charged| charged.messages == messages).await?;
        counted.wire_in = self.wire.to_server.load(Ordering::Relaxed);
        counted.wire_out = self.wire.to_clients.load(Ordering::Relaxed);
        Ok(counted)
    }

    fn count(&self) -> usize {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// What the ledger has of an app once it no longer changes.
pub(super) async fn charged(
    api: &Api,
    app: &AppId,
    is_enough: impl Fn(&Charged) -> bool,
) -> Result<Charged, NoVerdict> {
    let until = Instant::now() + PATIENCE;
    let mut last = None;
    loop {
        let charged = api.usage(app).await.map_err(NoVerdict::Unanswered)?;
        // Connections that are still there cost time; all else stands still.
        let still = Charged { connection_ms: 0, bytes_in: 0, bytes_out: 0, ..charged };
        if (last == Some(still) && is_enough(&charged)) || Instant::now() > until {
            return Ok(charged);
        }
        last = Some(still);
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }
}

async fn read(client: Client, channel: String, given: Arc<Mutex<Vec<Instant>>>) {
    let Ok(mut subscription) = client.subscribe(&channel).await else { return };
    while let Some(event) = Subscription::next(&mut subscription).await {
        if let ChannelEvent::Message(_) = event {
            given.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        }
    }
}

/// Carries connections to the server, and counts.
async fn carry_all(listener: TcpListener, server: SocketAddr, wire: Arc<Wire>) {
    while let Ok((client, _)) = listener.accept().await {
        let wire = Arc::clone(&wire);
        tokio::spawn(async move {
            // A server that is dead: the client's connection ends, too.
            let Ok(server) = TcpStream::connect(server).await else { return };
            drop((client.set_nodelay(true), server.set_nodelay(true)));
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            tokio::join!(
                carry(from_client, to_server, &wire.to_server),
                carry(from_server, to_client, &wire.to_clients),
            );
        });
    }
}

/// One direction. What comes is counted whether or not it gets there.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, count: &AtomicU64) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    // The other end hears that this one is over.
    drop(to.shutdown().await);
}
