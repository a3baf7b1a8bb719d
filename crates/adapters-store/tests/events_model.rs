//! Random comings and goings, restarts and crashes: the snapshot at any place, with the events behind
//! it, is what is there.

mod common;

use std::{collections::HashMap, sync::Arc, time::Duration};

use adapters_store::DurableBroker;
use application::ports::{Chronicle, EventLog, Lease, LeaseStore, Snapshot};
use common::Store;
use domain::{ChannelKey, Event, Fact, LiveSet, PresenceVersion, Sequence, Thing};
use proptest::prelude::*;
use testkit::contracts::chronicle::{channel, gone, joined, left, opened, shop};
use tokio::time::timeout;

#[derive(Debug, Clone)]
enum Step {
    /// A thing comes or goes.
    Note(u8, bool),
    /// Time goes by, in seconds.
    Passes(u8),
    /// A reader takes a snapshot.
    Snapshot,
    /// The server stops in order and starts again.
    Restart,
    /// What waits is written.
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..9u8, any::<bool>()).prop_map(|(thing, there)| Step::Note(thing, there)),
        2 => (0..5u8).prop_map(Step::Passes),
        2 => Just(Step::Snapshot),
        1 => Just(Step::Restart),
        2 => Just(Step::Settle),
    ]
}

/// One of nine things, coming or going.
fn fact(thing: u8, there: bool) -> Fact {
    let number = thing % 3;
    let (room, who) = (format!("room{number}"), format!("client{number}"));
    match (thing / 3, there) {
        (0, true) => opened(number.into()),
        (0, false) => left(number.into()),
        (1, true) => Fact::ChannelOccupied(channel(&room)),
        (1, false) => Fact::ChannelVacated(channel(&room)),
        (_, true) => joined("room", &who),
        (_, false) => gone("room", &who),
    }
}

/// What the server knows by itself.
#[derive(Default)]
struct Truth {
    live: LiveSet,
}

struct Run {
    store: Store,
    broker: Option<Arc<DurableBroker>>,
    truth: Truth,
    readers: Vec<Snapshot>,
    marks: u64,
}

impl Run {
    async fn start(&mut self) {
        let broker = Arc::new(self.store.open());
        broker.begin().await.expect("begun");
        broker.follow(&shop());
        self.broker = Some(broker);
        self.truth.live.connections.clear();
    }

    fn broker(&self) -> &Arc<DurableBroker> {
        self.broker.as_ref().expect("open")
    }

    /// Presence keeps its leases beside the notes.
    fn note(&mut self, fact: &Fact) {
        let broker = self.broker();
        let lease = |channel: &domain::ChannelName, client: &domain::ClientId| Lease {
            channel: ChannelKey { app: shop().id, channel: channel.clone() },
            client: client.clone(),
            info: None,
            joined: PresenceVersion(1),
        };
        if let Fact::MemberJoined { channel, client, .. } = fact {
            broker.keep(lease(channel, client)).expect("kept");
        } else if let Fact::MemberLeft { channel, client } = fact {
            broker.release(&lease(channel, client).channel, client);
        }
        broker.note(&shop().id, fact.clone());
        broker.settle();
        self.truth.live.apply(fact);
    }

    /// All events, once everything that was noted is written.
    async fn events(&mut self) -> Vec<Event> {
        self.marks += 1;
        let mark = Fact::QuotaReached { quota: "mark".into(), limit: self.marks };
        let (broker, app) = (Arc::clone(self.broker()), shop().id);
        broker.note(&app, mark.clone());
        let mut seen = Sequence(0);
        loop {
            let news = broker.news(&app, seen);
            timeout(Duration::from_secs(20), news).await.expect("written");
            let page = broker.read(&app, Sequence(0), 100_000, usize::MAX).await.expect("read");
            seen = page.last;
            if page.events.last().is_some_and(|event| event.fact == mark) {
                return page.events;
            }
        }
    }

    async fn play(&mut self, step: &Step) {
        match step {
            Step::Note(thing, there) => self.note(&fact(*thing, *there)),
            Step::Passes(seconds) => {
                self.store.clock.advance(Duration::from_secs((*seconds).into()));
                Chronicle::sweep(&**self.broker());
            }
            Step::Snapshot => {
                let snapshot = self.broker().snapshot(&shop().id).await.expect("there");
                self.readers.push(snapshot);
            }
            Step::Restart => {
                self.broker = None;
                self.start().await;
            }
            Step::Settle => drop(self.events().await),
        }
    }

    /// After all waits are over, every reader has what the server has, whenever it began.
    async fn judge(&mut self) {
        self.store.clock.advance(Duration::from_secs(120));
        Chronicle::sweep(&**self.broker());
        let events = self.events().await;
        let mut there: HashMap<Thing, bool> = HashMap::new();
        for (event, expected) in events.iter().zip(1..) {
            assert_eq!(event.sequence, Sequence(expected));
            if let Some((thing, comes)) = event.fact.thing() {
                let was = there.insert(thing, comes).unwrap_or(false);
                assert_ne!(was, comes, "things come and go in turn: {event:?}");
            }
        }
        let empty = Snapshot {
            cursor: Sequence(0),
            live: LiveSet::default(),
            ..self.broker().snapshot(&shop().id).await.expect("there")
        };
        for reader in self.readers.iter().chain([&empty]) {
            let mut live = reader.live.clone();
            let behind = events.iter().filter(|event| event.sequence > reader.cursor);
            behind.for_each(|event| live.apply(&event.fact));
            assert_eq!(live, self.truth.live, "from {:?}", reader.cursor);
        }
        let now = self.broker().snapshot(&shop().id).await.expect("there");
        assert_eq!(now.live, self.truth.live);
    }
}

/// Channels that nobody occupied again are vacated by the end of the window: the truth has them only
/// if their last word was that they are occupied in this start.
fn settle_truth(run: &mut Run, steps: &[Step]) {
    let since = steps.iter().rposition(|step| matches!(step, Step::Restart)).map_or(0, |at| at + 1);
    let mut rooms = LiveSet::default();
    for step in &steps[since..] {
        if let Step::Note(thing, there) = step {
            rooms.apply(&fact(*thing, *there));
        }
    }
    run.truth.live.channels = rooms.channels;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_behind_a_snapshot_make_what_is_there(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run {
                store: Store::new(),
                broker: None,
                truth: Truth::default(),
                readers: Vec::new(),
                marks: 0,
            };
            run.start().await;
            for step in &steps {
                run.play(step).await;
            }
            settle_truth(&mut run, &steps);
            run.judge().await;
        });
    }
}
