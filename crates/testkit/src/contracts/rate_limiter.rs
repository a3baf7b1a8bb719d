//! What every `RateLimiter` guarantees.

use std::{net::IpAddr, sync::Arc, thread, time::Duration};

use application::ports::{Charge, Payer, RateLimiter, TooFast};
use domain::{AppId, ClientId, Limit, Rate};

use crate::ManualClock;

/// What the suite needs of an adapter.
pub struct RateLimiterFixture {
    /// The adapter, on the clock.
    pub limiter: Arc<dyn RateLimiter>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
}

impl RateLimiterFixture {
    fn take(&self, charge: Charge<'_>) -> Result<Option<Limit>, TooFast> {
        self.limiter.take(&[charge])
    }

    /// How many of these pass now.
    fn passing(&self, charge: Charge<'_>) -> usize {
        (0..1_000_000).take_while(|_| self.take(charge).is_ok()).count()
    }

    fn passes(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }
}

fn app(id: &str) -> AppId {
    AppId::parse(id).expect("an app's name")
}

fn charge(payer: Payer<'_>, rate: Rate, count: u32) -> Charge<'_> {
    Charge { limit: Limit::Messages, payer, rate, count }
}

/// Guarantee 1: a burst, then the rate, from however many threads.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_burst_then_the_rate(fixture: &RateLimiterFixture) {
    let shop = app("shop");
    let one = charge(Payer::App(&shop), Rate::new(10, 50), 1);
    let passed: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| fixture.passing(one))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).sum()
    });
    assert_eq!(passed, 50, "the burst");
    let refused = fixture.take(one).expect_err("the bucket is empty");
    assert_eq!(refused.retry_after, Duration::from_millis(100));
    // Asking often takes nothing and loses no fraction.
    let mut passed = 0;
    for _ in 0..1_000 {
        fixture.passes(7);
        passed += fixture.passing(one);
    }
    assert_eq!(passed, 70, "seven seconds of ten");
    fixture.passes(3_600_000);
    assert_eq!(fixture.passing(one), 50, "a long silence fills it once");
}

/// Guarantee 2: all charges or none, and the refusal says which and when.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn all_charges_or_none(fixture: &RateLimiterFixture) {
    let (shop, game) = (app("shop"), app("game"));
    let plenty = charge(Payer::App(&shop), Rate::new(1, 5), 1);
    let few = Charge { limit: Limit::Deliveries, ..charge(Payer::App(&game), Rate::new(2, 3), 2) };
    assert!(fixture.limiter.take(&[plenty, few]).is_ok());
    let refused = fixture.limiter.take(&[plenty, few]).expect_err("one of two is left");
    assert_eq!(
        refused,
        TooFast { limit: Limit::Deliveries, retry_after: Duration::from_millis(500) }
    );
    fixture.limiter.take(&[few, plenty]).expect_err("in any order");
    assert_eq!(fixture.passing(plenty), 4, "what was refused took nothing");
    fixture.passes(500);
    assert!(fixture.take(few).is_ok(), "it came when it was told");
    assert!(fixture.limiter.take(&[]).is_ok());
}

/// Guarantee 3: what is larger than a burst passes a full bucket, and is paid for.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn what_is_larger_than_a_burst_is_paid_for(fixture: &RateLimiterFixture) {
    let shop = app("shop");
    let rate = Rate::new(100, 10);
    let (one, large) = (charge(Payer::App(&shop), rate, 1), charge(Payer::App(&shop), rate, 1_010));
    assert!(fixture.take(large).is_ok());
    let refused = fixture.take(one).expect_err("in debt");
    assert_eq!(refused.retry_after, Duration::from_millis(10_010));
    let refused = fixture.take(large).expect_err("in debt");
    assert_eq!(refused.retry_after, Duration::from_millis(10_100), "until it is full");
    fixture.passes(10_099);
    assert!(fixture.take(large).is_err());
    fixture.passes(1);
    assert!(fixture.take(large).is_ok());
}

/// Guarantee 4: a changed rate holds at once, in both directions.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_changed_rate_holds_at_once(fixture: &RateLimiterFixture) {
    let shop = app("shop");
    let at = |per_second, burst| charge(Payer::App(&shop), Rate::new(per_second, burst), 1);
    assert_eq!(fixture.passing(at(1, 60)), 60);
    fixture.passes(60);
    assert_eq!(fixture.passing(at(1_000, 60)), 60, "what an old rate left is paid at the new one");
    assert_eq!(fixture.passing(at(1, 100)), 40, "a larger burst is there at once");
    fixture.passes(1_000);
    assert_eq!(fixture.passing(at(1, 2)), 0, "and a smaller one");
}

/// Guarantee 5: buckets are their payer's and limit's own, and what is kept is bounded: also with
/// more payers than fit everybody is limited.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn buckets_are_not_shared(fixture: &RateLimiterFixture) {
    let (shop, game) = (app("shop"), app("game"));
    let client = |id: &str| ClientId::parse(id).expect("a client's name");
    let (alice, bob) = (client("alice"), client("bob"));
    let address = |last: u8| IpAddr::from([10, 0, 0, last]);
    let payers = [
        Payer::App(&shop),
        Payer::App(&game),
        Payer::Client(&shop, &alice),
        Payer::Client(&shop, &bob),
        Payer::Client(&game, &alice),
        Payer::Address(address(1)),
        Payer::Address(address(2)),
    ];
    for limit in Limit::ALL {
        for payer in payers {
            let one = Charge { limit, ..charge(payer, Rate::new(1, 3), 1) };
            assert_eq!(fixture.passing(one), 3, "{one:?}");
        }
    }
    crowd(fixture);
    fixture.passes(10_000);
    for payer in payers {
        assert_eq!(
            fixture.passing(charge(payer, Rate::new(1, 3), 1)),
            3,
            "{payer:?} has its own again"
        );
    }
}

/// Half a million addresses: each gets at most its burst, those without a bucket less.
fn crowd(fixture: &RateLimiterFixture) {
    let mut passed = 0;
    for number in 0..500_000u32 {
        let payer = Payer::Address(IpAddr::from(
            (0x2001_0db8_0000_0000 + u128::from(number)).to_be_bytes(),
        ));
        let one = charge(payer, Rate::new(1, 2), 1);
        passed += (0..4).filter(|_| fixture.take(one).is_ok()).count();
    }
    assert!(passed <= 1_000_000, "{passed} of half a million with two each");
}

/// Guarantee 6: that a limit is near is told once, until the bucket was half full again.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn near_is_told_once(fixture: &RateLimiterFixture) {
    let shop = app("shop");
    let one = charge(Payer::App(&shop), Rate::new(10, 100), 1);
    let told = || -> Vec<usize> {
        (1..=110).filter(|_| fixture.take(one) == Ok(Some(Limit::Messages))).collect()
    };
    assert_eq!(told(), [81], "the first beyond 80");
    fixture.passes(4_900);
    assert_eq!(told(), [] as [usize; 0], "not half full yet");
    fixture.passes(10_000);
    assert_eq!(told(), [81]);
}
