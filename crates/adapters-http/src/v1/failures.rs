//! Keys that were refused: how fast one address may go on trying, and what the log hears of it.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use application::ports::Clock;
use domain::{Moment, TokenBucket};

/// Refused keys of an address at once, and one more each second.
const BURST: u32 = 20;
const SECOND: Duration = Duration::from_secs(1);
/// A line of the log per address and so long.
const MINUTE: Duration = Duration::from_secs(60);
/// Addresses that are remembered. Further ones share one place while none of these is idle.
const ADDRESSES: usize = 4096;
/// That place.
const SHARED: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// Counts refused keys by address.
pub(super) struct Failures {
    clock: Arc<dyn Clock>,
    /// Short: held to count one failure.
    known: Mutex<HashMap<IpAddr, Failing>>,
}

struct Failing {
    bucket: TokenBucket,
    latest: Moment,
    told: Option<Moment>,
    suppressed: u32,
}

/// What is to be done about a refused key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Noted {
    /// The address is to be told to wait so long.
    pub(super) wait: Option<Duration>,
    /// The log is to be told, with how many it was not told of.
    pub(super) tell: Option<u32>,
}

impl Failures {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, known: Mutex::default() }
    }

    /// Whether an address has shown as many refused keys as it may: what is dear to look at is not
    /// looked at then.
    pub(super) fn is_out(&self, address: IpAddr) -> Option<Duration> {
        let now = self.clock.moment();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let failing = known.get(&source(address)).or_else(|| known.get(&SHARED))?;
        failing.bucket.clone().take(now).err()
    }

    /// Notes a refused key. Good keys are not held up by others' bad ones: they never come here.
    pub(super) fn note(&self, address: IpAddr) -> Noted {
        let now = self.clock.moment();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut source = source(address);
        if known.len() >= ADDRESSES && !known.contains_key(&source) {
            known.retain(|_, failing| now.since(failing.latest) < MINUTE);
            if known.len() >= ADDRESSES {
                source = SHARED;
            }
        }
        let failing = known.entry(source).or_insert_with(|| Failing {
            bucket: TokenBucket::new(BURST, 1, SECOND, now),
            latest: now,
            told: None,
            suppressed: 0,
        });
        failing.note(now)
    }
}

impl Failing {
    fn note(&mut self, now: Moment) -> Noted {
        self.latest = now;
        let wait = self.bucket.take(now).err();
        if self.told.is_some_and(|told| now.since(told) < MINUTE) {
            self.suppressed = self.suppressed.saturating_add(1);
            return Noted { wait, tell: None };
        }
        self.told = Some(now);
        Noted { wait, tell: Some(std::mem::take(&mut self.suppressed)) }
    }
}

/// Whose address it is: of IPv6 the first half, which is what one customer has.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            [a, b, c, d, 0, 0, 0, 0].into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }

        fn moment(&self) -> Moment {
            Moment::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn an_address_that_goes_on_is_told_to_wait_and_the_log_hears_once_a_minute() {
        let hand = Arc::new(Hand::default());
        let failures = Failures::new(Arc::clone(&hand) as _);
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(failures.note(here), Noted { wait: None, tell: Some(0) });
        for _ in 1..BURST {
            assert_eq!(failures.note("2001:db8::2".parse().unwrap()).wait, None);
        }
        assert_eq!(failures.is_out(here), Some(SECOND));
        assert_eq!(failures.note(here), Noted { wait: Some(SECOND), tell: None });
        assert_eq!(failures.is_out("10.0.0.1".parse().unwrap()), None);
        assert_eq!(failures.note("10.0.0.1".parse().unwrap()).wait, None);
        hand.0.store(61_000, Ordering::Relaxed);
        assert_eq!(failures.note(here), Noted { wait: None, tell: Some(BURST) });
    }

    #[test]
    fn no_more_addresses_are_remembered_than_may_be() {
        let failures = Failures::new(Arc::new(Hand::default()));
        for n in 0..10_000u32 {
            failures.note(IpAddr::from(n.to_be_bytes()));
        }
        assert!(failures.known.lock().unwrap().len() <= ADDRESSES + 1);
    }
}
