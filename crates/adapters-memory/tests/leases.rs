//! What presence hands to a store that refuses, or loses what it had.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use adapters_memory::MemoryPresence;
use application::ports::{
    Entrance, KeptLeases, Lease, LeaseError, LeaseStore, LeasesFull, PresenceStore, Standing,
};
use async_trait::async_trait;
use domain::{
    AppId, Attendance, ChannelKey, ChannelName, ClientId, ConnectionId, Movement, Timestamp,
};
use testkit::{ManualClock, RecordingPresence};

/// Keeps in memory, as much as a test lets it.
#[derive(Default)]
struct Scripted(Mutex<Script>);

#[derive(Default)]
struct Script {
    kept: BTreeSet<String>,
    /// How often a lease was taken.
    taken: usize,
    /// Takes no more than these.
    most: Option<usize>,
    anew: bool,
}

fn name(channel: &ChannelKey, client: &ClientId) -> String {
    format!("{} {client}", channel.channel)
}

#[async_trait]
impl LeaseStore for Scripted {
    async fn begin(&self) -> Result<KeptLeases, LeaseError> {
        Ok(KeptLeases::default())
    }

    fn keep(&self, lease: Lease) -> Result<(), LeasesFull> {
        let mut script = self.0.lock().unwrap();
        if script.most.is_some_and(|most| script.kept.len() >= most) {
            return Err(LeasesFull);
        }
        script.taken += 1;
        script.kept.insert(name(&lease.channel, &lease.client));
        Ok(())
    }

    fn release(&self, channel: &ChannelKey, client: &ClientId) {
        assert!(self.0.lock().unwrap().kept.remove(&name(channel, client)), "never taken");
    }

    fn settle(&self) -> Standing {
        let mut script = self.0.lock().unwrap();
        if std::mem::take(&mut script.anew) {
            script.kept.clear();
            return Standing::Anew;
        }
        if script.most == Some(script.kept.len()) { Standing::Full } else { Standing::Sound }
    }
}

struct Scene {
    presence: MemoryPresence,
    leases: Arc<Scripted>,
    sink: Arc<RecordingPresence>,
    clock: Arc<ManualClock>,
}

impl Scene {
    fn new(before: KeptLeases) -> Self {
        let sink = Arc::new(RecordingPresence::default());
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
        let leases = Arc::new(Scripted::default());
        let (told, ticks) = (Arc::clone(&sink) as _, Arc::clone(&clock) as _);
        let window = Duration::from_secs(45);
        let presence =
            MemoryPresence::keeping(told, ticks, Arc::clone(&leases) as _, before, window);
        Self { presence, leases, sink, clock }
    }

    async fn enter(&self, attendance: &Attendance) {
        let entrance = Entrance {
            attendance: attendance.clone(),
            info: None,
            most: 100_000,
            most_of_app: None,
        };
        self.presence.enter(entrance).await.unwrap();
    }

    fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.leases.0.lock().unwrap())
    }

    fn sweeps(&self, times: usize) {
        (0..times).for_each(|_| self.presence.sweep());
    }
}

fn place(channel: u32, client: u32) -> Attendance {
    let channel = ChannelName::parse(&format!("room:{channel}")).unwrap();
    Attendance {
        channel: ChannelKey { app: AppId::parse("shop").unwrap(), channel },
        client: ClientId::parse(&format!("c{client}")).unwrap(),
        connection: ConnectionId::from_random(u128::from(client)),
    }
}

#[tokio::test]
async fn what_was_refused_is_handed_in_once_there_is_room() {
    let scene = Scene::new(KeptLeases::default());
    scene.script(|script| script.most = Some(10));
    for client in 0..300 {
        scene.enter(&place(client % 100, client)).await;
    }
    // Who was never taken is not released; who was makes room for another one.
    scene.presence.leave(&place(99, 299), Duration::ZERO);
    scene.presence.leave(&place(0, 0), Duration::ZERO);
    scene.sweeps(200);
    assert_eq!(scene.script(|script| (script.kept.len(), script.taken)), (10, 11));
    scene.script(|script| script.most = None);
    scene.sweeps(70);
    assert_eq!(scene.script(|script| (script.kept.len(), script.taken)), (298, 299));
    scene.sweeps(200);
    assert_eq!(scene.script(|script| script.taken), 299, "each of them once");
}

#[tokio::test]
async fn a_store_that_lost_everything_is_given_everything_in_shares() {
    let scene = Scene::new(KeptLeases::default());
    for client in 0..5000 {
        scene.enter(&place(client % 3, client)).await;
    }
    scene.script(|script| (script.anew, script.taken) = (true, 0));
    for sweep in 1..=80 {
        scene.sweeps(1);
        assert!(scene.script(|script| script.taken) <= sweep * 1024, "at most so many at once");
    }
    assert_eq!(scene.script(|script| (script.kept.len(), script.taken)), (5000, 5000));
}

#[tokio::test]
async fn who_is_cut_off_by_the_end_of_the_server_does_not_leave() {
    let scene = Scene::new(KeptLeases::default());
    for client in 0..2 {
        scene.enter(&place(1, client)).await;
    }
    scene.presence.stop();
    scene.presence.leave(&place(1, 0), Duration::ZERO);
    scene.presence.leave(&place(1, 1), Duration::from_secs(3));
    scene.clock.advance(Duration::from_secs(60));
    scene.sweeps(1);
    let heard: Vec<_> = scene.sink.take().into_iter().map(|change| change.movement).collect();
    assert_eq!(heard, [Movement::Joined, Movement::Joined]);
    assert_eq!(scene.script(|script| script.kept.len()), 2);
}

/// A return with the same `info` writes nothing: no lease is renewed.
#[tokio::test]
async fn nothing_is_renewed() {
    let scene = Scene::new(KeptLeases::default());
    for connection in 0..50 {
        let tab = Attendance { connection: ConnectionId::from_random(connection), ..place(1, 1) };
        scene.enter(&tab).await;
        scene.presence.leave(&tab, Duration::from_secs(3));
        scene.sweeps(1);
    }
    assert_eq!(scene.script(|script| script.taken), 1);
}
