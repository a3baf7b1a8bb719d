//! What every `PresenceSink` guarantees.

use std::{sync::Arc, thread};

use application::ports::{Outbound, PresenceSink};
use async_trait::async_trait;
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, Movement, PresenceChange,
    PresenceVersion,
};

use crate::RecordingOutbound;

/// What the suite needs of an adapter under test.
#[async_trait]
pub trait PresenceSinkFixture: Send {
    /// The adapter.
    fn sink(&self) -> Arc<dyn PresenceSink>;

    /// A new watcher of the channel, with nothing in its queue. Its frames are lines.
    async fn watcher(&mut self, channel: &ChannelKey) -> Arc<RecordingOutbound>;

    /// Resolves when all that was announced is with its watchers.
    async fn settled(&mut self);
}

fn channel(name: &str) -> ChannelKey {
    ChannelKey {
        app: AppId::parse("shop").expect("an app's name"),
        channel: ChannelName::parse(name).expect("a channel's name"),
    }
}

fn change(channel: &ChannelKey, version: u64) -> PresenceChange {
    PresenceChange {
        channel: channel.clone(),
        client: ClientId::parse(&format!("c{version}")).expect("a client's name"),
        info: None,
        movement: Movement::Joined,
        version: PresenceVersion(version),
        count: 7,
    }
}

fn texts(watcher: &RecordingOutbound) -> Vec<String> {
    // Several frames may come as one piece; each is a line.
    let pieces = watcher.take();
    let frames = pieces.iter().flat_map(|piece| piece.split_inclusive(|byte| *byte == b'\n'));
    frames.map(|frame| String::from_utf8_lossy(frame).into_owned()).collect()
}

/// Guarantee 1: never blocks and never fails. Who can't take a change is ended as too slow; the
/// others get everything, and a channel without watchers is nothing.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_slow_watcher_is_its_own_end(fixture: &mut dyn PresenceSinkFixture) {
    let lobby = channel("chat:lobby");
    fixture.sink().announce(&change(&lobby, 1));
    let quick = fixture.watcher(&lobby).await;
    let slow = fixture.watcher(&lobby).await;
    let late = fixture.watcher(&lobby).await;
    slow.set_queue_limit(400);
    let mut heard = Vec::new();
    for version in 101..=120 {
        fixture.sink().announce(&change(&lobby, version));
        fixture.settled().await;
        heard.extend(texts(&quick));
    }
    assert_eq!(heard.len(), 20);
    assert_eq!(texts(&late), heard, "who came behind the slow one hears the same");
    assert_eq!(slow.closed(), Some(CloseReason::TooSlow));
    assert_eq!((quick.closed(), late.closed()), (None, None));
}

/// Guarantee 2: each watcher gets a channel's changes in the order of the versions, each once.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn watchers_hear_the_order_of_the_versions(fixture: &mut dyn PresenceSinkFixture) {
    let (lobby, other) = (channel("chat:lobby"), channel("chat:other"));
    let watchers = [fixture.watcher(&lobby).await, fixture.watcher(&lobby).await];
    let apart = fixture.watcher(&other).await;
    let sink = &*fixture.sink();
    thread::scope(|scope| {
        for channel in [&lobby, &other] {
            scope.spawn(move || (101..=600).for_each(|n| sink.announce(&change(channel, n))));
        }
    });
    fixture.settled().await;
    let expected: Vec<String> = (101..=600).map(|n| format!("\"c{n}\"")).collect();
    for watcher in watchers.iter().chain([&apart]) {
        let heard = texts(watcher);
        assert_eq!(heard.len(), expected.len());
        let right = heard.iter().zip(&expected).all(|(frame, client)| frame.contains(client));
        assert!(right, "another order: {heard:?}");
    }
}
