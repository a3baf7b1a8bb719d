//! A receiver of webhooks: down, slow, wrong and forgetful at random, until it is time to stop.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use client::Random;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use super::{
    api::Api,
    backend::{Backend, By},
    event::{self, Body},
    http,
    mood::Mood,
    record::{Arrival, HookRecords, LogEvent, Told, What},
    signature::Secret,
};
use crate::cli::verify::{
    NoVerdict,
    disorder::{Stop, wait},
};

/// Milliseconds that a receiver lives, and that it is dead.
const LIVES: Range<u64> = 1000..8000;
const DEATHS: Range<u64> = 50..1500;

/// It saves what it knows once in so many requests.
const SAVES: Range<u64> = 0..3;

/// Where nobody is to go.
const ELSEWHERE: &str = "/elsewhere";

/// How long to wait where its address is taken for a moment.
const BIND_AGAIN: Duration = Duration::from_millis(20);

struct Shared {
    address: SocketAddr,
    secret: (String, Secret),
    random: Mutex<Random>,
    /// What is not there before the first server is.
    api: OnceLock<Api>,
    told: Mutex<Told>,
    /// Of the one that wants everything.
    backend: Option<tokio::sync::Mutex<Backend>>,
    bad: AtomicBool,
    connections: AtomicU64,
}

/// A receiver.
pub(super) struct Receiver {
    name: &'static str,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    /// Listens. It is good until the disorder begins; `knowing` what is there, or only messages.
    pub(super) async fn listen(
        name: &'static str,
        random: Random,
        knowing: bool,
        stop: Stop,
    ) -> Result<Self, NoVerdict> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let secret = crate::random::hex_256().map_err(|_| NoVerdict::Fault("randomness"))?;
        let (endpoint, messages_only) = (name.to_owned(), !knowing);
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            secret: (secret.clone(), Secret::new(&secret)),
            random: Mutex::new(random),
            api: OnceLock::new(),
            told: Mutex::new(Told { endpoint, messages_only, ..Told::default() }),
            backend: knowing.then(tokio::sync::Mutex::default),
            bad: AtomicBool::new(false),
            connections: AtomicU64::new(0),
        });
        let serving = tokio::spawn(Arc::clone(&shared).run(listener, stop));
        Ok(Self { name, shared, serving })
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.shared.address
    }

    pub(super) fn secret(&self) -> &str {
        &self.shared.secret.0
    }

    /// From now on it can ask.
    pub(super) fn meets(&self, api: &Api) {
        // Only the first call counts, and there is one.
        drop(self.shared.api.set(api.clone()));
    }

    /// Whether it has not been told of anything yet.
    pub(super) fn is_untold(&self) -> bool {
        self.shared.told().arrivals.is_empty()
    }

    pub(super) fn begins_disorder(&self) {
        self.shared.bad.store(true, Ordering::Relaxed);
    }

    /// Whether it was told all of this that it wants.
    pub(super) fn is_told(&self, log: &[LogEvent]) -> bool {
        let told = self.shared.told();
        let is_wanted =
            |event: &&LogEvent| !told.messages_only || matches!(event.what, What::Message { .. });
        let last = log.iter().rev().find(is_wanted).map(|event| event.sequence);
        let taken = told.arrivals.iter().filter(|arrival| arrival.taken.is_some());
        let events = taken.flat_map(|arrival| &arrival.events);
        events.map(|event| event.sequence).max() >= last
    }

    /// Up to where it knows what is there, and what.
    pub(super) async fn knows(&self) -> (u64, BTreeSet<String>) {
        match &self.shared.backend {
            Some(backend) => backend.lock().await.knows(),
            None => (0, BTreeSet::new()),
        }
    }

    /// Stops and gives what it was told.
    pub(super) async fn finish(self, records: &mut HookRecords) {
        self.serving.abort();
        records.told.push(std::mem::take(&mut *self.shared.told()));
        if let Some(backend) = &self.shared.backend {
            let mut backend = backend.lock().await;
            records.snapshots.append(&mut backend.snapshots);
            records.odd.append(&mut backend.odd);
        }
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, range: Range<u64>) -> u64 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).within(range)
    }

    /// Lives and dies until it is time to stop, then lives on and is good.
    async fn run(self: Arc<Self>, first: TcpListener, mut stop: Stop) {
        let mut random = Random::new(self.draw(0..u64::MAX));
        let mut listener = Some(first);
        loop {
            let open = match listener.take() {
                Some(listener) => listener,
                None => self.reopen().await,
            };
            let mut connections = JoinSet::new();
            let mut life = Duration::from_millis(random.within(LIVES));
            while !self.is_bad() && !*stop.borrow() {
                // Before the disorder it lives as long as that takes.
                life = Duration::from_millis(random.within(LIVES));
                let looked = Duration::from_millis(50);
                drop(tokio::time::timeout(looked, self.accept(&open, &mut connections)).await);
            }
            let is_over = {
                let living = self.accept(&open, &mut connections);
                tokio::select! {
                    () = living => true,
                    _ = tokio::time::sleep(life) => false,
                    _ = stop.wait_for(|stop| *stop) => true,
                }
            };
            // Whoever was served hears nothing more.
            connections.shutdown().await;
            if is_over {
                self.bad.store(false, Ordering::Relaxed);
                return self.accept(&open, &mut connections).await;
            }
            drop(open);
            if let Some(backend) = &self.backend {
                backend.lock().await.forget();
            }
            self.told().outages += 1;
            wait(&mut stop, &mut random, DEATHS).await;
        }
    }

    fn is_bad(&self) -> bool {
        self.bad.load(Ordering::Relaxed)
    }

    /// Lives again, and says so: the server need not wait for its next try.
    async fn reopen(&self) -> TcpListener {
        loop {
            if let Ok(listener) = TcpListener::bind(self.address).await {
                let (api, endpoint) = (self.api.get().cloned(), self.told().endpoint.clone());
                tokio::spawn(async move {
                    if let Some(api) = api {
                        api.retry(&endpoint).await;
                    }
                });
                return listener;
            }
            tokio::time::sleep(BIND_AGAIN).await;
        }
    }

    async fn accept(self: &Arc<Self>, listener: &TcpListener, connections: &mut JoinSet<()>) {
        loop {
            let Ok((socket, _)) = listener.accept().await else {
                tokio::time::sleep(BIND_AGAIN).await;
                continue;
            };
            let number = self.connections.fetch_add(1, Ordering::Relaxed);
            let shared = Arc::clone(self);
            connections.spawn(async move {
                shared.serve(socket, number).await;
            });
            while connections.try_join_next().is_some() {}
        }
    }

    /// Requests of one connection, until it ends or breaks.
    async fn serve(&self, mut socket: TcpStream, connection: u64) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let head = http::head(&mut socket, &mut buffer).await?;
            let mood = match self.is_bad() {
                true => Mood::any(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner)),
                false => Mood::GOOD,
            };
            if mood == Mood::CutRequest {
                http::body(&mut socket, &mut buffer, head.length / 2).await?;
                self.told().refused += 1;
                return None;
            }
            let body = http::body(&mut socket, &mut buffer, head.length).await?;
            let answer = match self.arrived(&head, &body, connection) {
                Some((index, epoch, events)) => self.deal(mood, index, &epoch, &events).await?,
                None => "400 Bad Request\r\ncontent-length: 0".to_owned(),
            };
            if mood == Mood::CutAnswer {
                socket.write_all(b"HTTP/1.1 2").await.ok()?;
                return None;
            }
            socket.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.ok()?;
        }
    }

    /// Writes down that it came.
    fn arrived(
        &self,
        head: &http::Head,
        body: &[u8],
        connection: u64,
    ) -> Option<(usize, String, Vec<LogEvent>)> {
        let mut told = self.told();
        told.strayed += u64::from(head.path == ELSEWHERE);
        let id = head.field("webhook-id").to_owned();
        let (time, signature) = (head.field("webhook-timestamp"), head.field("webhook-signature"));
        let mistrusted = self.secret.1.mistrusts(&id, time, signature, body);
        let read = serde_json::from_slice::<Body>(body).ok().and_then(|body| {
            let events: Option<Vec<_>> = body.events.iter().map(|raw| event::read(raw)).collect();
            Some((body.number, body.epoch, events?))
        });
        let Some((number, epoch, events)) = read else {
            told.unread += 1;
            return None;
        };
        let index = told.arrivals.len();
        told.arrivals.push(Arrival {
            connection,
            id,
            mistrusted,
            number,
            epoch: epoch.clone(),
            digest: event::digest(body),
            events: events.clone(),
            taken: None,
        });
        Some((index, epoch, events))
    }

    /// What is answered; nothing where the connection breaks instead.
    async fn deal(
        &self,
        mood: Mood,
        index: usize,
        epoch: &str,
        events: &[LogEvent],
    ) -> Option<String> {
        let refuse = |words: &str| {
            self.told().refused += 1;
            Some(format!("{words}\r\ncontent-length: 0"))
        };
        match mood {
            Mood::Take(pause) => {
                let saves = self.draw(SAVES) == 0;
                if self.take(epoch, events, saves).await.is_err() {
                    return refuse("503 Service Unavailable\r\nretry-after: 0");
                }
                tokio::time::sleep(pause).await;
                let mut told = self.told();
                let taken = Some((told.arrivals.len(), Instant::now()));
                if let Some(arrival) = told.arrivals.get_mut(index) {
                    arrival.taken = arrival.taken.or(taken);
                }
                Some("200 OK\r\ncontent-length: 0".to_owned())
            }
            Mood::TakeAndFail => {
                drop(self.take(epoch, events, true).await);
                refuse("500 Internal Server Error")
            }
            Mood::TakeAndCut => {
                drop(self.take(epoch, events, true).await);
                self.told().refused += 1;
                None
            }
            Mood::Refuse(503) => refuse("503 Service Unavailable\r\nretry-after: 1"),
            Mood::Refuse(status) => refuse(&format!("{status} No")),
            Mood::Redirect => refuse(&format!("302 Found\r\nlocation: {ELSEWHERE}")),
            Mood::Hang => {
                self.told().refused += 1;
                std::future::pending().await
            }
            // The connection was or will be cut around this.
            Mood::CutRequest | Mood::CutAnswer => refuse(""),
        }
    }

    async fn take(&self, epoch: &str, events: &[LogEvent], saves: bool) -> Result<(), String> {
        let Some(backend) = &self.backend else { return Ok(()) };
        let by = if self.draw(0..2) == 0 { By::Snapshot } else { By::Events };
        let mut backend = backend.lock().await;
        backend.take(self.api.get().ok_or("no server")?, (epoch, events), by).await?;
        if saves {
            backend.save();
        }
        Ok(())
    }
}
