//! The keys of one app.

use std::sync::Arc;

use application::ports::TokenError;
use domain::{App, JwtAlgorithm, JwtKey, KeyId};

use crate::{
    KeyError,
    header::Header,
    jwks::{JwksSource, JwksSources},
    key::{KeyPlace, VerifyingKey},
    terms::Terms,
};

/// The most keys that are tried for one token.
const TRIES: usize = 4;

/// A key that may have made a signature, with what it demands.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) key: Arc<VerifyingKey>,
    pub(crate) terms: Arc<Terms>,
}

/// The keys of one app, parsed.
pub(crate) struct KeySet {
    held: Vec<Candidate>,
    remote: Vec<Remote>,
}

struct Remote {
    algorithm: JwtAlgorithm,
    source: Arc<JwksSource>,
    terms: Arc<Terms>,
}

/// The keys to try for a token, and what to say if none of them made the signature.
pub(crate) struct Choice {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) otherwise: TokenError,
}

impl KeySet {
    /// Parses every key of an app. One that can't be used spoils them all: half of the keys would
    /// refuse half of the tokens without a reason that anybody sees.
    pub(crate) fn parse(app: &App, sources: &JwksSources) -> Result<Self, KeyError> {
        let mut set = Self { held: Vec::new(), remote: Vec::new() };
        for key in &app.jwt_keys {
            set.add(key, sources)?;
        }
        Ok(set)
    }

    fn add(&mut self, key: &JwtKey, sources: &JwksSources) -> Result<(), KeyError> {
        let terms = Arc::new(Terms::of(key));
        match KeyPlace::parse(key, sources.options())? {
            KeyPlace::Held(key) => self.held.push(Candidate { key: Arc::new(key), terms }),
            KeyPlace::Remote(url) => {
                let algorithm = key.algorithm;
                let source = sources.get(url, algorithm);
                self.remote.push(Remote { algorithm, source, terms });
            }
        }
        Ok(())
    }

    /// The keys to try for a token with this header: those whose own algorithm is the header's.
    ///
    /// With a `kid` only keys of that name: those held here, else those of the key sets. Without
    /// one the first four, those held here first.
    pub(crate) async fn choose(&self, header: &Header) -> Choice {
        let held = self.held.iter().filter(|held| {
            held.key.algorithm() == header.algorithm
                && (header.kid.is_none() || held.key.kid() == header.kid.as_ref())
        });
        let mut candidates: Vec<Candidate> = held.take(TRIES).cloned().collect();
        let mut outage = None;
        let enough = if header.kid.is_some() { 1 } else { TRIES };
        for remote in self.remote.iter().filter(|remote| remote.algorithm == header.algorithm) {
            if candidates.len() >= enough {
                break;
            }
            match remote.keys(header.kid.as_ref()).await {
                Ok(found) => candidates.extend(found),
                Err(error) => outage = Some(error),
            }
        }
        candidates.truncate(TRIES);
        let otherwise = outage.unwrap_or_else(|| self.mismatch(header, &candidates));
        Choice { candidates, otherwise }
    }

    fn mismatch(&self, header: &Header, tried: &[Candidate]) -> TokenError {
        let named =
            |held: &Candidate| header.kid.is_some() && held.key.kid() == header.kid.as_ref();
        let why = match (tried.is_empty(), &header.kid) {
            (false, Some(_)) => "the key that `kid` names did not make it",
            (false, None) => "none of the keys of the header's `alg` made it",
            (true, Some(_)) if self.held.iter().any(named) => {
                "the key that `kid` names has another algorithm than the header"
            }
            (true, Some(_)) => "no key has the header's `kid`",
            (true, None) => "no key has the header's `alg`",
        };
        TokenError::SignatureInvalid { why }
    }
}

impl Remote {
    async fn keys(&self, kid: Option<&KeyId>) -> Result<Vec<Candidate>, TokenError> {
        let keys = match kid {
            Some(kid) => self.source.named(kid).await?,
            None => self.source.all().await?,
        };
        let terms = &self.terms;
        Ok(keys.into_iter().map(|key| Candidate { key, terms: Arc::clone(terms) }).collect())
    }
}
