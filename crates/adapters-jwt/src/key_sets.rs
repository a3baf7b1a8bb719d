//! The parsed keys of every app that was asked for lately.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use application::ports::{Clock, TokenError};
use domain::{App, AppId};

use crate::{
    KeyError,
    jwks::{JwksOptions, JwksSources},
    key_set::KeySet,
};

/// The most apps whose parsed keys are remembered.
const LIMIT: usize = 10_000;

/// When to try again where a key can't be used: not before somebody mends the configuration.
const MENDED_AFTER: Duration = Duration::from_secs(60);

type Parsed = Result<Arc<KeySet>, KeyError>;

/// The parsed keys of every app that was asked for lately. An app that is loaded anew is another
/// value, whose keys are parsed anew.
pub(crate) struct KeySets {
    sources: JwksSources,
    /// Never held across an await. The `Weak` keeps the app's address from being used again, so
    /// that the same address is the same app.
    apps: RwLock<HashMap<AppId, (Weak<App>, Parsed)>>,
}

impl KeySets {
    /// None yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, options: JwksOptions) -> Self {
        Self { sources: JwksSources::new(clock, options), apps: RwLock::default() }
    }

    /// The parsed keys of an app.
    pub(crate) fn of(&self, app: &Arc<App>) -> Result<Arc<KeySet>, TokenError> {
        let parsed = self.remembered(app).unwrap_or_else(|| self.parse(app));
        parsed.map_err(|error| TokenError::Unavailable {
            retry_after: MENDED_AFTER,
            cause: Box::new(error),
        })
    }

    fn remembered(&self, app: &Arc<App>) -> Option<Parsed> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        let (held, parsed) = apps.get(&app.id)?;
        std::ptr::eq(held.as_ptr(), Arc::as_ptr(app)).then(|| parsed.clone())
    }

    /// Parsed outside the lock. The old keys are dropped after the new ones are there, so that a
    /// key set that both use lives on with what it has fetched.
    fn parse(&self, app: &Arc<App>) -> Parsed {
        let parsed = KeySet::parse(app, &self.sources).map(Arc::new);
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        if apps.len() >= LIMIT && !apps.contains_key(&app.id) {
            make_room(&mut apps);
        }
        apps.insert(app.id.clone(), (Arc::downgrade(app), parsed.clone()));
        parsed
    }
}

/// Apps that are gone go first, else any: parsing again costs less than an order of use.
fn make_room(apps: &mut HashMap<AppId, (Weak<App>, Parsed)>) {
    apps.retain(|_, (app, _)| app.strong_count() > 0);
    if apps.len() >= LIMIT
        && let Some(id) = apps.keys().next().cloned()
    {
        apps.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use testkit::ManualClock;

    use super::*;

    fn key_sets() -> KeySets {
        let clock = ManualClock::new(domain::Timestamp::from_secs(0));
        KeySets::new(Arc::new(clock), JwksOptions::default())
    }

    fn app(id: &str) -> Arc<App> {
        Arc::new(App::new(AppId::parse(id).unwrap()))
    }

    #[test]
    fn keys_are_parsed_once_for_each_value_of_an_app() {
        let sets = key_sets();
        let (old, new) = (app("a"), app("a"));
        let first = sets.of(&old).unwrap();
        assert!(Arc::ptr_eq(&first, &sets.of(&old).unwrap()));
        let second = sets.of(&new).unwrap();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &sets.of(&new).unwrap()));
        assert_eq!(sets.apps.read().unwrap().len(), 1);
    }

    #[test]
    fn no_more_than_the_limit_are_remembered() {
        let sets = key_sets();
        let apps: Vec<_> = (0..LIMIT + 5).map(|n| app(&n.to_string())).collect();
        for app in &apps {
            sets.of(app).unwrap();
        }
        assert_eq!(sets.apps.read().unwrap().len(), LIMIT);
        drop(apps);
        let kept = app("kept");
        sets.of(&kept).unwrap();
        assert_eq!(sets.apps.read().unwrap().len(), 1, "apps that are gone go first");
    }
}
