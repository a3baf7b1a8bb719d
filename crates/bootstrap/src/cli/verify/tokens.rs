//! Tokens of the clients.

use std::{path::PathBuf, sync::Arc, time::Duration};

use adapters_jwt::JwtTokenIssuer;
use adapters_memory::SystemClock;
use application::ports::{Clock, TokenIssuer, TokenRequest};
use client::{TokenError, TokenSource};
use domain::{
    Action, Actions, App, AppId, ClientId, Grant, GrantPattern, JwtAlgorithm, JwtKey, KeyMaterial,
    Scope,
};
use secrecy::SecretString;

use super::args::VerifyArgs;
use crate::settings::{Refused, Surroundings};

/// Short, so that a trial sees refreshes: the server asks for one at three quarters, which is less
/// than a connection may last. It goes on for 25 s after the end, so that no refresh comes too late.
const LIFE: Duration = Duration::from_secs(3);

/// A backend's token is made for each request.
const BACKEND_LIFE: Duration = Duration::from_secs(60);

/// Where tokens come from.
#[derive(Clone)]
pub(super) enum Tokens {
    /// Made with the app's secret.
    Made { app: Box<App>, grant: Grant },
    /// Given.
    File(PathBuf),
}

impl Tokens {
    pub(super) fn new(
        args: &VerifyArgs,
        app: &AppId,
        around: &Surroundings,
    ) -> Result<Self, Refused> {
        if let Some(file) = &args.token_file {
            return Ok(Self::File(around.resolve(file)));
        }
        let secret = match &args.secret_env {
            Some(name) => {
                let value = around.variable(name).and_then(|value| value.to_str());
                let missing = || Refused::new(format!("--secret-env {name}: no such variable"));
                value.ok_or_else(missing)?.to_owned()
            }
            None if args.spawn => {
                crate::random::hex_256().map_err(|error| Refused::new(error.to_string()))?
            }
            None => {
                return Err(Refused::new("--url needs --secret-env or --token-file"));
            }
        };
        Self::made(app, &args.prefix, secret.into())
    }

    fn made(app: &AppId, prefix: &str, secret: SecretString) -> Result<Self, Refused> {
        let pattern = GrantPattern::parse(&format!("{prefix}*"))
            .map_err(|error| Refused::new(format!("--prefix {prefix}: {error}")))?;
        let key = JwtKey {
            kid: None,
            algorithm: JwtAlgorithm::Hs256,
            material: KeyMaterial::Secret(secret),
            issuer: None,
            audience: None,
            client_claim: "client_id".into(),
        };
        let actions: Actions = [Action::Subscribe, Action::Send, Action::History, Action::Presence]
            .into_iter()
            .collect();
        let app = App { jwt_keys: vec![key], ..App::new(app.clone()) };
        Ok(Self::Made { app: Box::new(app), grant: Grant { pattern, actions } })
    }

    /// The same for another app with the same secret, whose clients may do the same everywhere.
    pub(super) fn of_app(&self, id: &AppId) -> Self {
        let Self::Made { app, grant } = self else { return self.clone() };
        let app = Box::new(App { id: id.clone(), ..(**app).clone() });
        let pattern = GrantPattern::parse("*").unwrap_or_else(|_| grant.pattern.clone());
        Self::Made { app, grant: Grant { pattern, actions: grant.actions } }
    }

    /// A token of the app's backend, which may read and manage by the server API.
    pub(super) fn of_backend(&self) -> Option<String> {
        let Self::Made { app, .. } = self else { return None };
        let clock = Arc::new(SystemClock::new());
        let request = TokenRequest {
            client: ClientId::parse("backend").ok()?,
            expires_at: clock.now().after(BACKEND_LIFE),
            caps: Some(Vec::new()),
            channels: Vec::new(),
            info: None,
            api: vec![Scope::Read, Scope::Manage],
        };
        JwtTokenIssuer::new(clock).issue(app, &request).ok()
    }

    /// The secret that tokens are made with.
    pub(super) fn secret(&self) -> Option<&SecretString> {
        let Self::Made { app, .. } = self else { return None };
        app.jwt_keys.iter().find_map(|key| match &key.material {
            KeyMaterial::Secret(secret) => Some(secret),
            KeyMaterial::PublicKey(_) | KeyMaterial::JwksUrl(_) => None,
        })
    }

    /// Tokens of one client.
    pub(super) fn source(&self, client: &str) -> TokenSource {
        match self {
            Self::Made { app, grant } => made(app.clone(), grant.clone(), client.to_owned()),
            Self::File(file) => {
                let file = file.clone();
                TokenSource::new(move || {
                    let text = std::fs::read_to_string(&file);
                    async move {
                        let text = text.map_err(|error| TokenError::Retry(error.to_string()))?;
                        Ok(text.trim().to_owned())
                    }
                })
            }
        }
    }
}

fn made(app: Box<App>, grant: Grant, client: String) -> TokenSource {
    let clock = Arc::new(SystemClock::new());
    let issuer = JwtTokenIssuer::new(clock.clone());
    TokenSource::new(move || {
        let denied = |error: String| TokenError::Denied(error);
        let token = ClientId::parse(&client).map_err(|error| denied(error.to_string())).and_then(
            |client| {
                let request = TokenRequest {
                    client,
                    expires_at: clock.now().after(LIFE),
                    caps: Some(vec![grant.clone()]),
                    channels: Vec::new(),
                    info: None,
                    api: Vec::new(),
                };
                issuer.issue(&app, &request).map_err(|error| denied(error.to_string()))
            },
        );
        std::future::ready(token)
    })
}
