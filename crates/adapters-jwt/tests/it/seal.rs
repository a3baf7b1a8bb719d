//! Passes to watch keep the contract of a `WatchSeal`.

use std::sync::Arc;

use adapters_jwt::HmacSeal;
use domain::Timestamp;
use testkit::{ManualClock, contracts::watch_seal};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)))
}

fn seal(secret: &str, clock: &Arc<ManualClock>) -> HmacSeal {
    HmacSeal::new(&secret.into(), Arc::clone(clock) as _)
}

#[test]
fn watch_seal_1_what_is_sealed_is_opened() {
    let clock = clock();
    watch_seal::what_is_sealed_is_opened(&seal("secret", &clock), &clock);
}

#[test]
fn watch_seal_2_nothing_else_is_opened() {
    let clock = clock();
    let (one, other) = (seal("secret", &clock), seal("another", &clock));
    watch_seal::nothing_else_is_opened(&one, &other, &clock);
}

#[test]
fn watch_seal_3_a_token_is_marked_and_short() {
    let clock = clock();
    watch_seal::a_token_is_marked_and_short(&seal("secret", &clock), &clock);
}

#[test]
fn watch_seal_4_an_error_says_nothing_of_the_token() {
    watch_seal::an_error_says_nothing_of_the_token(&seal("secret", &clock()));
}
