//! What every `FlightLog` guarantees. It is told what happens as an `EventSink`.

use application::ports::{
    Change, Depth, DomainEvent, EventSink, FlightLog, Kind, Maker, Subject, What,
};
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, ConnectionId, Epoch, MessageId, Offset, Position,
    Receipt, Timestamp, TraceId,
};

/// Somebody of an app, on a connection.
struct Somebody {
    app: AppId,
    client: ClientId,
    connection: ConnectionId,
    channel: ChannelKey,
}

impl Somebody {
    fn of(app: &str, client: &str, connection: u128) -> Self {
        let app = AppId::parse(app).expect("an app's name");
        let channel = ChannelName::parse("chat:lobby").expect("a channel");
        Self {
            channel: ChannelKey { app: app.clone(), channel },
            app,
            client: ClientId::parse(client).expect("a client"),
            connection: ConnectionId::from_random(connection),
        }
    }

    fn enters(&self, sink: &dyn EventSink) {
        let Self { app, client, connection, .. } = self;
        let (connection, refreshed, trace) = (*connection, false, None);
        sink.record(&DomainEvent::Authenticated { connection, app, client, refreshed, trace });
    }

    fn subscribes(&self, sink: &dyn EventSink, trace: Option<&TraceId>) {
        let (connection, app) = (self.connection, &self.app);
        let (channel, change) = (&self.channel.channel, Change::Made(Maker::Client));
        sink.record(&DomainEvent::Subscription { connection, app, channel, change, trace });
    }

    fn commands(&self, sink: &dyn EventSink) {
        sink.record(&DomainEvent::Command {
            connection: self.connection,
            app: Some(&self.app),
            kind: Kind::Send,
            bytes: 100,
            channel: Some(&self.channel.channel),
            trace: None,
        });
    }

    fn publishes(&self, sink: &dyn EventSink, id: &str) {
        let position = Position { epoch: Epoch::from_random(7), offset: Offset(7) };
        let (id, ts) = (MessageId::new(id), Timestamp::from_secs(1));
        sink.record(&DomainEvent::Published {
            connection: Some(self.connection),
            channel: &self.channel,
            receipt: &Receipt { id, ts, position: Some(position), repeated: false },
            hidden_from: None,
            subscribers: 3,
            bytes: 100,
            trace: None,
        });
    }
}

/// Guarantee 1: the latest first, and no more than were asked for.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn the_latest_come_first(log: &dyn FlightLog, sink: &dyn EventSink, tick: impl Fn()) {
    let alice = Somebody::of("shop", "alice", 7);
    alice.enters(sink);
    for _ in 0..10 {
        tick();
        alice.commands(sink);
    }
    let subject = Subject::Connection(alice.connection);
    let all = log.facts(subject, Depth::Everything, 100);
    assert_eq!(all.facts.len(), 11);
    assert!(all.facts.windows(2).all(|two| two[0].order > two[1].order && two[0].at >= two[1].at));
    let some = log.facts(subject, Depth::Everything, 3);
    assert_eq!(some.facts, all.facts[..3]);
    assert_eq!(some.since, some.facts[2].at, "since then it is complete");
    let decisions = log.facts(subject, Depth::Decisions, 3);
    assert_eq!(decisions.facts, all.facts[10..], "commands are none");
}

/// Guarantee 2: what is given is of the subject and of its app.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn facts_are_of_their_subject(log: &dyn FlightLog, sink: &dyn EventSink) {
    let trace = TraceId::parse("t-1").expect("a trace id");
    let all = [
        Somebody::of("shop", "alice", 1),
        Somebody::of("shop", "bob", 2),
        Somebody::of("bazaar", "alice", 3),
    ];
    for somebody in &all {
        somebody.enters(sink);
        somebody.subscribes(sink, Some(&trace));
        somebody.publishes(sink, "m-1");
    }
    let count = |subject: Subject<'_>| log.facts(subject, Depth::Everything, 100).facts.len();
    for Somebody { app, client, connection, channel } in &all {
        let own = if app.as_str() == "shop" { 2 } else { 1 };
        let message = MessageId::new("m-1");
        assert_eq!(count(Subject::Connection(*connection)), 2);
        assert_eq!(count(Subject::Client(app, client)), 1);
        assert_eq!(count(Subject::Trace(app, &trace)), own);
        assert_eq!(count(Subject::Channel(channel)), 2 * own);
        assert_eq!(count(Subject::Message(app, &message)), own);
        let facts = log.facts(Subject::Channel(channel), Depth::Everything, 100).facts;
        assert!(facts.iter().all(|fact| fact.app.as_ref() == Some(app)));
    }
    let nobody = ConnectionId::from_random(9);
    assert_eq!(count(Subject::Connection(nobody)), 0);
}

/// Guarantee 3: what happened from `since` on is there, however much happened.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn nothing_is_missing_since(log: &dyn FlightLog, sink: &dyn EventSink, tick: impl Fn()) {
    let alice = Somebody::of("shop", "alice", 7);
    alice.enters(sink);
    let mut told = 0_u32;
    let published = loop {
        tick();
        alice.publishes(sink, &format!("m-{told}"));
        told += 1;
        let few = told.is_multiple_of(1000);
        if few
            && log
                .facts(Subject::Channel(&alice.channel), Depth::Everything, usize::MAX)
                .facts
                .len()
                < told as usize
        {
            break log.facts(Subject::Channel(&alice.channel), Depth::Everything, usize::MAX);
        }
        assert!(told < 1_000_000, "it never forgets");
    };
    // One message in each tick of the clock: they tell how many there should be.
    let earliest = published.facts.last().expect("some are left");
    assert!(
        earliest.at >= published.since || published.facts.iter().any(|it| it.at == published.since)
    );
    let numbers: Vec<u32> = published.facts.iter().map(number).collect();
    let expected: Vec<u32> = (0..told).rev().take(numbers.len()).collect();
    assert_eq!(numbers, expected, "without a hole, up to the latest");
    let decisions = log.facts(Subject::Connection(alice.connection), Depth::Decisions, 10);
    assert_eq!(decisions.facts.len(), 1, "messages push out no decision");
}

fn number(fact: &application::ports::FlightFact) -> u32 {
    let What::Published(sent) = &fact.what else { panic!("{fact:?}") };
    sent.id.as_str()[2..].parse().expect("a number")
}

/// Guarantee 4: it takes no more memory for more facts. `bytes` says how much is allocated while
/// what it is given runs.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn memory_is_fixed(sink: &dyn EventSink, bytes: impl Fn(&mut dyn FnMut()) -> u64) {
    let used = bytes(&mut || {
        for number in 0..20_000_u128 {
            let client = Somebody::of("shop", "alice", number);
            client.enters(sink);
        }
    });
    let making = bytes(&mut || {
        for number in 0..20_000_u128 {
            Somebody::of("shop", "alice", number);
        }
    });
    assert_eq!(used, making, "what is told costs nothing");
}
