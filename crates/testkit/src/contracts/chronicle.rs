//! What every `Chronicle` guarantees.

use std::{sync::Arc, time::Duration};

use application::ports::{Chronicle, EventLog, LeaseStore};
use domain::{
    App, AppId, Arrival, ChannelName, ClientId, CloseReason, ConnectionId, Ended, Event, Fact,
    FactKind, Sequence, Webhook, WebhookBatch, WebhookFormat, WebhookName,
};
use tokio::time::timeout;

use crate::ManualClock;

mod restart;

pub use restart::{
    ChronicleRestart, connections_of_before_are_closed_and_channels_wait,
    members_are_as_presence_has_them,
};

/// An adapter under test.
pub struct ChronicleFixture {
    /// Writes.
    pub chronicle: Arc<dyn Chronicle>,
    /// Reads what it wrote.
    pub log: Arc<dyn EventLog>,
    /// Keeps members over a restart, in an adapter that does.
    pub leases: Option<Arc<dyn LeaseStore>>,
    /// The clock of both.
    pub clock: Arc<ManualClock>,
}

/// The app `shop`, which keeps all events.
#[must_use]
pub fn shop() -> App {
    let mut app = App::new(AppId::parse("shop").expect("an app's name"));
    app.events.keep = true;
    app
}

/// An app with one endpoint for these kinds.
#[must_use]
pub fn told_of(id: &str, kinds: &[FactKind]) -> App {
    let mut app = App::new(AppId::parse(id).expect("an app's name"));
    app.webhooks = vec![Webhook {
        name: WebhookName::parse("main").expect("a name"),
        url: "https://backend.example".into(),
        events: kinds.iter().copied().collect(),
        channels: Vec::new(),
        headers: Vec::new(),
        format: WebhookFormat::Rtmate,
        secrets: Vec::new(),
        batch: WebhookBatch::default(),
        allow_private_addresses: false,
    }];
    app
}

/// A channel.
#[must_use]
pub fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).expect("a channel's name")
}

/// A client.
#[must_use]
pub fn client(name: &str) -> ClientId {
    ClientId::parse(name).expect("a client's name")
}

/// A connection opens.
#[must_use]
pub fn opened(connection: u128) -> Fact {
    let connection = ConnectionId::from_random(connection);
    Fact::ConnectionOpened(Arrival { connection, client: client("alice"), guest: false })
}

/// It closes.
#[must_use]
pub fn closed(connection: u128, reason: Ended) -> Fact {
    let connection = ConnectionId::from_random(connection);
    Fact::ConnectionClosed { connection, client: client("alice"), reason }
}

/// It says goodbye.
#[must_use]
pub fn left(connection: u128) -> Fact {
    closed(connection, Ended::By(CloseReason::ClientLeft))
}

/// A member joins.
#[must_use]
pub fn joined(room: &str, who: &str) -> Fact {
    Fact::MemberJoined { channel: channel(room), client: client(who), info: None }
}

/// A member leaves.
#[must_use]
pub fn gone(room: &str, who: &str) -> Fact {
    Fact::MemberLeft { channel: channel(room), client: client(who) }
}

/// A fact of no thing: what stands before it in the log is all that came before.
fn mark(limit: u64) -> Fact {
    Fact::QuotaReached { quota: "messages".into(), limit }
}

impl ChronicleFixture {
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Notes facts of an app.
    pub fn note(&self, app: &App, facts: impl IntoIterator<Item = Fact>) {
        facts.into_iter().for_each(|fact| self.chronicle.note(&app.id, fact));
    }

    /// Time goes by.
    pub fn passes(&self, while_: Duration) {
        self.clock.advance(while_);
        self.chronicle.sweep();
    }

    /// All events of an app that are kept, once there is one behind `after`.
    ///
    /// # Panics
    /// None comes, or they can't be read.
    pub async fn events_with(&self, app: &App, after: u64) -> Vec<Event> {
        let news = self.log.news(&app.id, Sequence(after));
        timeout(Self::PATIENCE, news).await.expect("no news came");
        let page = self.log.read(&app.id, Sequence::default(), 10_000, usize::MAX).await;
        page.expect("read").events
    }

    /// All facts that were noted so far, of an app that keeps all.
    ///
    /// # Panics
    /// They do not come.
    pub async fn facts(&self, app: &App) -> Vec<Fact> {
        let before = self.log.read(&app.id, Sequence::default(), 1, 1).await.expect("read").last;
        let mark = mark(before.0 + 1_000_000);
        self.note(app, [mark.clone()]);
        let mut seen = before.0;
        let events = loop {
            let events = self.events_with(app, seen).await;
            seen = events.last().expect("one").sequence.0;
            if events.last().is_some_and(|event| event.fact == mark) {
                break events;
            }
        };
        let plain = |fact: &Fact| !matches!(fact, Fact::QuotaReached { .. });
        events.into_iter().map(|event| event.fact).filter(plain).collect()
    }
}

/// Guarantee 1: things come and go in turn, in the order of the notes.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn things_come_and_go_in_turn(fixture: &ChronicleFixture) {
    let shop = shop();
    fixture.chronicle.follow(&shop);
    let expected =
        [opened(1), opened(2), joined("room", "bob"), left(1), gone("room", "bob"), opened(1)];
    let surplus = [left(7), gone("room", "carol"), Fact::ChannelVacated(channel("room"))];
    for fact in &expected {
        // Twice is once.
        fixture.note(&shop, [fact.clone(), fact.clone()]);
        fixture.note(&shop, surplus.clone());
    }
    let count = |count| Fact::SubscriptionCount { channel: channel("empty"), count };
    fixture.note(&shop, [count(2)]);
    fixture.passes(Duration::from_secs(60));
    assert_eq!(fixture.facts(&shop).await, expected);
}

/// Guarantee 2: a channel that is empty for a moment makes no noise.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_channel_waits_before_it_is_vacated(fixture: &ChronicleFixture) {
    let shop = shop();
    fixture.chronicle.follow(&shop);
    let (occupied, vacated) =
        (Fact::ChannelOccupied(channel("room")), Fact::ChannelVacated(channel("room")));
    let count = Fact::SubscriptionCount { channel: channel("room"), count: 1 };
    fixture.note(&shop, [occupied.clone(), count.clone(), vacated.clone()]);
    let delay = shop.events.vacated_delay;
    let (moment, first) = (Duration::from_millis(1), [occupied.clone(), count]);
    fixture.passes(delay.saturating_sub(moment));
    assert_eq!(fixture.facts(&shop).await, first);
    fixture.note(&shop, [occupied.clone()]);
    fixture.passes(delay * 2);
    assert_eq!(fixture.facts(&shop).await, first, "it came back");
    fixture.note(&shop, [vacated.clone()]);
    fixture.passes(delay);
    let ended = [&first[..], std::slice::from_ref(&vacated)].concat();
    assert_eq!(fixture.facts(&shop).await, ended);
    fixture.note(&shop, [occupied.clone()]);
    assert_eq!(fixture.facts(&shop).await, [&ended[..], &[occupied]].concat());
}

/// Guarantee 3: an app is told of what it wants, and of nothing of another's.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn apps_get_what_they_want(fixture: &ChronicleFixture) {
    let (shop, bazaar) = (shop(), told_of("bazaar", &[FactKind::TokenRevoked]));
    let nobody = App::new(AppId::parse("nobody").expect("an app's name"));
    for app in [&shop, &bazaar, &nobody] {
        fixture.chronicle.follow(app);
    }
    let wants = |app: &App, kind| fixture.chronicle.wants(&app.id, kind);
    assert!(FactKind::ALL.into_iter().all(|kind| wants(&shop, kind)));
    assert!(!FactKind::ALL.into_iter().any(|kind| wants(&nobody, kind)));
    assert!(wants(&bazaar, FactKind::ConnectionOpened) && wants(&bazaar, FactKind::TokenRevoked));
    assert!(!wants(&bazaar, FactKind::CacheMissed));
    let missed = Fact::CacheMissed(channel("cache-a"));
    for app in [&shop, &bazaar, &nobody] {
        fixture.note(app, [missed.clone(), opened(5)]);
    }
    fixture.note(&bazaar, [left(5)]);
    assert_eq!(fixture.facts(&shop).await, [missed, opened(5)]);
    let facts = fixture.events_with(&bazaar, 1).await.into_iter().map(|event| event.fact);
    assert_eq!(facts.collect::<Vec<_>>(), [opened(5), left(5)]);
    let read = fixture.log.read(&nobody.id, Sequence::default(), 1, 1).await;
    assert!(read.is_err(), "{read:?}");
    let mut deaf = shop.clone();
    deaf.events.keep = false;
    fixture.chronicle.follow(&deaf);
    assert!(!wants(&deaf, FactKind::ConnectionOpened));
}
