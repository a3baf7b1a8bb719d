//! What is counted for each app, found without a lock.

use std::{
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

use application::ports::Tally;
use domain::{AppId, ErrorCode, Limit};

use crate::count::{Count, Level};

/// What is counted for one app.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) connections: Level,
    pub(crate) subscriptions: Level,
    pub(crate) published: Count,
    pub(crate) published_bytes: Count,
    pub(crate) delivered: Count,
    pub(crate) delivered_bytes: Count,
    pub(crate) recovered: Count,
    pub(crate) not_recovered: Count,
    pub(crate) webhooks: WebhookCounts,
    /// In the order of [`ErrorCode::ALL`].
    refusals: [Count; ErrorCode::ALL.len()],
    /// In the order of [`Limit::ALL`]: refusals, and how often it came near.
    limits: [(Count, Count); Limit::ALL.len()],
}

/// What became of requests to an app's webhooks.
#[derive(Debug, Default)]
pub(crate) struct WebhookCounts {
    pub(crate) taken: Count,
    pub(crate) failed: Count,
    pub(crate) dead: Count,
    pub(crate) lost: Count,
    pub(crate) events: Count,
    pub(crate) gaps: Count,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            connections: Level::default(),
            subscriptions: Level::default(),
            published: Count::default(),
            published_bytes: Count::default(),
            delivered: Count::default(),
            delivered_bytes: Count::default(),
            recovered: Count::default(),
            not_recovered: Count::default(),
            webhooks: WebhookCounts::default(),
            refusals: std::array::from_fn(|_| Count::default()),
            limits: std::array::from_fn(|_| Default::default()),
        }
    }
}

impl Figures {
    pub(crate) fn refused(&self, code: ErrorCode) {
        let index = ErrorCode::ALL.iter().position(|known| *known == code);
        if let Some(count) = index.and_then(|index| self.refusals.get(index)) {
            count.add(1);
        }
    }

    pub(crate) fn limited(&self, limit: Limit, reached: bool) {
        if let Some((refusals, warnings)) = self.limits.get(limit.index()) {
            if reached { refusals } else { warnings }.add(1);
        }
    }

    /// What of it is told beside the page.
    pub(crate) fn tally(&self) -> Tally {
        Tally {
            connections: self.connections.get(),
            subscriptions: self.subscriptions.get(),
            published: self.published.get(),
            published_bytes: self.published_bytes.get(),
            delivered: self.delivered.get(),
            delivered_bytes: self.delivered_bytes.get(),
            refused: self.refusals().map(|(_, count)| count).sum(),
        }
    }

    /// Limits that refused something, or came near, and how often.
    pub(crate) fn limits(&self, reached: bool) -> impl Iterator<Item = (Limit, u64)> {
        let count = move |(refusals, warnings): &(Count, Count)| {
            if reached { refusals.get() } else { warnings.get() }
        };
        let counts = Limit::ALL.into_iter().zip(self.limits.iter().map(count));
        counts.filter(|(_, count)| *count > 0)
    }

    /// Those that were counted at all.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        let counts = self.refusals.iter().map(Count::get);
        ErrorCode::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }
}

/// A place of the table, taken by one app for good.
type Place = OnceLock<Box<(AppId, Figures)>>;

/// The figures of up to [`Self::MOST`] apps; all further ones are counted together.
///
/// A table of places that are taken once and never given back, so that finding one takes no lock.
/// A place costs its 500 bytes only once it is taken.
pub(crate) struct Apps {
    places: Box<[Place]>,
    hasher: RandomState,
    taken: Count,
    /// Of connections that have no app yet.
    nobody: Figures,
    /// Of the apps that found no place.
    others: Figures,
}

impl Apps {
    /// Apps with figures of their own: more would be more lines than a page should have.
    pub(crate) const MOST: u64 = 1_000;
    /// Twice as many, so that a free place is near.
    const PLACES: usize = 2_048;

    pub(crate) fn new() -> Self {
        Self {
            places: (0..Self::PLACES).map(|_| OnceLock::new()).collect(),
            hasher: RandomState::new(),
            taken: Count::default(),
            nobody: Figures::default(),
            others: Figures::default(),
        }
    }

    /// The figures of this app, or of nobody.
    pub(crate) fn of(&self, app: Option<&AppId>) -> &Figures {
        let Some(app) = app else { return &self.nobody };
        let begin = usize::try_from(self.hasher.hash_one(app) >> 32).unwrap_or(0);
        for step in 0..Self::PLACES {
            let place = &self.places[begin.wrapping_add(step) % Self::PLACES];
            if place.get().is_none() {
                if self.taken.get() >= Self::MOST {
                    return &self.others;
                }
                // Whoever comes first has it; the other one looks on.
                if place.set(Box::new((app.clone(), Figures::default()))).is_ok() {
                    self.taken.add(1);
                }
            }
            match place.get() {
                Some(known) if known.0 == *app => return &known.1,
                Some(_) | None => {}
            }
        }
        &self.others
    }

    /// The figures of this app alone. One that did nothing yet takes no place by it.
    pub(crate) fn alone<T>(&self, app: &AppId, read: impl FnOnce(&Figures) -> T) -> Option<T> {
        let begin = usize::try_from(self.hasher.hash_one(app) >> 32).unwrap_or(0);
        for step in 0..Self::PLACES {
            match self.places[begin.wrapping_add(step) % Self::PLACES].get() {
                Some(known) if known.0 == *app => return Some(read(&known.1)),
                Some(_) => {}
                None if self.taken.get() >= Self::MOST => return None,
                None => return Some(read(&Figures::default())),
            }
        }
        None
    }

    /// Every app's figures by its name: empty for nobody, `(others)` for those without a place, if
    /// there are any. No app has such names.
    pub(crate) fn all(&self) -> Vec<(&str, &Figures)> {
        let known = self.places.iter().filter_map(OnceLock::get);
        let mut all: Vec<_> = known.map(|known| (known.0.as_str(), &known.1)).collect();
        all.sort_unstable_by_key(|(app, _)| *app);
        all.insert(0, ("", &self.nobody));
        if self.taken.get() >= Self::MOST {
            all.push(("(others)", &self.others));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_keeps_its_place_and_too_many_share_one() {
        let apps = Apps::new();
        let app = |number: u64| AppId::parse(&format!("app-{number}")).unwrap();
        for _ in 0..3 {
            (0..Apps::MOST + 50).for_each(|number| apps.of(Some(&app(number))).published.add(1));
        }
        let all = apps.all();
        assert_eq!(all.len(), 1_000 + 2);
        for (name, figures) in all {
            let wanted = match name {
                "" => 0,
                "(others)" => 150,
                _ => 3,
            };
            assert_eq!(figures.published.get(), wanted, "{name}");
        }
    }
}
