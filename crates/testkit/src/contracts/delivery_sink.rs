//! What every `DeliverySink` guarantees.

use std::{sync::Arc, thread};

use application::ports::{DeliverySink, Outbound};
use async_trait::async_trait;
use domain::{
    AppId, ChannelKey, ChannelName, CloseReason, Message, MessageId, Payload, Publication,
    Timestamp,
};

use crate::RecordingOutbound;

/// What the suite needs of an adapter under test.
#[async_trait]
pub trait DeliverySinkFixture: Send {
    /// The adapter.
    fn sink(&self) -> Arc<dyn DeliverySink>;

    /// A new subscriber of the channel, with nothing in its queue. Its frames are lines.
    async fn subscriber(&mut self, channel: &ChannelKey) -> Arc<RecordingOutbound>;

    /// Resolves when all that was delivered is with its subscribers.
    async fn settled(&mut self);
}

fn lobby() -> ChannelKey {
    ChannelKey {
        app: AppId::parse("shop").expect("an app's name"),
        channel: ChannelName::parse("chat:lobby").expect("a channel's name"),
    }
}

fn message(channel: &ChannelKey, number: u32) -> Publication {
    let message = Message {
        id: MessageId::new(&format!("m{number}")),
        ts: Timestamp::from_millis(number.into()),
        offset: None,
        name: None,
        data: Payload::parse(&number.to_string(), 64).expect("JSON"),
        from: None,
    };
    Publication { channel: channel.clone(), message, hidden_from: None }
}

fn texts(subscriber: &RecordingOutbound) -> Vec<String> {
    // Several frames may come as one piece; each is a line.
    let pieces = subscriber.take();
    let frames = pieces.iter().flat_map(|piece| piece.split_inclusive(|byte| *byte == b'\n'));
    frames.map(|frame| String::from_utf8_lossy(frame).into_owned()).collect()
}

/// Guarantee 1: never blocks and never fails. Who can't take a message is ended as too slow; the
/// others get everything, and a channel without subscribers is nothing.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_slow_reader_is_its_own_end(fixture: &mut dyn DeliverySinkFixture) {
    let lobby = lobby();
    fixture.sink().deliver(&message(&lobby, 0));
    let quick = fixture.subscriber(&lobby).await;
    let slow = fixture.subscriber(&lobby).await;
    let late = fixture.subscriber(&lobby).await;
    slow.set_queue_limit(400);
    let mut heard = Vec::new();
    for number in 1..=20 {
        fixture.sink().deliver(&message(&lobby, number));
        fixture.settled().await;
        heard.extend(texts(&quick));
    }
    assert_eq!(heard.len(), 20);
    assert_eq!(texts(&late), heard, "who came behind the slow one hears the same");
    assert_eq!(slow.closed(), Some(CloseReason::TooSlow));
    assert_eq!((quick.closed(), late.closed()), (None, None));
}

/// Guarantee 2: each subscriber gets a channel's messages in the order of the calls, each once.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn subscribers_hear_the_order_of_the_calls(fixture: &mut dyn DeliverySinkFixture) {
    let lobby = lobby();
    let other = ChannelKey {
        channel: ChannelName::parse("chat:other").expect("a channel's name"),
        ..lobby.clone()
    };
    let subscribers = [fixture.subscriber(&lobby).await, fixture.subscriber(&lobby).await];
    let apart = fixture.subscriber(&other).await;
    let sink = &*fixture.sink();
    thread::scope(|scope| {
        for channel in [&lobby, &other] {
            scope.spawn(move || (1..=500).for_each(|n| sink.deliver(&message(channel, n))));
        }
    });
    fixture.settled().await;
    let expected: Vec<String> = (1..=500).map(|n| format!("\"m{n}\"")).collect();
    for subscriber in subscribers.iter().chain([&apart]) {
        let heard = texts(subscriber);
        assert_eq!(heard.len(), expected.len());
        let right = heard.iter().zip(&expected).all(|(frame, id)| frame.contains(id));
        assert!(right, "another order: {heard:?}");
    }
}

/// Guarantee 3: behind what came before it a gap ends the subscriptions of the channel's subscribers,
/// and theirs alone; who subscribes anew hears what follows.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_gap_is_seen_in_its_place(fixture: &mut dyn DeliverySinkFixture) {
    let lobby = lobby();
    let other = ChannelKey {
        channel: ChannelName::parse("chat:other").expect("a channel's name"),
        ..lobby.clone()
    };
    // One that nobody is in is nothing.
    fixture.sink().gap(&lobby);
    let before = [fixture.subscriber(&lobby).await, fixture.subscriber(&lobby).await];
    let apart = fixture.subscriber(&other).await;
    for number in 1..=3 {
        fixture.sink().deliver(&message(&lobby, number));
    }
    fixture.sink().gap(&lobby);
    fixture.sink().deliver(&message(&lobby, 4));
    let behind = fixture.subscriber(&lobby).await;
    fixture.sink().gap(&other);
    fixture.sink().gap(&other);
    fixture.settled().await;
    fixture.sink().deliver(&message(&lobby, 5));
    fixture.settled().await;
    for subscriber in before {
        let heard = texts(&subscriber);
        assert_eq!(heard.len(), 4, "{heard:?}");
        let right = heard.iter().zip(1..=3).all(|(frame, n)| frame.contains(&format!("\"m{n}\"")));
        assert!(right && heard[3].contains("\"unsubscribed\""), "{heard:?}");
        assert!(heard[3].contains("\"gap\"") && heard[3].contains("true"), "{heard:?}");
        assert_eq!(subscriber.closed(), None);
    }
    let heard = texts(&behind);
    assert!(heard.len() == 1 && heard[0].contains("\"m5\""), "{heard:?}");
    let heard = texts(&apart);
    assert!(heard.len() == 1 && heard[0].contains("\"gap\""), "told once: {heard:?}");
}
