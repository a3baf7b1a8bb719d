//! A presence store that fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use application::ports::{Entrance, PresenceError, PresenceSink, PresenceStore};
use async_trait::async_trait;
use domain::{AppId, Attendance, ChannelKey, Namespace, Roster};
use serde_json::{Value, json};
use testkit::{Scenery, Stage};

const LOBBY: &str = "chat:lobby";

fn wish(presence: Value) -> Value {
    json!({ "channel": LOBBY, "presence": presence })
}

fn busy(scenery: Scenery<'_>) -> Scenery<'_> {
    scenery.with_shop(|app| {
        app.limits.requests_burst = 1_000_000;
        app.limits.queue_bytes = 64 << 20;
        let presence_leave_delay = Duration::ZERO;
        let namespace = Namespace { presence: true, presence_leave_delay, ..Default::default() };
        app.default_namespace = namespace.into();
    })
}

/// A store that can be made to fail.
struct Failing {
    inner: Arc<dyn PresenceStore>,
    enters: Arc<AtomicBool>,
    rosters: Arc<AtomicBool>,
}

fn judged(fails: &AtomicBool) -> Result<(), PresenceError> {
    if fails.load(Ordering::SeqCst) {
        return Err(PresenceError::Unavailable("made to fail".into()));
    }
    Ok(())
}

#[async_trait]
impl PresenceStore for Failing {
    async fn enter(&self, entrance: Entrance) -> Result<(), PresenceError> {
        // It happens, and nobody learns of it.
        self.inner.enter(entrance).await?;
        judged(&self.enters)
    }

    fn leave(&self, attendance: &Attendance, delay: Duration) {
        self.inner.leave(attendance, delay);
    }

    async fn roster(&self, channel: &ChannelKey, at_most: usize) -> Result<Roster, PresenceError> {
        judged(&self.rosters)?;
        self.inner.roster(channel, at_most).await
    }

    fn members_of(&self, app: &AppId) -> u32 {
        self.inner.members_of(app)
    }

    fn tell_late(&self, app: &AppId, to: &dyn PresenceSink) {
        self.inner.tell_late(app, to);
    }

    fn sweep(&self) {
        self.inner.sweep();
    }
}

#[tokio::test]
async fn a_store_that_fails_leaves_nothing_behind() {
    let (enters, rosters) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let mut scenery = busy(Scenery::default());
    let make = scenery.presence;
    let fails = (Arc::clone(&enters), Arc::clone(&rosters));
    scenery.presence = Box::new(move |sink, clock| {
        Arc::new(Failing { inner: make(sink, clock), enters: fails.0, rosters: fails.1 })
    });
    let stage = Stage::with(scenery);
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    bob.asks_as("s", "subscribe", wish(json!("watch"))).await;
    bob.hears();
    for fault in [&enters, &rosters] {
        fault.store(true, Ordering::SeqCst);
        alice.asks_as("s", "subscribe", wish(json!(true))).await;
        assert_eq!(alice.hears(), ["#s 503 unavailable"]);
        fault.store(false, Ordering::SeqCst);
        assert_eq!(bob.hears().len(), 2, "joined, and left again");
        assert_eq!((stage.fanout.watched(), stage.fanout.channels()), (1, 1), "bob alone");
    }
    // A watcher whose entrance fails stays one, and is told what it has no list of.
    for (fault, version) in [(&enters, 5), (&rosters, 7)] {
        fault.store(true, Ordering::SeqCst);
        bob.asks_as("s", "subscribe", wish(json!(true))).await;
        fault.store(false, Ordering::SeqCst);
        let joined = format!("memberJoined chat:lobby bob {version}");
        let left = format!("memberLeft chat:lobby bob {}", version + 1);
        assert_eq!(bob.hears(), ["#s 503 unavailable".to_owned(), joined, left]);
    }
    // Who watched already watches on, without a hole.
    rosters.store(true, Ordering::SeqCst);
    bob.asks_as("s", "subscribe", wish(json!("watch"))).await;
    bob.asks_as("p", "presence", json!({ "channel": LOBBY })).await;
    rosters.store(false, Ordering::SeqCst);
    alice.asks_as("s", "subscribe", wish(json!(true))).await;
    let heard = bob.hears();
    assert_eq!(heard[..2], ["#s 503 unavailable", "#p 503 unavailable"]);
    assert_eq!(heard[2..], ["memberJoined chat:lobby alice 9"]);
    let cause = "failed presence: the presence store is unavailable: made to fail";
    assert_eq!(stage.events.take_of("failed"), [cause; 6]);
}
