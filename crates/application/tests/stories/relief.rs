//! More waits to be sent than should.

use application::{Fanout, Waiting};
use domain::CloseReason;
use serde_json::json;
use testkit::{Scenery, Stage};

#[tokio::test]
async fn the_slowest_readers_are_let_go_and_nobody_else() {
    let waiting = Waiting::new(64 * 1024);
    let scenery = Scenery { fanout: Fanout::new().bounded_by(waiting), ..Scenery::default() };
    let stage = Stage::with(scenery);
    let mut slow = stage.enter("slow").await;
    let mut quick = stage.enter("quick").await;
    for reader in [&mut slow, &mut quick] {
        reader.subscribes("chat:a").await;
    }
    let mut sender = stage.enter("sender").await;
    for _ in 0..4 {
        sender.says("chat:a", json!("x".repeat(4096))).await;
        quick.reads();
        sender.reads();
    }
    // The transport of this test counts nothing: it is said for it.
    stage.hub.waiting().changed(0, 60 * 1024);
    stage.hub.relieve_once().await;
    assert_eq!((slow.closed(), quick.closed()), (None, None));
    stage.hub.waiting().changed(0, 20 * 1024);
    stage.hub.relieve_once().await;
    assert_eq!((slow.closed(), quick.closed()), (Some(CloseReason::TooSlow), None));
    assert_eq!(sender.closed(), None);
    assert_eq!(stage.events.take_of("over"), ["over capacity, 1 closed"]);
}
