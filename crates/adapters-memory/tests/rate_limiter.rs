//! The limiter keeps the contract of a `RateLimiter`, and costs no memory per message.

use std::sync::Arc;

use adapters_memory::MemoryRateLimiter;
use allocation_counter::measure;
use application::ports::{Charge, Payer};
use domain::{AppId, ClientId, Limit, Rate, Timestamp};
use testkit::{
    ManualClock,
    contracts::{rate_limiter as suite, rate_limiter::RateLimiterFixture},
};

fn fixture() -> RateLimiterFixture {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let limiter = Arc::new(MemoryRateLimiter::new(Arc::clone(&clock) as _));
    RateLimiterFixture { limiter, clock }
}

#[test]
fn rate_limiter_1_a_burst_then_the_rate() {
    suite::a_burst_then_the_rate(&fixture());
}

#[test]
fn rate_limiter_2_all_charges_or_none() {
    suite::all_charges_or_none(&fixture());
}

#[test]
fn rate_limiter_3_what_is_larger_than_a_burst_is_paid_for() {
    suite::what_is_larger_than_a_burst_is_paid_for(&fixture());
}

#[test]
fn rate_limiter_4_a_changed_rate_holds_at_once() {
    suite::a_changed_rate_holds_at_once(&fixture());
}

#[test]
fn rate_limiter_5_buckets_are_not_shared() {
    suite::buckets_are_not_shared(&fixture());
}

#[test]
fn rate_limiter_6_near_is_told_once() {
    suite::near_is_told_once(&fixture());
}

#[test]
fn a_known_bucket_costs_no_memory() {
    let RateLimiterFixture { limiter, .. } = fixture();
    let (app, client) = (AppId::parse("shop").unwrap(), ClientId::parse("alice").unwrap());
    let rate = Rate::new(1_000, 1_000);
    let take = || {
        let messages = Charge { limit: Limit::Messages, payer: Payer::App(&app), rate, count: 1 };
        let (limit, payer) = (Limit::ClientMessages, Payer::Client(&app, &client));
        assert!(limiter.take(&[messages, Charge { limit, payer, ..messages }]).is_ok());
    };
    take();
    assert_eq!(measure(take).count_total, 0);
}
