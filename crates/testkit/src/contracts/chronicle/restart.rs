//! What every `Chronicle` guarantees that outlives the process.

use std::time::Duration;

use application::ports::Lease;
use domain::{ChannelKey, Ended, Fact, PresenceVersion};
use futures_util::future::LocalBoxFuture;

use super::{ChronicleFixture, channel, client, closed, gone, joined, left, opened, shop};

/// An adapter that outlives the process.
pub struct ChronicleRestart {
    /// Opens it, where the one before was dropped: with the same clock, and before any app is
    /// followed. Leases have begun.
    pub open: Box<dyn Fn() -> LocalBoxFuture<'static, ChronicleFixture>>,
    /// The return window.
    pub window: Duration,
}

/// Guarantee 4: connections do not outlive their server, and channels may come back.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn connections_of_before_are_closed_and_channels_wait(restart: &ChronicleRestart) {
    let shop = shop();
    let occupied = |name| Fact::ChannelOccupied(channel(name));
    let vacated = |name| Fact::ChannelVacated(channel(name));
    let first = (restart.open)().await;
    first.chronicle.follow(&shop);
    first.note(&shop, [opened(1), opened(2), left(2), occupied("back"), occupied("gone")]);
    let before = first.facts(&shop).await;
    assert_eq!(before.len(), 5);
    // Is empty when the server ends: the wait of before is over with it.
    first.note(&shop, [vacated("back")]);
    drop(first);
    let second = (restart.open)().await;
    second.chronicle.follow(&shop);
    let lost = closed(1, Ended::ServerLost);
    assert_eq!(second.facts(&shop).await[5..], [lost]);
    second.passes(restart.window.saturating_sub(Duration::from_millis(1)));
    second.note(&shop, [occupied("back"), opened(3)]);
    assert_eq!(second.facts(&shop).await[6..], [opened(3)]);
    second.passes(Duration::from_millis(1));
    assert_eq!(second.facts(&shop).await[7..], [vacated("gone")]);
    second.note(&shop, [vacated("back")]);
    second.passes(shop.events.vacated_delay);
    assert_eq!(second.facts(&shop).await[8..], [vacated("back")]);
    drop(second);
    let third = (restart.open)().await;
    third.chronicle.follow(&shop);
    third.passes(restart.window * 2);
    assert_eq!(third.facts(&shop).await[9..], [closed(3, Ended::ServerLost)]);
}

/// Guarantee 5: the log and presence agree after a start, whatever the last moments took.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn members_are_as_presence_has_them(restart: &ChronicleRestart) {
    let shop = shop();
    let lease = |who: &str| Lease {
        channel: ChannelKey { app: shop.id.clone(), channel: channel("room") },
        client: client(who),
        info: None,
        joined: PresenceVersion(1),
    };
    let first = (restart.open)().await;
    let leases = first.leases.clone().expect("keeps members");
    first.chronicle.follow(&shop);
    // Of carol the lease was lost, of dave the event.
    first.note(&shop, [joined("room", "bob"), joined("room", "carol")]);
    leases.keep(lease("bob")).expect("kept");
    leases.keep(lease("dave")).expect("kept");
    leases.settle();
    let before = first.facts(&shop).await;
    drop((leases, first));
    let second = (restart.open)().await;
    second.chronicle.follow(&shop);
    let mut healed = second.facts(&shop).await.split_off(before.len());
    healed.sort_by_key(|fact| fact.kind());
    assert_eq!(healed, [joined("room", "dave"), gone("room", "carol")]);
    second.note(&shop, [gone("room", "bob")]);
    assert_eq!(second.facts(&shop).await.last(), Some(&gone("room", "bob")));
}
