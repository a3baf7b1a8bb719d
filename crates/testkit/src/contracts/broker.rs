//! What every `Broker` guarantees.

use std::{collections::HashSet, sync::Arc};

use application::ports::{Broker, BrokerError};
use domain::{
    AppId, Author, ChannelKey, ChannelName, ClientId, ConnectionId, Draft, Hidden, MessageKey,
    MessageName, Namespace, Offset, Payload, Receipt, Sender, SessionToken, Source,
};
use futures_util::future::join_all;

use super::history_store::{ALL, HistoryFixture, offsets};
use crate::RecordingSink;

/// The adapter under test, announcing to a sink that the suite reads.
pub struct BrokerFixture {
    /// The adapter.
    pub broker: Arc<dyn Broker>,
    /// What it was made with.
    pub sink: Arc<RecordingSink>,
}

impl BrokerFixture {
    async fn attach(&self, channel: &ChannelKey) {
        self.broker.attach(channel).await.expect("attached");
    }

    async fn publish(&self, draft: Draft) -> Receipt {
        self.broker.publish(draft).await.expect("published")
    }

    /// The data of what was announced since the last look.
    fn announced(&self) -> Vec<String> {
        let data = |heard: domain::Publication| heard.message.data.as_str().to_owned();
        self.sink.take().into_iter().map(data).collect()
    }
}

fn channel(app: &str, name: &str) -> ChannelKey {
    ChannelKey {
        app: AppId::parse(app).expect("an app's name"),
        channel: ChannelName::parse(name).expect("a channel's name"),
    }
}

/// From whom a message is hidden that its sender does not want back.
fn sender() -> Hidden {
    Hidden {
        connection: ConnectionId::from_random(1),
        client: ClientId::parse("alice").expect("a client's name"),
        session: SessionToken::from_random(1),
    }
}

fn draft(channel: &ChannelKey, data: &str) -> Draft {
    let client = ClientId::parse("alice").expect("a client's name");
    Draft {
        channel: channel.clone(),
        name: None,
        data: Payload::parse(data, 1024).expect("JSON"),
        key: None,
        from: None,
        source: Source { author: Author::Client(client), hidden_from: None },
        namespace: Arc::new(Namespace::default()),
    }
}

/// Guarantee 1: what is acknowledged is announced, as it was sent and with the receipt's stamp.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_acknowledged_is_announced(fixture: &BrokerFixture) {
    let lobby = channel("shop", "lobby");
    fixture.attach(&lobby).await;
    let mut sent = draft(&lobby, r#"{"n":1}"#);
    sent.name = MessageName::parse("greeting").ok();
    let Hidden { client, connection, .. } = sender();
    sent.from = Some(Sender { client, connection, info: None });
    sent.source.hidden_from = Some(sender());
    let receipt = fixture.publish(sent.clone()).await;
    let heard = fixture.sink.take();
    assert_eq!(heard.len(), 1, "announced once");
    let heard = &heard[0];
    assert_eq!((&heard.message.id, heard.message.ts), (&receipt.id, receipt.ts));
    assert_eq!(heard.message.offset, receipt.position.map(|position| position.offset));
    assert!(!receipt.repeated);
    assert_eq!((&heard.channel, &heard.message.data), (&lobby, &sent.data));
    assert_eq!((&heard.message.name, &heard.message.from), (&sent.name, &sent.from));
    assert_eq!(heard.hidden_from, Some(sender()), "echo: false");
    fixture.publish(draft(&lobby, "2")).await;
    assert_eq!(fixture.sink.take()[0].hidden_from, None, "echo: true");
}

/// Guarantee 2: announcements of a channel come one at a time, each sender's in its order. Needs
/// a runtime with several threads.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn announcements_come_one_at_a_time(fixture: &BrokerFixture) {
    const SENDERS: usize = 8;
    const EACH: usize = 50;
    let lobby = channel("shop", "lobby");
    fixture.attach(&lobby).await;
    let senders = (0..SENDERS).map(|sender| {
        let (broker, lobby) = (Arc::clone(&fixture.broker), lobby.clone());
        tokio::spawn(async move {
            let mut stamps = Vec::new();
            for n in 0..EACH {
                let sent = broker.publish(draft(&lobby, &format!("[{sender},{n}]"))).await;
                stamps.push(sent.expect("published").id);
            }
            stamps
        })
    });
    let acknowledged = join_all(senders).await;
    assert!(!fixture.sink.overlapped(), "two announcements at the same time");
    let heard = fixture.sink.take();
    assert_eq!(heard.len(), SENDERS * EACH);
    assert!(heard.is_sorted_by_key(|heard| heard.message.ts), "in the order of the stamps");
    for (sender, stamps) in acknowledged.into_iter().enumerate() {
        let mine = heard
            .iter()
            .filter(|heard| heard.message.data.as_str().starts_with(&format!("[{sender},")));
        let mine: Vec<_> = mine.map(|heard| heard.message.id.clone()).collect();
        assert_eq!(mine, stamps.expect("no panic"), "the order of sender {sender}");
    }
}

/// Guarantee 3: the same name in two apps is two channels.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn apps_do_not_share_channels(fixture: &BrokerFixture) {
    let (ours, theirs) = (channel("shop", "lobby"), channel("bazaar", "lobby"));
    fixture.attach(&ours).await;
    fixture.attach(&theirs).await;
    fixture.publish(draft(&ours, "1")).await;
    fixture.publish(draft(&theirs, "2")).await;
    let heard: Vec<_> = fixture.sink.take().into_iter().map(|heard| heard.channel).collect();
    assert_eq!(heard, [ours.clone(), theirs.clone()]);
    // What one app does with the name is nothing to the other.
    fixture.broker.detach(&ours).await.expect("detached");
    fixture.publish(draft(&theirs, "3")).await;
    assert_eq!(fixture.announced(), ["3"]);
}

/// Guarantee 4: a publish to a channel that nobody attached succeeds.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn nobody_has_to_listen(fixture: &BrokerFixture) {
    let first = fixture.publish(draft(&channel("shop", "empty"), "1")).await;
    let second = fixture.publish(draft(&channel("shop", "empty"), "2")).await;
    assert_ne!(first.id, second.id);
}

/// Guarantee 5: after `attach` every publish is announced, once, however often it was attached
/// and detached before.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_attached_is_announced(fixture: &BrokerFixture) {
    let lobby = channel("shop", "lobby");
    for round in 0..3 {
        fixture.attach(&lobby).await;
        fixture.attach(&lobby).await;
        fixture.sink.take();
        fixture.publish(draft(&lobby, &round.to_string())).await;
        assert_eq!(fixture.announced(), [round.to_string()]);
        fixture.broker.detach(&lobby).await.expect("detached");
        fixture.broker.detach(&lobby).await.expect("detached again");
    }
}

/// Guarantee 6: message ids are unique, in every channel of every app.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn message_ids_are_unique(fixture: &BrokerFixture) {
    let channels = [channel("shop", "a"), channel("shop", "b"), channel("bazaar", "a")];
    let mut ids = HashSet::new();
    for n in 0..300 {
        let receipt = fixture.publish(draft(&channels[n % 3], "null")).await;
        assert!(ids.insert(receipt.id.clone()), "{:?} came twice", receipt.id);
    }
}

/// Guarantee 7: in a namespace with history the receipt, the announcement and the stream have the
/// same position.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_published_is_in_the_stream(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(10));
    fixture.broker.attach(&lobby).await.expect("attached");
    let mut sent = HistoryFixture::draft(&lobby, "1", policy);
    sent.source.hidden_from = Some(sender());
    let receipt = fixture.broker.publish(sent.clone()).await.expect("published");
    let heard = fixture.sink.take().remove(0);
    let page = fixture.read(&lobby, policy, ALL).await;
    let record = &page.messages[0];
    assert_eq!(receipt.position, Some(page.position));
    assert_eq!((&record.message, &record.hidden_from), (&heard.message, &heard.hidden_from));
    assert!(record.is_hidden_from(&sender().client, sender().session));
}

/// Guarantee 8: a repeated key gives the first receipt and publishes nothing; other
/// content is a conflict; after the window the key is free.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_repeated_key_gives_the_first_receipt(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(10));
    let keyed = |data: &str| Draft {
        key: MessageKey::parse("k1").ok(),
        ..HistoryFixture::draft(&lobby, data, policy)
    };
    let first = fixture.broker.publish(keyed("1")).await.expect("published");
    let again = fixture.broker.publish(keyed("1")).await.expect("published");
    assert_eq!(again, Receipt { repeated: true, ..first.clone() });
    let other = fixture.broker.publish(keyed("2")).await;
    assert!(matches!(other, Err(BrokerError::Conflict)), "{other:?}");
    let mut quiet = keyed("1");
    quiet.source.hidden_from = Some(sender());
    let other = fixture.broker.publish(quiet).await;
    assert!(matches!(other, Err(BrokerError::Conflict)), "echo is content: {other:?}");
    let mut bob = keyed("1");
    bob.source.author = Author::Client(ClientId::parse("bob").expect("a client's name"));
    let his = fixture.broker.publish(bob).await.expect("published");
    assert_ne!(his.id, first.id, "another client's key is another key");
    let mut backend = keyed("1");
    backend.source.author = Author::Backend;
    let its = fixture.broker.publish(backend).await.expect("published");
    assert_ne!(its.id, first.id, "the backend's key is another key");
    assert_eq!(offsets(&fixture.read(&lobby, policy, ALL).await), [1, 2, 3]);
    fixture.clock.advance(Namespace::default().idempotency_window);
    let later = fixture.broker.publish(keyed("2")).await.expect("published");
    assert!(!later.repeated);
}

/// Guarantee 8: two at once with the same key share one outcome. Needs a runtime with
/// several threads.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn two_at_once_share_one_outcome(fixture: &HistoryFixture) {
    let (lobby, policy) = (channel("shop", "lobby"), fixture.policy(100));
    for round in 0..50 {
        let sends = (0..4).map(|_| {
            let broker = Arc::clone(&fixture.broker);
            let mut draft = HistoryFixture::draft(&lobby, "1", policy);
            draft.key = MessageKey::parse(&format!("k{round}")).ok();
            tokio::spawn(async move { broker.publish(draft).await.expect("published") })
        });
        let receipts = join_all(sends).await;
        let receipts: Vec<_> = receipts.into_iter().map(|sent| sent.expect("no panic")).collect();
        assert_eq!(receipts.iter().filter(|receipt| !receipt.repeated).count(), 1);
        assert!(receipts.iter().all(|receipt| receipt.id == receipts[0].id));
    }
    let top = fixture.read(&lobby, policy, ALL).await.position.offset;
    assert_eq!(top, Offset(50));
}

/// Guarantee 9: of an app that is forgotten nothing is left, and others lose nothing.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_forgotten_app_leaves_nothing(fixture: &HistoryFixture) {
    let (shop, bazaar) = (channel("shop", "lobby"), channel("bazaar", "lobby"));
    let policy = fixture.policy(100);
    let keyed = |channel: &ChannelKey| {
        let mut draft = HistoryFixture::draft(channel, "1", policy);
        draft.key = MessageKey::parse("k").ok();
        draft
    };
    fixture.broker.attach(&shop).await.expect("attached");
    for channel in [&shop, &bazaar] {
        fixture.broker.publish(keyed(channel)).await.expect("published");
    }
    let before = fixture.read(&shop, policy, ALL).await.position;
    for _ in 0..2 {
        fixture.broker.forget(&shop.app).await.expect("forgotten");
    }
    let page = fixture.read(&shop, policy, ALL).await;
    assert_eq!((offsets(&page), page.position.offset), (vec![], Offset(0)));
    assert_ne!(page.position.epoch, before.epoch, "another stream");
    let again = fixture.broker.publish(keyed(&shop)).await.expect("published");
    assert!(!again.repeated, "its keys are free");
    assert_eq!(offsets(&fixture.read(&bazaar, policy, ALL).await), [1]);
    assert!(fixture.broker.publish(keyed(&bazaar)).await.expect("published").repeated);
}
