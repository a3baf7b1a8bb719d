//! Which limits were announced lately.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{AppId, Limit, Moment};

/// Lets each limit of an app be announced once a minute, that it is near and that it is reached,
/// and counts what it holds back. Only who comes to a limit comes here.
pub(crate) struct Announced {
    shards: Vec<Mutex<HashMap<Key, Told>>>,
    hasher: RandomState,
}

/// No app is the limit of an address. Whether it is reached, or near.
type Key = (Option<AppId>, Limit, bool);

struct Told {
    at: Moment,
    suppressed: u32,
}

impl Announced {
    /// Locks that apps spread over: one that floods keeps none of the others waiting.
    const SHARDS: usize = 16;
    /// Announcements that are remembered in each; while all are younger than a minute nothing else
    /// is announced.
    const REMEMBERED: usize = 2048;
    const MINUTE: Duration = Duration::from_secs(60);

    pub(crate) fn new() -> Self {
        let shards = (0..Self::SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new() }
    }

    /// Whether this is to be told now: with how many were held back since the last time.
    pub(crate) fn note(
        &self,
        app: Option<&AppId>,
        limit: Limit,
        reached: bool,
        now: Moment,
    ) -> Option<u32> {
        let hash = usize::try_from(self.hasher.hash_one(app) >> 32).unwrap_or(0);
        let shard = &self.shards[hash % Self::SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app.cloned(), limit, reached);
        let young = |told: &Told| now.since(told.at) < Self::MINUTE;
        if let Some(told) = shard.get_mut(&key) {
            if young(told) {
                told.suppressed = told.suppressed.saturating_add(1);
                return None;
            }
            told.at = now;
            return Some(std::mem::take(&mut told.suppressed));
        }
        if shard.len() >= Self::REMEMBERED {
            shard.retain(|_, told| young(told));
        }
        if shard.len() >= Self::REMEMBERED {
            return None;
        }
        shard.insert(key, Told { at: now, suppressed: 0 });
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_announced_once_a_minute() {
        let (announced, at) = (Announced::new(), Moment::from_millis);
        let app = |id: &str| AppId::parse(id).unwrap();
        let note =
            |id, reached, now| announced.note(Some(&app(id)), Limit::Messages, reached, at(now));
        assert_eq!(note("shop", true, 0), Some(0));
        assert_eq!(note("shop", true, 1), None);
        assert_eq!(note("shop", true, 59_999), None);
        assert_eq!(note("shop", false, 2), Some(0));
        assert_eq!(note("game", true, 2), Some(0));
        assert_eq!(note("shop", true, 60_000), Some(2));
        assert_eq!(announced.note(None, Limit::Attempts, true, at(3)), Some(0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let announced = Announced::new();
        let told = |now: u64| {
            let app = |number: u32| AppId::parse(&format!("app-{number}")).unwrap();
            let now = Moment::from_millis(now);
            let note = |number| announced.note(Some(&app(number)), Limit::History, true, now);
            (0..100_000).filter(|number| note(*number).is_some()).count()
        };
        assert_eq!(told(0), Announced::SHARDS * Announced::REMEMBERED);
        assert!(told(60_000) >= Announced::SHARDS * Announced::REMEMBERED, "there is room again");
    }
}
