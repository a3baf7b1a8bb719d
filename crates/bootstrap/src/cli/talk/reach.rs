//! How a command comes into a running server.

use std::{sync::Arc, time::Duration};

use adapters_jwt::JwtTokenIssuer;
use adapters_memory::SystemClock;
use application::ports::{Clock, TokenIssuer, TokenRequest};
use client::{Client, Options, TokenError, TokenSource};
use domain::{Action, App, AppId, ChannelName, ClientId, Grant, GrantPattern};

use super::{NotDone, ReachArgs};

use crate::{
    cli::own_address,
    cli::token,
    settings::{Loaded, Refused},
};

/// So long the first connection may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a made token holds; the client asks for the next one in time.
const LIFE: Duration = Duration::from_secs(3600);

/// The way in.
pub(super) struct Way {
    options: Options,
    tokens: TokenSource,
}

impl Way {
    /// To the server, as somebody who may do this in the channel.
    pub(super) fn new(
        args: &ReachArgs,
        loaded: &Loaded,
        channel: &str,
        actions: &[Action],
    ) -> Result<Self, Refused> {
        let mistake = |what: &str, text: &str, error: &dyn std::fmt::Display| {
            Refused::new(format!("{what} {text}: {error}"))
        };
        let name = ChannelName::parse(channel);
        name.map_err(|error| mistake("CHANNEL", channel, &error))?;
        let app = AppId::parse(&args.app).map_err(|error| mistake("--app", &args.app, &error))?;
        let url = match &args.url {
            Some(url) => url.clone(),
            None => own_address::for_clients(&loaded.settings, "ws")? + "/ws",
        };
        let tokens = match &args.token {
            Some(token) => TokenSource::fixed(token.clone()),
            None => {
                let client = ClientId::parse(&args.client);
                let client = client.map_err(|error| mistake("--client", &args.client, &error))?;
                let pattern = GrantPattern::parse(channel);
                let pattern = pattern.map_err(|error| mistake("CHANNEL", channel, &error))?;
                let grant = Grant { pattern, actions: actions.iter().copied().collect() };
                made(token::app(&args.app, loaded)?, client, grant)?
            }
        };
        Ok(Self { options: Options::new(url, app), tokens })
    }

    /// Comes in.
    pub(super) async fn enter(self) -> Result<Client, NotDone> {
        let url = self.options.url.clone();
        let client = Client::start(self.options, self.tokens);
        match tokio::time::timeout(PATIENCE, client.online()).await {
            Ok(Ok(())) => Ok(client),
            Ok(Err(why)) => Err(NotDone::Stopped(why)),
            Err(_) => Err(NotDone::NoAnswer { url }),
        }
    }
}

/// Makes tokens with the app's secret, the first one at once: an app that has none is a mistake of
/// the command line.
fn made(app: App, client: ClientId, grant: Grant) -> Result<TokenSource, Refused> {
    let clock = Arc::new(SystemClock::new());
    let issuer = JwtTokenIssuer::new(clock.clone());
    let make = move || {
        let request = TokenRequest {
            client: client.clone(),
            expires_at: clock.now().after(LIFE),
            caps: Some(vec![grant.clone()]),
            channels: Vec::new(),
            info: None,
            api: Vec::new(),
        };
        issuer.issue(&app, &request).map_err(|error| format!("{error}; give one with --token"))
    };
    make().map_err(|error| Refused::new(format!("no token can be made: {error}")))?;
    Ok(TokenSource::new(move || std::future::ready(make().map_err(TokenError::Denied))))
}
