//! The rate limiter of one process.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use application::ports::{Charge, Clock, Payer, RateLimiter, TooFast};
use domain::{AppId, ClientId, Limit, Moment};
use hashbrown::HashTable;

use crate::bucket::{Bucket, Taken};

/// Token buckets in memory, spread over locks by payer and limit.
///
/// A bucket that is full again is forgotten where room is needed, which loses nothing; so what is
/// kept are those who spent something lately. At most 262,144 buckets are kept, 4,096 behind each
/// lock; newcomers beyond that share one bucket per lock.
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

struct Shard {
    buckets: HashTable<(Owner, Bucket)>,
    /// Of all who found no room.
    others: Bucket,
    /// When room was last looked for in vain.
    looked: Option<Moment>,
}

/// A payer and a limit, kept.
#[derive(PartialEq, Eq, Hash)]
struct Owner {
    limit: Limit,
    payer: Kept,
}

#[derive(PartialEq, Eq, Hash)]
enum Kept {
    App(AppId),
    Client(AppId, ClientId),
    Address(IpAddr),
}

impl Owner {
    fn of(charge: &Charge<'_>) -> Self {
        let payer = match charge.payer {
            Payer::App(app) => Kept::App(app.clone()),
            Payer::Client(app, client) => Kept::Client(app.clone(), client.clone()),
            Payer::Address(address) => Kept::Address(address),
        };
        Self { limit: charge.limit, payer }
    }

    fn payer(&self) -> Payer<'_> {
        match &self.payer {
            Kept::App(app) => Payer::App(app),
            Kept::Client(app, client) => Payer::Client(app, client),
            Kept::Address(address) => Payer::Address(*address),
        }
    }

    fn is(&self, charge: &Charge<'_>) -> bool {
        self.limit == charge.limit && self.payer() == charge.payer
    }
}

impl MemoryRateLimiter {
    const SHARDS: usize = 64;
    /// Buckets behind one lock.
    const BUCKETS: usize = 4096;
    /// Where all of them were in use, room is looked for again after this long.
    const LOOK_AGAIN: Duration = Duration::from_secs(1);

    /// Every bucket is full.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let now = clock.moment();
        let shard = || {
            let (buckets, others) = (HashTable::new(), Bucket::full(now));
            Mutex::new(Shard { buckets, others, looked: None })
        };
        let shards = (0..Self::SHARDS).map(|_| shard()).collect();
        Self { clock, shards, hasher: RandomState::new() }
    }

    fn hash(&self, limit: Limit, payer: Payer<'_>) -> u64 {
        self.hasher.hash_one((limit, payer))
    }

    fn with_bucket<T>(
        &self,
        charge: &Charge<'_>,
        now: Moment,
        change: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let hash = self.hash(charge.limit, charge.payer);
        // The table itself uses the other bits.
        let index = usize::try_from(hash >> 48).unwrap_or(0) % Self::SHARDS;
        let mut shard = lock(&self.shards[index]);
        if shard.buckets.find(hash, |(owner, _)| owner.is(charge)).is_none()
            && shard.has_room(now, |owner| self.hash(owner.limit, owner.payer()))
        {
            let rehash = |(owner, _): &(Owner, _)| self.hash(owner.limit, owner.payer());
            shard.buckets.insert_unique(hash, (Owner::of(charge), Bucket::full(now)), rehash);
        }
        let Shard { buckets, others, .. } = &mut *shard;
        let known = buckets.find_mut(hash, |(owner, _)| owner.is(charge));
        change(known.map_or(others, |(_, bucket)| bucket))
    }

    fn give_back(&self, charges: &[Charge<'_>], now: Moment) {
        for charge in charges {
            self.with_bucket(charge, now, |bucket| bucket.give_back(charge.rate, charge.count));
        }
    }
}

impl Shard {
    /// Makes room for one more bucket, where it can. Those that are full go before the table grows,
    /// so that it grows by those in use only.
    fn has_room(&mut self, now: Moment, hash: impl Fn(&Owner) -> u64) -> bool {
        let most = MemoryRateLimiter::BUCKETS;
        if self.buckets.len() < self.buckets.capacity().min(most) {
            return true;
        }
        let lately = |last: Moment| now.since(last) < MemoryRateLimiter::LOOK_AGAIN;
        let is_bounded = self.buckets.len() >= most;
        if is_bounded && self.looked.is_some_and(lately) {
            return false;
        }
        self.buckets.retain(|(_, bucket)| !bucket.is_full(now));
        if is_bounded {
            self.looked = Some(now);
        } else {
            // As much again: or the next newcomer would look at all of them again.
            self.buckets.reserve(self.buckets.len(), |(owner, _)| hash(owner));
        }
        self.buckets.len() < most
    }
}

impl RateLimiter for MemoryRateLimiter {
    fn take(&self, charges: &[Charge<'_>]) -> Result<Option<Limit>, TooFast> {
        let now = self.clock.moment();
        let mut near = None;
        for (index, charge) in charges.iter().enumerate() {
            let Charge { limit, rate, count, .. } = *charge;
            match self.with_bucket(charge, now, |bucket| bucket.take(rate, count, now)) {
                Ok(Taken::Fine) => {}
                Ok(Taken::Near) => near = near.or(Some(limit)),
                Err(retry_after) => {
                    self.give_back(&charges[..index], now);
                    return Err(TooFast { limit, retry_after });
                }
            }
        }
        Ok(near)
    }
}

fn lock(mutex: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Rate;
    use testkit::ManualClock;

    #[test]
    fn what_is_kept_is_bounded_and_forgotten_when_it_is_full_again() {
        let clock = Arc::new(ManualClock::new(domain::Timestamp::from_secs(1)));
        let limiter = MemoryRateLimiter::new(Arc::clone(&clock) as _);
        let take = |number: u32| {
            let payer = Payer::Address(IpAddr::from(number.to_be_bytes()));
            let charge = Charge { limit: Limit::Attempts, payer, rate: Rate::new(1, 1), count: 1 };
            limiter.take(&[charge]).is_ok()
        };
        let kept = || -> usize { limiter.shards.iter().map(|it| lock(it).buckets.len()).sum() };
        let most = MemoryRateLimiter::SHARDS * MemoryRateLimiter::BUCKETS;
        let passed = (0..500_000).filter(|number| take(*number)).count();
        assert_eq!((kept(), passed), (most, most + MemoryRateLimiter::SHARDS));
        clock.advance(Duration::from_secs(2));
        assert!((500_000..501_000).all(take), "those of before have gone");
        assert!(kept() < most, "{}", kept());
    }
}
