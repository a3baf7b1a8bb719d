//! What every `EventLog` guarantees.

use std::time::Duration;

use domain::{App, Event, LiveSet, Sequence};
use futures_util::FutureExt;

use super::chronicle::{
    ChronicleFixture, ChronicleRestart, channel, gone, joined, left, opened, shop,
};

fn sequences(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.sequence.0).collect()
}

/// Guarantee 1: events are numbered from 1, one by one.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn sequences_grow_by_one(fixture: &ChronicleFixture) {
    let shop = shop();
    fixture.chronicle.follow(&shop);
    let empty = fixture.log.read(&shop.id, Sequence(0), 10, 1000).await.expect("read");
    assert_eq!((empty.first, empty.last), (Sequence(1), Sequence(0)));
    fixture.note(&shop, (1..=20).map(opened));
    let events = fixture.events_with(&shop, 19).await;
    assert_eq!(sequences(&events), (1..=20).collect::<Vec<_>>());
}

/// Guarantee 1: a restart gives no sequence twice, though the log is empty.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn sequences_grow_over_a_restart(restart: &ChronicleRestart) {
    let mut shop = shop();
    shop.events.ttl = Duration::from_secs(10);
    let first = (restart.open)().await;
    first.chronicle.follow(&shop);
    first.note(&shop, [joined("room", "bob"), gone("room", "bob"), joined("room", "carol")]);
    let epoch = first.log.read(&shop.id, Sequence(0), 1, 1).await.expect("read").epoch;
    first.events_with(&shop, 2).await;
    first.note(&shop, [gone("room", "carol")]);
    first.events_with(&shop, 3).await;
    first.passes(Duration::from_secs(11));
    drop(first);
    let second = (restart.open)().await;
    second.chronicle.follow(&shop);
    let page = second.log.read(&shop.id, Sequence(0), 10, 1000).await.expect("read");
    assert_eq!((page.first, page.last, page.epoch), (Sequence(5), Sequence(4), epoch));
    second.note(&shop, [opened(9)]);
    assert_eq!(sequences(&second.events_with(&shop, 4).await), [5]);
}

/// Guarantee 2: pages are what was asked for.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_page_is_no_more_than_asked_for(fixture: &ChronicleFixture) {
    let shop = shop();
    fixture.chronicle.follow(&shop);
    fixture.note(&shop, (1..=9).map(opened));
    fixture.events_with(&shop, 8).await;
    for (after, most, bytes, expected) in [
        (0, 3, usize::MAX, 1..4),
        (3, 100, usize::MAX, 4..10),
        (4, 100, 1, 5..6),
        (8, 0, usize::MAX, 10..10),
        (9, 5, usize::MAX, 10..10),
        (500, 5, usize::MAX, 10..10),
    ] {
        let page = fixture.log.read(&shop.id, Sequence(after), most, bytes).await.expect("read");
        assert_eq!(sequences(&page.events), expected.collect::<Vec<_>>(), "{after} {most}");
        assert_eq!((page.first, page.last), (Sequence(1), Sequence(9)));
    }
    let all = fixture.events_with(&shop, 8).await;
    assert_eq!(all[3].fact, opened(4));
    let few = fixture.log.read(&shop.id, Sequence(0), 100, 200).await.expect("read").events;
    assert!((1..9).contains(&few.len()), "{}", few.len());
}

/// Guarantee 3: a snapshot and what is behind its cursor is what is there.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_snapshot_is_of_one_moment(fixture: &ChronicleFixture) {
    let shop = shop();
    fixture.chronicle.follow(&shop);
    let occupied = |name| domain::Fact::ChannelOccupied(channel(name));
    let count = |count| domain::Fact::SubscriptionCount { channel: channel("a"), count };
    fixture.note(&shop, [opened(1), occupied("a"), count(1), joined("a", "bob"), opened(2)]);
    fixture.events_with(&shop, 4).await;
    let early = fixture.log.snapshot(&shop.id).await.expect("there");
    assert_eq!((early.cursor, early.live.len()), (Sequence(5), 4));
    fixture.note(&shop, [left(1), occupied("b"), count(7), joined("b", "bob"), gone("a", "bob")]);
    let events = fixture.events_with(&shop, 9).await;
    let late = fixture.log.snapshot(&shop.id).await.expect("there");
    let mut live = early.live.clone();
    let behind = events.iter().filter(|event| event.sequence > early.cursor);
    behind.for_each(|event| live.apply(&event.fact));
    assert_eq!((late.cursor, &late.live), (Sequence(10), &live));
    let mut whole = LiveSet::default();
    events.iter().for_each(|event| whole.apply(&event.fact));
    assert_eq!((whole.len(), live), (4, whole.clone()));
    assert_eq!(whole.channels[&channel("a")], Some(7));
}

/// Guarantee 4: the log is bounded by number, bytes and age, and says what it has.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn the_oldest_events_go(fixture: &ChronicleFixture) {
    let mut by_number = shop();
    by_number.events.size = 5;
    let mut by_bytes = App { id: domain::AppId::parse("bytes").expect("a name"), ..shop() };
    by_bytes.events.bytes = 2000;
    for app in [&by_number, &by_bytes] {
        fixture.chronicle.follow(app);
        fixture.note(app, (1..=40).map(opened));
        fixture.events_with(app, 39).await;
        let page = fixture.log.read(&app.id, Sequence(0), 100, usize::MAX).await.expect("read");
        let kept = sequences(&page.events);
        assert_eq!((kept.last(), page.last), (Some(&40), Sequence(40)));
        assert_eq!(kept.first(), Some(&page.first.0));
        assert!((2..36).contains(&kept.len()) || kept.len() == 5, "{kept:?}");
        let live = fixture.log.snapshot(&app.id).await.expect("there").live;
        assert_eq!(live.connections.len(), 40, "what is there is there");
    }
    let page = fixture.log.read(&by_number.id, Sequence(0), 100, usize::MAX).await.expect("read");
    assert_eq!(page.events.len(), 5);
    fixture.passes(by_number.events.ttl);
    let page = fixture.log.read(&by_number.id, Sequence(0), 100, usize::MAX).await.expect("read");
    assert_eq!((page.events.len(), page.first, page.last), (0, Sequence(41), Sequence(40)));
}

/// Guarantee 5: who waits is woken, and who need not wait does not.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn news_wake_who_waits(fixture: &ChronicleFixture) {
    let shop = shop();
    fixture.chronicle.follow(&shop);
    fixture.note(&shop, [opened(1)]);
    fixture.events_with(&shop, 0).await;
    assert!(fixture.log.news(&shop.id, Sequence(1)).now_or_never().is_none(), "none yet");
    let waiting = fixture.log.news(&shop.id, Sequence(1));
    let noting = async { fixture.note(&shop, [opened(2)]) };
    let both = futures_util::future::join(waiting, noting);
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("woken");
}
