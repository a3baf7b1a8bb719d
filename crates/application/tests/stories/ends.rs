//! What is left of a connection: nothing.

use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};

use application::{Admission, AdmissionLimits};
use domain::{App, CloseReason};
use futures_util::poll;
use serde_json::json;
use testkit::{AttachingBroker, Scenery, Stage};

const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Lets tasks that were just begun come to their end.
async fn settles(done: impl Fn() -> bool) {
    for _ in 0..100 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_leaves_leaves_nothing_behind() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    for channel in ["chat:a", "chat:b"] {
        alice.subscribes(channel).await;
    }
    bob.subscribes("chat:b").await;
    let outbound = alice.outbound();
    outbound.take();
    assert_eq!((stage.fanout.channels(), stage.hub.connections().count()), (2, 2));
    stage.passes(Duration::from_secs(3));
    alice.leaves().await;
    assert_eq!((stage.fanout.channels(), stage.hub.connections().count()), (1, 1));
    stage.announces("chat:b", "1");
    assert!(outbound.take().is_empty());
    let closed = stage.events.take_of("closed");
    assert_eq!(closed, ["closed alice client_left after 3000 ms"]);
}

/// A transport's task that is cut off drops the session in the middle of anything.
#[tokio::test]
async fn a_session_that_is_dropped_leaves_nothing_behind() {
    let admission = Admission::new(AdmissionLimits { total: 1, ..AdmissionLimits::default() });
    let stage =
        Stage::with(Scenery::default().with_shop(|app: &mut App| app.limits.connections = Some(1)));
    let seat = admission.admit(LOCAL).unwrap();
    let mut alice = stage.connect_with(|opening| opening.seat = Some(seat));
    alice.auth("shop", &stage.token("alice")).await;
    alice.subscribes("chat:a").await;
    let outbound = alice.outbound();
    outbound.take();
    assert!(admission.is_full());
    drop(alice);
    stage.announces("chat:a", "1");
    assert!(outbound.take().is_empty());
    assert_eq!(stage.hub.connections().count(), 0);
    assert!(!admission.is_full());
    stage.enter("bob").await;
    settles(|| stage.fanout.channels() == 0).await;
    assert_eq!(stage.fanout.channels(), 0, "the empty room is closed");
    assert_eq!(stage.events.take_of("closed")[0], "closed alice peer_lost after 0 ms");
}

/// A transport drops what it was doing when the peer is gone, and then ends the session.
#[tokio::test]
async fn a_subscribe_that_was_cut_off_leaves_nothing_behind() {
    let (stage, broker) = Stage::held();
    broker.hold_attach("chat:a");
    let mut alice = stage.enter("alice").await;
    {
        let mut subscribing = pin!(alice.subscribes("chat:a"));
        assert!(poll!(&mut subscribing).is_pending());
    }
    alice.leaves().await;
    assert_eq!(stage.fanout.channels(), 0);
    let mut bob = stage.enter("bob").await;
    bob.subscribes("chat:a").await;
    stage.announces("chat:a", "1");
    assert_eq!(bob.hears(), ["#chat:a 200", "message chat:a 1"]);
}

/// The end itself may be cut off, by a shutdown that does not wait any longer.
#[tokio::test]
async fn an_end_that_was_cut_off_leaves_nothing_behind() {
    let scenery = Scenery::default()
        .with_broker(|sink, clock, ids| Arc::new(AttachingBroker::new(sink, clock, ids)));
    let stage = Stage::with(scenery);
    let mut alice = stage.enter("alice").await;
    for channel in ["chat:a", "chat:b", "chat:c"] {
        alice.subscribes(channel).await;
    }
    let outbound = alice.outbound();
    outbound.take();
    {
        let mut leaving = pin!(alice.leaves());
        assert!(poll!(&mut leaving).is_pending(), "the broker takes its time to detach");
    }
    for channel in ["chat:a", "chat:b", "chat:c"] {
        stage.announces(channel, "1");
    }
    assert!(outbound.take().is_empty(), "nobody is there");
    settles(|| stage.fanout.channels() == 0).await;
    assert_eq!(stage.fanout.channels(), 0);
}

#[tokio::test]
async fn the_log_knows_why_a_connection_ended() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let nobody = stage.connect();
    stage.events.take();
    alice.session().violate(CloseReason::UnsupportedFrame);
    assert_eq!(alice.hears(), ["disconnect 1003"]);
    alice.asks("ping", json!({})).await;
    assert!(alice.hears().is_empty());
    alice.leaves().await;
    nobody.leaves().await;
    let told = stage.events.take_of("closed");
    let expected =
        ["closed alice unsupported_frame after 0 ms", "closed nobody client_left after 0 ms"];
    assert_eq!(told, expected);
}
