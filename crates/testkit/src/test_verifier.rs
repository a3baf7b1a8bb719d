//! A verifier that knows its tokens by heart.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use application::ports::{TokenError, TokenVerifier};
use async_trait::async_trait;
use domain::{App, Claims};
use tokio::sync::watch;

/// What a token is worth.
type Verdict = Box<dyn Fn() -> Result<Claims, TokenError> + Send>;

/// Knows its tokens by heart; any other text is [`TokenError::Invalid`]. A test can make it wait.
pub struct TestVerifier {
    verdicts: Mutex<HashMap<String, Verdict>>,
    held: watch::Sender<bool>,
}

impl Default for TestVerifier {
    fn default() -> Self {
        Self { verdicts: Mutex::default(), held: watch::Sender::new(false) }
    }
}

impl TestVerifier {
    /// From now on this token has these claims.
    pub fn accepts(&self, token: &str, claims: Claims) {
        self.learn(token, Box::new(move || Ok(claims.clone())));
    }

    /// From now on this token is refused like this.
    pub fn refuses(&self, token: &str, error: impl Fn() -> TokenError + Send + 'static) {
        self.learn(token, Box::new(move || Err(error())));
    }

    fn learn(&self, token: &str, verdict: Verdict) {
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.insert(token.to_owned(), verdict);
    }

    /// Every verdict waits from now on.
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// The verdicts that wait are given, and new ones at once.
    pub fn release(&self) {
        self.held.send_replace(false);
    }
}

#[async_trait]
impl TokenVerifier for TestVerifier {
    async fn verify(&self, _: &Arc<App>, token: &str) -> Result<Claims, TokenError> {
        // The sender lives as long as `self`, so waiting can't fail.
        drop(self.held.subscribe().wait_for(|held| !held).await);
        let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = || Err(TokenError::Invalid { why: "not a token of this test" });
        verdicts.get(token).map_or_else(unknown, |verdict| verdict())
    }
}
