//! What every `HistoryStore` guarantees, with the `Broker` that appends to it.

use std::{sync::Arc, time::Duration};

use application::ports::{Broker, HistoryStore, Order, POSITION_IDLE, Page, Query};
use domain::{
    AppId, Author, ChannelKey, ChannelName, ClientId, Draft, Durability, HistoryPolicy, Namespace,
    Offset, Payload, Receipt, Source,
};

use crate::{ManualClock, RecordingSink};

/// The adapter under test.
pub struct HistoryFixture {
    /// What appends.
    pub broker: Arc<dyn Broker>,
    /// What reads.
    pub history: Arc<dyn HistoryStore>,
    /// What both were made with.
    pub sink: Arc<RecordingSink>,
    /// Their clock.
    pub clock: Arc<ManualClock>,
    /// Lets go what is too old, as the server does from time to time.
    pub sweep: Box<dyn Fn() + Send + Sync>,
    /// What the adapter is for.
    pub durability: Durability,
}

impl HistoryFixture {
    pub(super) fn policy(&self, size: u32) -> HistoryPolicy {
        let ttl = Duration::from_secs(3600);
        HistoryPolicy { size, ttl, bytes: 1 << 20, durability: self.durability }
    }

    pub(super) fn draft(channel: &ChannelKey, data: &str, policy: HistoryPolicy) -> Draft {
        let client = ClientId::parse("alice").expect("a client's name");
        Draft {
            channel: channel.clone(),
            name: None,
            data: Payload::parse(data, 1 << 20).expect("JSON"),
            key: None,
            from: None,
            source: Source { author: Author::Client(client), hidden_from: None },
            namespace: Arc::new(Namespace { history: Some(policy), ..Namespace::default() }),
        }
    }

    async fn publish(&self, channel: &ChannelKey, data: &str, policy: HistoryPolicy) -> Receipt {
        self.broker.publish(Self::draft(channel, data, policy)).await.expect("published")
    }

    async fn publish_all(&self, channel: &ChannelKey, count: u64, policy: HistoryPolicy) {
        for n in 1..=count {
            self.publish(channel, &n.to_string(), policy).await;
        }
    }

    pub(super) async fn read(
        &self,
        channel: &ChannelKey,
        policy: HistoryPolicy,
        query: Query,
    ) -> Page {
        self.history.read(channel, &policy, &query).await.expect("read")
    }
}

/// Everything, the oldest first.
pub(super) const ALL: Query =
    Query { after: None, before: None, order: Order::Ascending, limit: 1000, bytes: u64::MAX };

fn channel(app: &str, name: &str) -> ChannelKey {
    ChannelKey {
        app: AppId::parse(app).expect("an app's name"),
        channel: ChannelName::parse(name).expect("a channel's name"),
    }
}

pub(super) fn offsets(page: &Page) -> Vec<u64> {
    let offset = |record: &Arc<domain::Record>| record.message.offset.map_or(0, |offset| offset.0);
    page.messages.iter().map(offset).collect()
}

fn data(page: &Page) -> Vec<&str> {
    page.messages.iter().map(|record| record.message.data.as_str()).collect()
}

/// Guarantee 1: offsets begin at 1 and grow by one, receipts and announcements have them, and the
/// epoch stays.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn offsets_begin_at_one_and_grow_by_one(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(100));
    let empty = fixture.read(&lobby, policy, ALL).await;
    assert_eq!((empty.position.offset, empty.first), (Offset(0), Offset(1)));
    fixture.broker.attach(&lobby).await.expect("attached");
    for n in 1..=5 {
        let receipt = fixture.publish(&lobby, &n.to_string(), policy).await;
        let position = receipt.position.expect("a position");
        assert_eq!((position.epoch, position.offset), (empty.position.epoch, Offset(n)));
    }
    let heard = fixture.sink.take();
    let announced: Vec<_> = heard.iter().filter_map(|heard| heard.message.offset).collect();
    assert_eq!(announced, (1..=5).map(Offset).collect::<Vec<_>>());
    let page = fixture.read(&lobby, policy, ALL).await;
    assert_eq!(offsets(&page), [1, 2, 3, 4, 5]);
    assert_eq!(data(&page), ["1", "2", "3", "4", "5"]);
    assert_eq!(page.messages[0].message.id, heard[0].message.id);
    assert_eq!((page.position.offset, page.first, page.more), (Offset(5), Offset(1), false));
}

/// Guarantee 2: what was announced or acknowledged is in every read that begins later. Needs a
/// runtime with several threads.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_was_announced_is_read(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(1000));
    fixture.broker.attach(&lobby).await.expect("attached");
    let writing = {
        let (broker, lobby) = (Arc::clone(&fixture.broker), lobby.clone());
        tokio::spawn(async move {
            for n in 0..200u32 {
                let draft = HistoryFixture::draft(&lobby, &n.to_string(), policy);
                broker.publish(draft).await.expect("published");
            }
        })
    };
    while !writing.is_finished() {
        let announced = fixture.sink.count();
        let page = fixture.read(&lobby, policy, ALL).await;
        assert!(page.messages.len() >= announced, "announced, but not read");
        assert_eq!(page.position.offset.0, page.messages.len() as u64, "of one moment");
        tokio::task::yield_now().await;
    }
    writing.await.expect("no panic");
    assert_eq!(fixture.read(&lobby, policy, ALL).await.messages.len(), 200);
}

/// Guarantee 3: pages have no hole, both ways, and say whether there is more.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn pages_have_no_hole(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(8));
    fixture.publish_all(&lobby, 10, policy).await;
    let ask = |after: Option<u64>, before: Option<u64>, order, limit| Query {
        after: after.map(Offset),
        before: before.map(Offset),
        order,
        limit,
        bytes: u64::MAX,
    };
    let (up, down) = (Order::Ascending, Order::Descending);
    for (query, expected, more) in [
        (ask(None, None, up, 3), vec![3, 4, 5], true),
        (ask(Some(5), None, up, 100), vec![6, 7, 8, 9, 10], false),
        (ask(Some(1), None, up, 2), vec![3, 4], true),
        (ask(None, None, down, 3), vec![10, 9, 8], true),
        (ask(None, Some(5), down, 100), vec![4, 3], false),
        (ask(Some(4), Some(8), up, 2), vec![5, 6], true),
        (ask(Some(4), Some(8), down, 100), vec![7, 6, 5], false),
        (ask(Some(10), None, up, 5), vec![], false),
        (ask(Some(u64::MAX), None, up, 5), vec![], false),
        (ask(None, Some(0), down, 5), vec![], false),
        (ask(None, Some(u64::MAX), down, 1), vec![10], true),
        (ask(Some(8), Some(3), up, 5), vec![], false),
    ] {
        let page = fixture.read(&lobby, policy, query).await;
        assert_eq!((offsets(&page), page.more), (expected, more), "{query:?}");
        assert_eq!((page.first, page.position.offset), (Offset(3), Offset(10)));
    }
    // Each message costs its data and 128 bytes.
    let small = fixture.read(&lobby, policy, Query { bytes: 260, ..ALL }).await;
    assert_eq!((offsets(&small), small.more), (vec![3, 4], true));
    let tiny = fixture.read(&lobby, policy, Query { bytes: 1, ..ALL }).await;
    assert_eq!((offsets(&tiny), tiny.more), (vec![3], true), "one comes alone");
}

/// Guarantee 4: the policy's bounds hold, whichever is reached first.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn the_policy_bounds_what_is_kept(fixture: &HistoryFixture) {
    let lobby = channel("shop", "lobby");
    let policy = fixture.policy(3);
    fixture.publish_all(&lobby, 5, policy).await;
    assert_eq!(offsets(&fixture.read(&lobby, policy, ALL).await), [3, 4, 5], "size");
    let less = HistoryPolicy { size: 2, ..policy };
    assert_eq!(offsets(&fixture.read(&lobby, less, ALL).await), [4, 5], "a policy that changed");
    let heavy = channel("shop", "heavy");
    let by_bytes = HistoryPolicy { size: 100, bytes: 300, ..policy };
    fixture.publish_all(&heavy, 5, by_bytes).await;
    assert_eq!(offsets(&fixture.read(&heavy, by_bytes, ALL).await), [4, 5], "bytes");
    let old = channel("shop", "old");
    fixture.publish(&old, "1", policy).await;
    fixture.clock.advance(Duration::from_secs(1800));
    fixture.publish(&old, "2", policy).await;
    fixture.clock.advance(Duration::from_millis(1_799_999));
    assert_eq!(offsets(&fixture.read(&old, policy, ALL).await), [1, 2]);
    fixture.clock.advance(Duration::from_millis(1));
    let page = fixture.read(&old, policy, ALL).await;
    assert_eq!((offsets(&page), page.first), (vec![2], Offset(2)), "age");
    fixture.clock.advance(Duration::from_secs(3600));
    let page = fixture.read(&old, policy, ALL).await;
    assert_eq!((offsets(&page), page.first, page.position.offset), (vec![], Offset(3), Offset(2)));
}

/// Guarantee 5: a position outlives its messages for thirty days; then the stream has a new epoch.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_position_outlives_its_messages(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(10));
    let before = fixture.publish(&lobby, "1", policy).await.position.expect("a position");
    fixture.clock.advance(POSITION_IDLE - Duration::from_secs(1));
    (fixture.sweep)();
    assert_eq!(fixture.read(&lobby, policy, ALL).await.position, before);
    // That was a use.
    fixture.clock.advance(POSITION_IDLE - Duration::from_secs(1));
    (fixture.sweep)();
    assert_eq!(fixture.read(&lobby, policy, ALL).await.position, before);
    fixture.clock.advance(POSITION_IDLE);
    (fixture.sweep)();
    let after = fixture.read(&lobby, policy, ALL).await.position;
    assert_ne!(after.epoch, before.epoch);
    assert_eq!(after.offset, Offset(0));
    let again = fixture.publish(&lobby, "2", policy).await.position.expect("a position");
    assert_eq!((again.epoch, again.offset), (after.epoch, Offset(1)));
}

/// Guarantee 6: a purge forgets the messages and keeps the place.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_purge_keeps_the_place(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(10));
    fixture.publish_all(&lobby, 3, policy).await;
    let place = fixture.history.purge(&lobby, &policy).await.expect("purged");
    assert_eq!(place.offset, Offset(3));
    let page = fixture.read(&lobby, policy, ALL).await;
    assert_eq!((page.position, page.first, offsets(&page)), (place, Offset(4), vec![]));
    fixture.publish(&lobby, "4", policy).await;
    assert_eq!(offsets(&fixture.read(&lobby, policy, ALL).await), [4]);
}

/// Guarantee 9: what an app keeps is known at once when it grows, and when it was purged or swept.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_an_app_keeps_is_known(fixture: &HistoryFixture) {
    let (shop, game) = (channel("shop", "lobby"), channel("game", "lobby"));
    let (policy, kept) =
        (fixture.policy(10), |of: &ChannelKey| fixture.history.kept_bytes(&of.app));
    assert_eq!(kept(&shop), 0);
    for n in 1..=5 {
        fixture.publish(&shop, "1", policy).await;
        assert_eq!(kept(&shop), n * 129, "128 and its data");
    }
    fixture.publish(&channel("shop", "other"), "22", policy).await;
    fixture.publish(&game, "1", policy).await;
    assert_eq!((kept(&shop), kept(&game)), (5 * 129 + 130, 129));
    fixture.history.purge(&channel("shop", "other"), &policy).await.expect("purged");
    assert_eq!(kept(&shop), 5 * 129);
    fixture.publish_all(&shop, 9, policy).await;
    (fixture.sweep)();
    assert_eq!(kept(&shop), 10 * 129, "the channel's own bound");
    fixture.clock.advance(policy.ttl);
    (fixture.sweep)();
    assert_eq!((kept(&shop), kept(&game)), (0, 0));
}

/// Guarantee 7: apps do not share streams, nor do channels.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn streams_are_apart(fixture: &HistoryFixture) {
    let policy = fixture.policy(10);
    let (ours, theirs, other) =
        (channel("shop", "lobby"), channel("bazaar", "lobby"), channel("shop", "lobby2"));
    fixture.publish(&ours, "1", policy).await;
    fixture.publish(&theirs, "2", policy).await;
    let epochs = [&ours, &theirs, &other].map(|channel| async {
        let page = fixture.read(channel, policy, ALL).await;
        (page.position.epoch, page.messages.len())
    });
    let [ours, theirs, other] = epochs;
    let (ours, theirs, other) = (ours.await, theirs.await, other.await);
    assert_eq!((ours.1, theirs.1, other.1), (1, 1, 0));
    assert!(ours.0 != theirs.0 && theirs.0 != other.0 && ours.0 != other.0);
}

/// Guarantee 8: to ask whether there is a stream begins none.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn asking_begins_no_stream(fixture: &HistoryFixture) {
    let (lobby, other) = (channel("shop", "lobby"), channel("shop", "other"));
    let policy = fixture.policy(10);
    let exists = async |channel| fixture.history.exists(channel).await.expect("told");
    assert!(!exists(&lobby).await && !exists(&lobby).await, "nobody sent or read");
    fixture.publish(&lobby, "1", policy).await;
    fixture.read(&other, policy, ALL).await;
    assert!(exists(&lobby).await && exists(&other).await);
    fixture.history.purge(&lobby, &policy).await.expect("purged");
    assert!(exists(&lobby).await, "its place is kept");
    fixture.clock.advance(POSITION_IDLE - Duration::from_secs(1));
    exists(&lobby).await;
    fixture.clock.advance(Duration::from_secs(1));
    (fixture.sweep)();
    assert!(!exists(&lobby).await, "to ask is no use of it");
}
