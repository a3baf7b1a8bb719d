//! One key set: fetched, kept, fetched again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use application::ports::{Clock, TokenError};
use domain::{JwtAlgorithm, KeyId, Moment};
use tokio::sync::watch;

use super::{
    JwksOptions, JwksUrl,
    document::JwksKeys,
    fetch::{FetchError, Fetcher},
};
use crate::key::VerifyingKey;

/// The keys for one algorithm behind one address.
///
/// At most one fetch is under way. It runs as a task of its own: whoever asked first may go away
/// without a loss to those who wait with them, and can't start one fetch after another by coming
/// and going.
pub(crate) struct JwksSource {
    url: JwksUrl,
    algorithm: JwtAlgorithm,
    options: JwksOptions,
    clock: Arc<dyn Clock>,
    fetcher: Arc<Fetcher>,
    /// Never held across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the last fetch that succeeded brought, and when.
    kept: Option<(JwksKeys, Moment)>,
    /// When the last fetch began, and when it was known to have failed.
    begun: Option<Moment>,
    failed: Option<(Arc<FetchError>, Moment)>,
    /// Closes when the fetch under way is done. Never sent on.
    under_way: Option<watch::Receiver<()>>,
}

impl State {
    /// The fetch under way. One that broke off is none.
    fn under_way(&self) -> Option<watch::Receiver<()>> {
        self.under_way.clone().filter(|fetch| fetch.has_changed().is_ok())
    }
}

/// What a caller lacks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// Keys that were fetched not long ago.
    FreshKeys,
    /// A key of a name that the kept ones don't have.
    Kid,
}

/// Why a source has no keys to give.
#[derive(Debug)]
pub(crate) struct Outage {
    retry_after: Duration,
    cause: Arc<FetchError>,
}

impl From<Outage> for TokenError {
    fn from(outage: Outage) -> Self {
        let cause = Box::new(outage.cause);
        Self::Unavailable { retry_after: outage.retry_after, cause }
    }
}

impl JwksSource {
    /// Fetches nothing yet.
    pub(super) fn new(
        url: JwksUrl,
        algorithm: JwtAlgorithm,
        options: JwksOptions,
        clock: Arc<dyn Clock>,
        fetcher: Arc<Fetcher>,
    ) -> Self {
        Self { url, algorithm, options, clock, fetcher, state: Mutex::default() }
    }

    /// Every key, for a token without a `kid`.
    pub(crate) async fn all(self: &Arc<Self>) -> Result<Vec<Arc<VerifyingKey>>, Outage> {
        Ok(self.keys().await?.all().to_vec())
    }

    /// The keys of that name; none is found where the set was asked a moment ago and had none.
    pub(crate) async fn named(
        self: &Arc<Self>,
        kid: &KeyId,
    ) -> Result<Vec<Arc<VerifyingKey>>, Outage> {
        let found = self.keys().await?.named(kid);
        if !found.is_empty() {
            return Ok(found);
        }
        // The issuer may have a new key since.
        self.fetch(Lack::Kid).await;
        let found = self.usable()?.named(kid);
        match self.failure() {
            Some(outage) if found.is_empty() => Err(outage),
            _ => Ok(found),
        }
    }

    async fn keys(self: &Arc<Self>) -> Result<JwksKeys, Outage> {
        self.fetch(Lack::FreshKeys).await;
        self.usable()
    }

    /// Waits for the fetch under way, or begins one if that is due.
    async fn fetch(self: &Arc<Self>, lack: Lack) {
        let waiting = {
            let mut state = self.state();
            let now = self.clock.moment();
            match state.under_way() {
                _ if lack == Lack::FreshKeys && self.is_fresh(&state, now) => None,
                Some(fetch) => Some(fetch),
                None if self.is_due(&state, now, lack) => Some(self.begin(&mut state, now)),
                None => None,
            }
        };
        if let Some(mut fetch) = waiting {
            // It never says anything but that it is done.
            let _ = fetch.changed().await;
        }
    }

    fn is_fresh(&self, state: &State, now: Moment) -> bool {
        state.kept.as_ref().is_some_and(|(_, at)| now.since(*at) < self.options.fresh_for)
    }

    fn is_due(&self, state: &State, now: Moment, lack: Lack) -> bool {
        match (&state.failed, state.begun) {
            (Some((_, at)), _) => now.since(*at) >= self.options.failure_pause,
            (None, Some(at)) if lack == Lack::Kid => now.since(at) >= self.options.cool_down,
            (None, _) => true,
        }
    }

    fn begin(self: &Arc<Self>, state: &mut State, now: Moment) -> watch::Receiver<()> {
        let (done, waiting) = watch::channel(());
        state.begun = Some(now);
        state.under_way = Some(waiting.clone());
        let source = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = source.fetcher.get(&source.url).await;
            source.take(fetched.and_then(|text| JwksKeys::parse(&text, source.algorithm)));
            drop(done);
        });
        waiting
    }

    fn take(&self, fetched: Result<JwksKeys, FetchError>) {
        let mut state = self.state();
        let now = self.clock.moment();
        match fetched {
            Ok(keys) => {
                if keys.all().is_empty() {
                    let algorithm = self.algorithm.name();
                    tracing::warn!(host = self.url.host(), algorithm, "key set has no usable key");
                }
                state.kept = Some((keys, now));
                state.failed = None;
            }
            Err(error) => {
                // Without old keys the callers get the error, and whoever handles it tells it.
                if state.kept.is_some() {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(host = self.url.host(), error, "old keys of a key set are used");
                }
                state.failed = Some((Arc::new(error), now));
            }
        }
    }

    fn usable(&self) -> Result<JwksKeys, Outage> {
        let now = self.clock.moment();
        if let Some((keys, at)) = &self.state().kept
            && now.since(*at) < self.options.keep_for
        {
            return Ok(keys.clone());
        }
        // A task that broke off left neither keys nor an error.
        Err(self.failure().unwrap_or_else(|| Outage {
            retry_after: self.options.failure_pause,
            cause: Arc::new(FetchError::NotAKeySet),
        }))
    }

    /// The failure of the last fetch.
    fn failure(&self) -> Option<Outage> {
        let now = self.clock.moment();
        let state = self.state();
        let (cause, at) = state.failed.as_ref()?;
        let next = at.after(self.options.failure_pause);
        let retry_after = next.since(now).max(Duration::from_secs(1));
        Some(Outage { retry_after, cause: Arc::clone(cause) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
