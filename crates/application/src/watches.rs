//! Passes to watch a channel: given out and taken.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{App, AppId, ChannelName, ClientId, Epoch, Timestamp, WatchPass};
use secrecy::{ExposeSecret, SecretString};

use crate::ports::{IdSource, TokenError, WatchSeal};

/// Gives out passes to watch a channel, and judges them.
pub(crate) struct Watches {
    seal: Arc<dyn WatchSeal>,
    /// The lives of apps that were watched: no more than there are apps. Short lock.
    lives: Mutex<HashMap<AppId, Epoch>>,
}

/// A pass that was given out.
pub struct IssuedWatch {
    /// The token.
    pub token: SecretString,
    /// What it says.
    pub pass: WatchPass,
}

impl fmt::Debug for IssuedWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedWatch").finish_non_exhaustive()
    }
}

impl Watches {
    pub(crate) fn new(seal: Arc<dyn WatchSeal>) -> Self {
        Self { seal, lives: Mutex::default() }
    }

    /// A pass for this channel of the app, from now on.
    pub(crate) fn issue(
        &self,
        app: &App,
        channel: ChannelName,
        client: ClientId,
        ids: &dyn IdSource,
        issued_at: Timestamp,
    ) -> IssuedWatch {
        let life = {
            let mut lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
            *lives.entry(app.id.clone()).or_insert_with(|| ids.epoch())
        };
        let pass = WatchPass {
            app: app.id.clone(),
            life,
            channel,
            client,
            id: ids.key().expose_secret().get(..32).unwrap_or_default().into(),
            issued_at,
            expires_at: issued_at.after(WatchPass::LIFE),
        };
        IssuedWatch { token: self.seal.seal(&pass), pass }
    }

    /// The pass of a token, if it is one of this app.
    pub(crate) fn open(&self, app: &App, token: &str) -> Result<WatchPass, TokenError> {
        let pass = self.seal.open(token)?;
        if pass.app != app.id {
            return Err(TokenError::AppMismatch);
        }
        let lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
        if lives.get(&app.id) != Some(&pass.life) {
            return Err(TokenError::Revoked);
        }
        Ok(pass)
    }

    /// The app is gone: another one of its id is not what was to be watched.
    pub(crate) fn forget(&self, app: &AppId) {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).remove(app);
    }
}
