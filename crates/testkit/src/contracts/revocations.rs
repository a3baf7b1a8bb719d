//! What every `Revocations` guarantees.

use std::{sync::Arc, time::Duration};

use application::ports::{Clock, RevocationError, Revocations};
use domain::{AppId, ClientId, Revocation, RevocationList, Revoked, Timestamp, TokenMark};

use crate::ManualClock;

/// What the suite needs of an adapter.
pub trait RevocationsFixture {
    /// The adapter's clock.
    fn clock(&self) -> Arc<ManualClock>;

    /// The adapter as it is when the process begins: also a second time, on the same data.
    fn open(&self) -> Arc<dyn Revocations>;

    /// Whether it outlives the process.
    fn is_durable(&self) -> bool;
}

fn app(id: &str) -> AppId {
    AppId::parse(id).expect("an app's name")
}

fn client(id: &str) -> ClientId {
    ClientId::parse(id).expect("a client's name")
}

fn token(id: &str, issued_at: Timestamp) -> TokenMark {
    TokenMark { id: Some(id.into()), issued_at }
}

/// Guarantee 1: what was revoked is, until its end, and nothing else is.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_revoked_is_until_its_end(fixture: &dyn RevocationsFixture) {
    let (clock, revocations) = (fixture.clock(), fixture.open());
    let (now, minute) = (clock.now(), Duration::from_secs(60));
    let (old, new) = (now.before(minute), now);
    let is =
        |who: &str, token: &TokenMark| revocations.is_revoked(&app("shop"), &client(who), token);
    assert!(!is("alice", &token("a", old)));
    let one = Revocation { what: Revoked::Token("a".into()), until: Some(now.after(minute)) };
    revocations.revoke(&app("shop"), one).await.expect("there is room");
    assert!(is("alice", &token("a", new)) && is("bob", &token("a", old)));
    assert!(!is("alice", &token("b", old)) && !is("alice", &TokenMark::NONE));
    let hers = Revoked::Client { client: client("alice"), before: now };
    let hers = Revocation { what: hers, until: None };
    revocations.revoke(&app("shop"), hers).await.expect("there is room");
    assert!(is("alice", &token("b", old)) && is("alice", &TokenMark::NONE));
    assert!(!is("alice", &token("b", new)) && !is("bob", &token("b", old)));
    clock.advance(minute);
    assert!(!is("bob", &token("a", old)), "it is over");
    let all = Revocation { what: Revoked::Everyone { before: now }, until: None };
    revocations.revoke(&app("shop"), all).await.expect("there is room");
    assert!(is("bob", &token("b", old)) && !is("bob", &token("b", new)));
}

/// Guarantee 2: a full list refuses and forgets nothing.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_full_list_refuses(
    fixture: &dyn RevocationsFixture,
    filled: impl AsyncFnOnce(RevocationList) -> Arc<dyn Revocations>,
) {
    let now = fixture.clock().now();
    let one = |n: usize| Revocation { what: Revoked::Token(n.to_string().into()), until: None };
    let mut list = RevocationList::default();
    for n in 0..RevocationList::PER_APP {
        list.add(&app("shop"), one(n), now).expect("there is room");
    }
    let revocations = filled(list).await;
    let refused = revocations.revoke(&app("shop"), one(RevocationList::PER_APP)).await;
    assert!(matches!(refused, Err(RevocationError::Full)));
    let is = |n: usize| {
        revocations.is_revoked(&app("shop"), &client("alice"), &token(&n.to_string(), now))
    };
    assert!(is(0) && is(RevocationList::PER_APP - 1) && !is(RevocationList::PER_APP));
    revocations.revoke(&app("bazaar"), one(1)).await.expect("another app has room");
}

/// Guarantee 3: an app's tokens are its own.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn apps_are_apart(fixture: &dyn RevocationsFixture) {
    let revocations = fixture.open();
    let all = Revoked::Everyone { before: fixture.clock().now() };
    let all = Revocation { what: all, until: None };
    revocations.revoke(&app("shop"), all).await.expect("there is room");
    assert!(revocations.is_revoked(&app("shop"), &client("alice"), &TokenMark::NONE));
    assert!(!revocations.is_revoked(&app("bazaar"), &client("alice"), &TokenMark::NONE));
}

/// Guarantee 4: what was revoked is so after a restart, where the adapter outlives the process.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_revoked_stays_so(fixture: &dyn RevocationsFixture) {
    let one = Revocation { what: Revoked::Token("a b".into()), until: None };
    fixture.open().revoke(&app("shop"), one).await.expect("there is room");
    let token = token("a b", fixture.clock().now());
    let again = fixture.open().is_revoked(&app("shop"), &client("alice"), &token);
    assert_eq!(again, fixture.is_durable());
}
