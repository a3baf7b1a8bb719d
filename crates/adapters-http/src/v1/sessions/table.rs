//! The sessions there are: held as digests, bounded, gone at a restart.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use application::ports::Clock;
use domain::{ApiKeyHash, AppId, Moment, Timestamp};

/// How long a session lasts that is not renewed.
pub(super) const LIFE: Duration = Duration::from_secs(15 * 60);
/// How long one may be renewed from when its key was shown.
pub(super) const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions of one key. With one more the one that would end first ends: who shares a key can't be
/// kept out by whoever forgets to sign out.
pub(super) const PER_KEY: usize = 32;
/// Sessions of all keys of one app. With one more it is refused: an app with many keys has no more of
/// the places of all.
pub(super) const PER_APP: usize = 512;
/// Sessions of all keys of apps. With one more it is refused: nobody's session ends for another
/// key's. Operators are not counted: their keys are few and in the configuration.
pub(super) const OF_APPS: usize = 4096;

/// What a token stands for. It says nothing of what the key may do: that is asked each time.
#[derive(Debug, Clone)]
pub(in super::super) struct Session {
    /// The key that was shown, as it is held everywhere.
    pub(in super::super) key: ApiKeyHash,
    /// The app it is for; nothing for an operator's over all apps.
    pub(in super::super) app: Option<AppId>,
    /// Whether it only reads, whatever the key may.
    pub(in super::super) viewer: bool,
}

struct Open {
    session: Session,
    /// Whether the key is an app's: an operator's is not counted among those.
    of_app: bool,
    began: Moment,
    ends: Moment,
}

/// All of them. A token is looked for by its SHA-256: how long that takes says something of the
/// digests and so nothing of the tokens, which are 256 random bits.
pub(in super::super) struct Sessions {
    clock: Arc<dyn Clock>,
    /// Short: held to look at the table, which is never walked but to begin a session.
    open: Mutex<HashMap<[u8; 32], Open>>,
}

/// As many sessions as there may be: of the app, or of all.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) most: usize,
}

impl Sessions {
    pub(in super::super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<[u8; 32], Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a token that hashes to this, if it has not ended.
    pub(in super::super) fn find(&self, token: &ApiKeyHash) -> Option<Session> {
        let now = self.clock.moment();
        let open = self.open();
        let found = open.get(token.as_bytes()).filter(|open| open.ends > now)?;
        Some(found.session.clone())
    }

    /// Begins a session. Says when it ends.
    pub(super) fn begin(
        &self,
        token: &ApiKeyHash,
        session: Session,
        of_app: bool,
    ) -> Result<Timestamp, Full> {
        let now = self.clock.moment();
        let mut open = self.open();
        open.retain(|_, open| open.ends > now);
        let of_key = |open: &&Open| open.session.key == session.key;
        if open.values().filter(of_key).count() >= PER_KEY {
            let mut own = open.iter().filter(|(_, open)| of_key(open)).collect::<Vec<_>>();
            own.sort_unstable_by_key(|(_, open)| open.ends);
            if let Some(first) = own.first().map(|(token, _)| **token) {
                open.remove(&first);
            }
        } else if of_app {
            let all = || open.values().filter(|open| open.of_app);
            if all().filter(|open| open.session.app == session.app).count() >= PER_APP {
                return Err(Full { most: PER_APP });
            }
            if all().count() >= OF_APPS {
                return Err(Full { most: OF_APPS });
            }
        }
        let ends = now.after(LIFE);
        open.insert(*token.as_bytes(), Open { session, of_app, began: now, ends });
        Ok(self.clock.now().after(LIFE))
    }

    /// When a session ends; nothing where it has.
    pub(super) fn ends(&self, token: &ApiKeyHash) -> Option<Timestamp> {
        let now = self.clock.moment();
        let ends = self.open().get(token.as_bytes()).map(|open| open.ends)?;
        (ends > now).then(|| self.clock.now().after(ends.since(now)))
    }

    /// Lets a session go on, though not beyond the longest that one may. Says when it ends now;
    /// nothing where it has.
    pub(super) fn renew(&self, token: &ApiKeyHash) -> Option<Timestamp> {
        let now = self.clock.moment();
        let mut open = self.open();
        let found = open.get_mut(token.as_bytes()).filter(|open| open.ends > now)?;
        found.ends = now.after(LIFE).min(found.began.after(LONGEST));
        Some(self.clock.now().after(found.ends.since(now)))
    }

    /// Ends a session. Says whether there was one.
    pub(super) fn end(&self, token: &ApiKeyHash) -> bool {
        let now = self.clock.moment();
        self.open().remove(token.as_bytes()).is_some_and(|open| open.ends > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Hand {
        fn forward(&self, by: Duration) {
            self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
        }
    }

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_800_000_000_000 + self.0.load(Ordering::Relaxed))
        }

        fn moment(&self) -> Moment {
            Moment::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    fn sessions() -> (Arc<Hand>, Sessions) {
        let hand = Arc::new(Hand::default());
        (Arc::clone(&hand), Sessions::new(hand))
    }

    fn hash(n: usize) -> ApiKeyHash {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        ApiKeyHash::from_digest(bytes)
    }

    /// Of keys of many apps.
    fn of_key(key: usize) -> Session {
        let app = AppId::parse(&format!("app-{}", key % 1000)).unwrap();
        Session { key: hash(key), app: Some(app), viewer: false }
    }

    #[test]
    fn a_session_ends_after_its_life_unless_it_is_renewed_and_then_after_the_longest() {
        let (hand, sessions) = sessions();
        let begun = sessions.begin(&hash(1), of_key(7), true).unwrap();
        assert_eq!(begun.as_millis(), 1_800_000_900_000);
        assert_eq!(sessions.ends(&hash(1)), Some(begun));
        let nearly = LIFE - Duration::from_millis(1);
        let mut renewals = 0;
        loop {
            hand.forward(nearly);
            assert!(sessions.find(&hash(1)).is_some());
            let ends = sessions.renew(&hash(1)).unwrap();
            renewals += 1;
            if ends.since(begun) < nearly * renewals {
                assert_eq!(ends.since(begun), LONGEST - LIFE);
                break;
            }
        }
        hand.forward(LIFE);
        assert!(sessions.find(&hash(1)).is_none() && sessions.ends(&hash(1)).is_none());
        assert!(sessions.renew(&hash(1)).is_none() && !sessions.end(&hash(1)));
    }

    #[test]
    fn one_key_s_sessions_make_room_for_its_own_and_no_others() {
        let (hand, sessions) = sessions();
        sessions.begin(&hash(1000), of_key(8), true).unwrap();
        for n in 0..PER_KEY {
            hand.forward(Duration::from_secs(1));
            sessions.begin(&hash(n), of_key(7), true).unwrap();
        }
        sessions.renew(&hash(0)).unwrap();
        sessions.begin(&hash(PER_KEY), of_key(7), true).unwrap();
        let there = |n: usize| sessions.find(&hash(n)).is_some();
        assert!(there(0) && there(2) && there(PER_KEY) && there(1000));
        assert!(!there(1), "the one that would have ended first");
    }

    #[test]
    fn an_app_with_many_keys_leaves_places_for_others() {
        let (_, sessions) = sessions();
        let of = |app: &str, key: usize| Session {
            app: Some(AppId::parse(app).unwrap()),
            ..of_key(key)
        };
        for n in 0..PER_APP {
            sessions.begin(&hash(n), of("shop", n), true).unwrap();
        }
        let more = |app: &str, of_app: bool| {
            sessions.begin(&hash(PER_APP), of(app, PER_APP), of_app).map(drop)
        };
        assert_eq!(more("shop", true), Err(Full { most: PER_APP }));
        assert_eq!(more("shop", false), Ok(()), "an operator's is not the app's");
        assert_eq!(more("bazaar", true), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_for_apps_and_operators_come_in_all_the_same() {
        let (hand, sessions) = sessions();
        for n in 0..OF_APPS {
            sessions.begin(&hash(n), of_key(10_000 + n), true).unwrap();
        }
        let full = Err(Full { most: OF_APPS });
        assert_eq!(sessions.begin(&hash(OF_APPS), of_key(9), true), full);
        sessions.begin(&hash(OF_APPS), of_key(9), false).unwrap();
        assert!(sessions.end(&hash(3)) && !sessions.end(&hash(3)));
        sessions.begin(&hash(OF_APPS + 1), of_key(10), true).unwrap();
        hand.forward(LIFE);
        sessions.begin(&hash(0), of_key(1), true).unwrap();
        assert_eq!(sessions.open().len(), 1, "what has ended takes no place");
    }
}
