//! A whole server without a network.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use adapters_flight::FlightRecorder;
use adapters_memory::{MemoryAppRegistry, MemoryChronicle, MemoryRateLimiter, MemoryRevocations};
use application::{
    Entry, EventSinks, Fanout, Hub, Keepers, Opening, Ports, Rules, ToldPresence, UsageCounter,
    Wheel,
    ports::{
        Chronicle, Clock, DeliverySink, EventSink, IdSource, Meter, NoSeal, NoTallies, PresenceSink,
    },
};
use domain::{
    AppId, ChannelKey, ChannelName, Claims, ClientId, Epoch, Language, Message, MessageId, Payload,
    Peer, Publication, Timestamp,
};
use protocol_native::NativeCodec;

use crate::{
    Actor, HeldBroker, LineFraming, ManualClock, RecordingEvents, RecordingOutbound, Scenery,
    SequenceIds, TestPasses, TestVerifier,
};

/// A whole server without a network, whose time stands still until [`Self::passes`].
pub struct Stage {
    /// The server.
    pub hub: Arc<Hub>,
    /// Its apps.
    pub apps: Arc<MemoryAppRegistry>,
    /// Its subscribers.
    pub fanout: Arc<Fanout>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// What tokens are worth.
    pub verifier: Arc<TestVerifier>,
    /// Its log.
    pub events: Arc<RecordingEvents>,
    /// What its apps use: its meter.
    pub usage: Arc<UsageCounter>,
    /// What its apps are told of.
    pub chronicle: Arc<MemoryChronicle>,
    tokens: AtomicU64,
}

impl Stage {
    /// When every stage begins: 2027, on the second.
    pub const BEGIN: Timestamp = Timestamp::from_secs(1_800_000_000);

    /// The usual scenery.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Scenery::default())
    }

    /// Another scenery.
    #[must_use]
    pub fn with(scenery: Scenery<'_>) -> Self {
        let clock = Arc::new(ManualClock::new(Self::BEGIN));
        let ids: Arc<dyn IdSource> = Arc::new(SequenceIds::default());
        let usage = Arc::new(UsageCounter::new(Arc::clone(&clock) as _, false));
        let meter: Arc<dyn Meter> = Arc::clone(&usage) as _;
        let verifier = Arc::new(TestVerifier::default());
        let events = Arc::new(RecordingEvents::default());
        let flight = Arc::new(FlightRecorder::new(Arc::clone(&clock) as _));
        let told: Arc<dyn EventSink> =
            Arc::new(EventSinks::of([Arc::clone(&events) as _, Arc::clone(&flight) as _]));
        let fanout = scenery.fanout.measured_by(Arc::clone(&meter)).told_to(Arc::clone(&told));
        let fanout = Arc::new(fanout);
        let sink: Arc<dyn DeliverySink> = Arc::clone(&fanout) as _;
        let keeper = (scenery.keeper)(sink, Arc::clone(&clock) as _, Arc::clone(&ids));
        let chronicle =
            Arc::new(MemoryChronicle::new(Arc::clone(&clock) as _, Epoch::from_random(1)));
        scenery.apps.iter().for_each(|app| chronicle.follow(app));
        let apps = Arc::new(MemoryAppRegistry::new(scenery.apps));
        let watched: Arc<dyn PresenceSink> = Arc::new(ToldPresence {
            sink: Arc::clone(&fanout) as _,
            chronicle: Arc::clone(&chronicle) as _,
        });
        let ports = Ports {
            registry: Arc::clone(&apps) as _,
            verifier: Arc::clone(&verifier) as _,
            seal: Arc::new(NoSeal),
            presence: (scenery.presence)(watched, Arc::clone(&clock) as _),
            keepers: Keepers { memory: keeper.clone(), durable: keeper },
            passes: Arc::new(TestPasses),
            revocations: Arc::new(MemoryRevocations::new(Arc::clone(&clock) as _)),
            limiter: Arc::new(MemoryRateLimiter::new(Arc::clone(&clock) as _)),
            events: told,
            flight,
            usage: Arc::clone(&usage),
            meter,
            tallies: Arc::new(NoTallies),
            chronicle: Arc::clone(&chronicle) as _,
            log: Some(Arc::clone(&chronicle) as _),
            clock: Arc::clone(&clock) as _,
            ids,
        };
        let hub = Hub::new(ports, Arc::clone(&fanout), scenery.rules);
        let tokens = AtomicU64::new(0);
        Self { hub, apps, fanout, clock, verifier, events, usage, chronicle, tokens }
    }

    /// A stage whose broker waits for its test.
    #[must_use]
    pub fn held() -> (Self, Arc<HeldBroker>) {
        let mut held = None;
        let scenery = Scenery::default().around_broker(|inner| {
            let broker = HeldBroker::new(inner);
            held = Some(Arc::clone(&broker));
            broker
        });
        let stage = Self::with(scenery);
        (stage, held.expect("a stage makes its broker"))
    }

    /// A client of this same machine connects.
    #[must_use]
    pub fn connect(&self) -> Actor {
        self.connect_with(|_| ())
    }

    /// A client connects from elsewhere, or otherwise.
    #[must_use]
    pub fn connect_with(&self, change: impl FnOnce(&mut Opening)) -> Actor {
        let outbound = RecordingOutbound::new(Rules::UNAUTHENTICATED_QUEUE);
        let peer = Peer {
            address: [127, 0, 0, 1].into(),
            host: Some("localhost:3000".into()),
            origin: None,
            forwarded: false,
            server_port: 3000,
        };
        let mut opening = Opening {
            outbound: Arc::clone(&outbound) as _,
            codec: Arc::new(NativeCodec::<LineFraming>::new(Language::Chinese)),
            peer,
            language: Language::Chinese,
            seat: None,
            entry: Entry::Token(None),
        };
        change(&mut opening);
        Actor::new(self.hub.open(opening), outbound)
    }

    /// A client connects and is authenticated to the app `shop`.
    pub async fn enter(&self, client: &str) -> Actor {
        self.enter_with(&self.token(client)).await
    }

    /// The same with a token that [`Self::token_with`] made.
    ///
    /// # Panics
    /// The token is refused.
    pub async fn enter_with(&self, token: &str) -> Actor {
        let mut actor = self.connect();
        actor.auth("shop", token).await;
        let heard = actor.hears();
        assert_eq!(heard.first().map(String::as_str), Some("200"), "the auth of {token}");
        actor
    }

    /// A token for `client` that lives an hour and leaves its grants to the app.
    #[must_use]
    pub fn token(&self, client: &str) -> String {
        self.token_with(client, |_| ())
    }

    /// A token with other claims.
    ///
    /// # Panics
    /// `client` is not the name of one.
    #[must_use]
    pub fn token_with(&self, client: &str, change: impl FnOnce(&mut Claims)) -> String {
        let mut claims = Claims {
            client: ClientId::parse(client).expect("a client's name"),
            expires_at: self.clock.now().after(Duration::from_secs(3600)),
            issued_at: None,
            token_id: None,
            caps: None,
            channels: Vec::new(),
            info: None,
            api: Vec::new(),
        };
        change(&mut claims);
        let token = format!("{client}-{}", self.tokens.fetch_add(1, Ordering::Relaxed));
        self.verifier.accepts(&token, claims);
        token
    }

    /// A message comes to a channel of the app `shop`, past the broker.
    ///
    /// # Panics
    /// No such channel, or no JSON.
    pub fn announces(&self, channel: &str, data: &str) {
        let channel = ChannelKey {
            app: AppId::parse("shop").expect("an app's name"),
            channel: ChannelName::parse(channel).expect("a channel's name"),
        };
        let message = Message {
            id: MessageId::new("announced"),
            ts: self.clock.now(),
            offset: None,
            name: None,
            data: Payload::parse(data, 1 << 20).expect("JSON"),
            from: None,
        };
        self.fanout.deliver(&Publication { channel, message, hidden_from: None });
    }

    /// Time goes by, tick by tick, and every timer that is due goes off.
    pub fn passes(&self, while_: Duration) {
        let mut left = while_;
        while !left.is_zero() {
            let step = left.min(Wheel::TICK);
            self.clock.advance(step);
            self.hub.turn_timers();
            left -= step;
        }
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}
