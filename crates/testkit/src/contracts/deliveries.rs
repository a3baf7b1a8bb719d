//! What every `Deliveries` guarantees.

use std::sync::Arc;

use application::ports::{
    DEAD_LETTER_BYTES, DEAD_LETTERS, DeadLetter, Deliveries, DeliveriesError, EndpointKey, Progress,
};
use domain::{AppId, Epoch, Sequence, Timestamp, WebhookName};

/// The adapter under test.
pub struct DeliveriesFixture {
    /// Opens it, where the one before was dropped; the same again for one that forgets.
    pub open: Box<dyn Fn() -> Arc<dyn Deliveries>>,
}

fn endpoint(app: &str, name: &str) -> EndpointKey {
    EndpointKey {
        app: AppId::parse(app).expect("an app's name"),
        name: WebhookName::parse(name).expect("a name"),
    }
}

fn at(cursor: u64, number: u64) -> Progress {
    let (cursor, sealed) = (Sequence(cursor), Sequence(cursor + 3));
    Progress { cursor, number, epoch: Epoch::from_random(number + 11), sealed }
}

fn letter(number: u64) -> DeadLetter {
    DeadLetter {
        number,
        first: Sequence(number * 10),
        last: Sequence(number * 10 + 9),
        at: Timestamp::from_millis(7),
        attempts: 3,
        failure: "it answered 500".into(),
        body: format!(r#"{{"number":{number}}}"#).into(),
    }
}

async fn advance(
    deliveries: &dyn Deliveries,
    endpoint: &EndpointKey,
    progress: Progress,
    letter: Option<DeadLetter>,
) -> usize {
    deliveries.advance(endpoint, progress, letter).await.expect("written")
}

async fn letters(deliveries: &dyn Deliveries, endpoint: &EndpointKey) -> Vec<DeadLetter> {
    deliveries.letters(endpoint, 0, usize::MAX).await.expect("read")
}

/// Guarantee 1: progress is kept.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn progress_is_kept(fixture: &DeliveriesFixture) {
    let crm = endpoint("shop", "crm");
    let first = (fixture.open)();
    assert_eq!(first.progress(&crm).await.expect("read"), None);
    advance(&*first, &crm, at(5, 1), None).await;
    advance(&*first, &crm, at(9, 2), None).await;
    assert_eq!(first.progress(&crm).await.expect("read"), Some(at(9, 2)));
    drop(first);
    let second = (fixture.open)();
    assert_eq!(second.progress(&crm).await.expect("read"), Some(at(9, 2)));
    assert_eq!(second.endpoints().await.expect("read"), [crm]);
}

/// Guarantee 2: an advance and its letter are one.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_advance_has_its_letter(fixture: &DeliveriesFixture) {
    let crm = endpoint("shop", "crm");
    let deliveries = (fixture.open)();
    for _ in 0..2 {
        assert_eq!(advance(&*deliveries, &crm, at(19, 1), Some(letter(1))).await, 0);
    }
    assert_eq!(letters(&*deliveries, &crm).await, [letter(1)]);
    assert_eq!(deliveries.progress(&crm).await.expect("read"), Some(at(19, 1)));
    let large = DeadLetter { body: "x".repeat(DEAD_LETTER_BYTES + 1).into(), ..letter(2) };
    let refused = deliveries.advance(&crm, at(29, 2), Some(large)).await;
    assert!(matches!(refused, Err(DeliveriesError::TooLarge)), "{refused:?}");
    assert_eq!(deliveries.progress(&crm).await.expect("read"), Some(at(19, 1)), "nothing happened");
}

/// Guarantee 3: dead letters are bounded and in order.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn dead_letters_are_bounded(fixture: &DeliveriesFixture) {
    let crm = endpoint("shop", "crm");
    let deliveries = (fixture.open)();
    let most = u64::try_from(DEAD_LETTERS).unwrap_or(u64::MAX);
    for number in 1..=most {
        let gone = advance(&*deliveries, &crm, at(number, number), Some(letter(number))).await;
        assert_eq!(gone, 0);
    }
    let gone = advance(&*deliveries, &crm, at(most + 1, most + 1), Some(letter(most + 1))).await;
    assert_eq!(gone, 1);
    let kept = letters(&*deliveries, &crm).await;
    let expected: Vec<u64> = (2..=most + 1).collect();
    assert_eq!(kept.iter().map(|letter| letter.number).collect::<Vec<_>>(), expected);
    let page = deliveries.letters(&crm, 7, 2).await.expect("read");
    assert_eq!(page, [letter(8), letter(9)]);
}

/// Guarantee 4: what was taken away is gone.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_letter_is_taken_away_once(fixture: &DeliveriesFixture) {
    let crm = endpoint("shop", "crm");
    let first = (fixture.open)();
    advance(&*first, &crm, at(1, 1), Some(letter(1))).await;
    advance(&*first, &crm, at(2, 2), Some(letter(2))).await;
    assert!(first.take_away(&crm, 1).await.expect("written"));
    assert!(!first.take_away(&crm, 1).await.expect("written"));
    drop(first);
    assert_eq!(letters(&*(fixture.open)(), &crm).await, [letter(2)]);
}

/// Guarantee 5: endpoints have nothing of each other.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn endpoints_are_apart(fixture: &DeliveriesFixture) {
    let all = [
        endpoint("bazaar", "crm"),
        endpoint("shop", "crm"),
        endpoint("shop", "crm2"),
        endpoint("shop2", "crm"),
    ];
    let deliveries = (fixture.open)();
    for (endpoint, number) in all.iter().zip(1..) {
        advance(&*deliveries, endpoint, at(number, number), Some(letter(number))).await;
    }
    let [_, forgotten, ..] = &all;
    deliveries.forget(forgotten).await.expect("written");
    deliveries.forget(forgotten).await.expect("written");
    for (endpoint, number) in all.iter().zip(1..) {
        let there = endpoint != forgotten;
        let progress = deliveries.progress(endpoint).await.expect("read");
        assert_eq!(progress, there.then(|| at(number, number)));
        let letters = letters(&*deliveries, endpoint).await;
        assert_eq!(letters, if there { vec![letter(number)] } else { vec![] });
    }
    let mut left = deliveries.endpoints().await.expect("read");
    left.sort();
    assert_eq!(left, [&all[..1], &all[2..]].concat());
}
