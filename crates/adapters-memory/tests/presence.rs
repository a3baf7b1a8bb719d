//! Presence in memory against a naive model.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{sync::Arc, time::Duration};

use adapters_memory::MemoryPresence;
use application::ports::{Entrance, PresenceError, PresenceStore};
use domain::{
    AppId, Attendance, ChannelKey, ChannelName, ClientId, ConnectionId, Member, Movement, Timestamp,
};
use proptest::prelude::*;
use testkit::{ManualClock, RecordingPresence};

const CLIENTS: [&str; 4] = ["a", "b", "c", "d"];
const MOST: usize = 3;

/// What happens next: a client, and one of its connections.
#[derive(Debug, Clone)]
enum Step {
    Enters(usize, u128),
    Leaves(usize, u128, u64),
    Passes(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || (0..CLIENTS.len(), 0u128..3);
    prop_oneof![
        4 => who().prop_map(|(client, connection)| Step::Enters(client, connection)),
        3 => (who(), prop_oneof![Just(0u64), Just(300), Just(1000)])
            .prop_map(|((client, connection), delay)| Step::Leaves(client, connection, delay)),
        2 => (1u64..600).prop_map(Step::Passes),
    ]
}

/// A member by the model: who, with which connections, and when its leave is over.
struct Seat {
    client: usize,
    connections: Vec<u128>,
    over: Option<(u64, usize)>,
}

/// The list in the order of joining, the changes so far and the time.
#[derive(Default)]
struct Model {
    seats: Vec<Seat>,
    heard: Vec<(Movement, usize)>,
    now: u64,
    /// Leaves so far: of those that are over at once the earlier comes first.
    leaves: usize,
}

impl Model {
    fn seat(&mut self, client: usize) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.client == client)
    }

    /// Says whether there was room.
    fn enters(&mut self, client: usize, connection: u128) -> bool {
        if self.seat(client).is_none() {
            if self.seats.len() == MOST {
                return false;
            }
            self.heard.push((Movement::Joined, client));
            self.seats.push(Seat { client, connections: vec![], over: None });
        }
        let seat = self.seat(client).unwrap();
        seat.connections.retain(|known| *known != connection);
        seat.connections.push(connection);
        seat.over = None;
        true
    }

    fn leaves(&mut self, client: usize, connection: u128, delay: u64) {
        self.leaves += 1;
        let (now, number) = (self.now, self.leaves);
        let Some(seat) = self.seat(client) else { return };
        if seat.connections.contains(&connection) {
            seat.connections.retain(|known| *known != connection);
            if seat.connections.is_empty() {
                seat.over = Some((now + delay, number));
                if delay == 0 {
                    self.sweeps();
                }
            }
        }
    }

    /// Who leaves earlier is told of earlier. Nobody else can be over between two sweeps.
    fn sweeps(&mut self) {
        let mut over: Vec<_> = self
            .seats
            .iter()
            .filter_map(|seat| {
                seat.over.filter(|(over, _)| *over <= self.now).zip(Some(seat.client))
            })
            .collect();
        over.sort_unstable();
        for (_, client) in over {
            self.seats.retain(|seat| seat.client != client);
            self.heard.push((Movement::Left, client));
        }
    }
}

fn place(client: usize, connection: u128) -> Attendance {
    Attendance {
        channel: lobby(),
        client: ClientId::parse(CLIENTS[client]).unwrap(),
        connection: ConnectionId::from_random(connection),
    }
}

fn lobby() -> ChannelKey {
    ChannelKey { app: AppId::parse("shop").unwrap(), channel: ChannelName::parse("lobby").unwrap() }
}

async fn plays(steps: Vec<Step>) {
    let sink = Arc::new(RecordingPresence::default());
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let store = MemoryPresence::new(Arc::clone(&sink) as _, Arc::clone(&clock) as _);
    let mut model = Model::default();
    let mut told = 0;
    for step in steps {
        match step {
            Step::Enters(client, connection) => {
                let attendance = place(client, connection);
                let entrance = Entrance { attendance, info: None, most: 3, most_of_app: None };
                let entered = store.enter(entrance).await;
                let room = model.enters(client, connection);
                assert_eq!(room, !matches!(entered, Err(PresenceError::Full)));
            }
            Step::Leaves(client, connection, delay) => {
                store.leave(&place(client, connection), Duration::from_millis(delay));
                model.leaves(client, connection, delay);
            }
            Step::Passes(millis) => {
                clock.advance(Duration::from_millis(millis));
                store.sweep();
                model.now += millis;
                model.sweeps();
            }
        }
        for change in sink.take() {
            let expected = model.heard.get(told).copied();
            told += 1;
            let client = CLIENTS.iter().position(|name| *name == change.client.as_str()).unwrap();
            assert_eq!(Some((change.movement, client)), expected);
            assert_eq!(change.version.0, told as u64);
        }
        assert_eq!(told, model.heard.len(), "everything was announced");
        let roster = store.roster(&lobby(), 10).await.unwrap();
        let expected = model.seats.iter().map(|seat| Member {
            client: ClientId::parse(CLIENTS[seat.client]).unwrap(),
            info: None,
            connections: u32::try_from(seat.connections.len()).unwrap(),
        });
        assert_eq!(roster.members.unwrap(), expected.collect::<Vec<_>>());
        assert_eq!(roster.version.0, told as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_list_and_the_changes_are_those_of_a_naive_model(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(plays(steps));
    }
}

/// Channels that were left are not kept for ever, however many there are.
#[tokio::test]
async fn empty_lists_are_bounded_and_forgotten() {
    let sink = Arc::new(RecordingPresence::default());
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let store = MemoryPresence::new(Arc::clone(&sink) as _, Arc::clone(&clock) as _);
    for n in 0..100_000 {
        let mut attendance = place(0, 1);
        attendance.channel.channel = ChannelName::parse(&format!("room:{n}")).unwrap();
        let entrance =
            Entrance { attendance: attendance.clone(), info: None, most: 3, most_of_app: None };
        store.enter(entrance).await.unwrap();
        store.leave(&attendance, Duration::ZERO);
        sink.take();
    }
    assert!(store.channels() <= 65_536, "{}", store.channels());
    clock.advance(Duration::from_secs(3600));
    store.sweep();
    assert_eq!(store.channels(), 0);
}
