//! Every key set that some app uses, once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use application::ports::Clock;
use domain::JwtAlgorithm;

use super::{JwksOptions, JwksSource, JwksUrl, fetch::Fetcher};

/// Every key set that some app uses, once: apps with the same issuer share it, and an app that is
/// loaded anew keeps it. A set that no app uses any more is forgotten.
pub(crate) struct JwksSources {
    options: JwksOptions,
    clock: Arc<dyn Clock>,
    fetcher: Arc<Fetcher>,
    /// As many as apps use; those without a user go at the next look-up.
    sources: Mutex<HashMap<(JwksUrl, JwtAlgorithm), Weak<JwksSource>>>,
}

impl JwksSources {
    /// None yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, options: JwksOptions) -> Self {
        let fetcher = Arc::new(Fetcher::new(&options));
        Self { options, clock, fetcher, sources: Mutex::default() }
    }

    /// How they are fetched and kept.
    pub(crate) fn options(&self) -> &JwksOptions {
        &self.options
    }

    /// The key set behind an address.
    pub(crate) fn get(&self, url: JwksUrl, algorithm: JwtAlgorithm) -> Arc<JwksSource> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, source| source.strong_count() > 0);
        let key = (url.clone(), algorithm);
        if let Some(source) = sources.get(&key).and_then(Weak::upgrade) {
            return source;
        }
        let (clock, fetcher) = (Arc::clone(&self.clock), Arc::clone(&self.fetcher));
        let source = JwksSource::new(url, algorithm, self.options.clone(), clock, fetcher);
        let source = Arc::new(source);
        sources.insert(key, Arc::downgrade(&source));
        source
    }
}
