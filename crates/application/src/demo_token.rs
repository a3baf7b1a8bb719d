//! The use case: a token for the demo page of this same machine.

use std::{sync::Arc, time::Duration};

use domain::{Actions, App, AppId, ClientId, Grant, GrantPattern, Peer, Timestamp};

use crate::ports::{
    AppRegistry, Clock, IdSource, IssueError, RegistryError, TokenIssuer, TokenRequest,
};

/// Gives the demo page its token, and knows the demo's rules.
pub struct DemoToken {
    registry: Arc<dyn AppRegistry>,
    issuer: Arc<dyn TokenIssuer>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

/// A token and what it says.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub token: String,
    /// Who.
    pub client: ClientId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum DemoTokenError {
    /// The demo app is off: apps of one's own are configured.
    #[error("the demo app is off")]
    Off,
    /// Asked from elsewhere than this same machine.
    #[error("the demo app answers this same machine only")]
    NotThisMachine,
    /// The registry can't answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The demo app's key can't sign.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl DemoToken {
    /// The demo app's name.
    pub const APP: &'static str = "demo-app";
    /// How long such a token lives.
    pub const LIFE: Duration = Duration::from_secs(15 * 60);

    /// The use case with its ports.
    #[must_use]
    pub fn new(
        registry: Arc<dyn AppRegistry>,
        issuer: Arc<dyn TokenIssuer>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { registry, issuer, clock, ids }
    }

    /// A token for `client`, or for a client with a random name.
    ///
    /// # Errors
    /// See [`DemoTokenError`].
    pub async fn issue(
        &self,
        peer: &Peer,
        client: Option<ClientId>,
    ) -> Result<IssuedToken, DemoTokenError> {
        let app = self.admit(peer).await?;
        let client = self.named(client)?;
        let expires_at = self.clock.now().after(Self::LIFE);
        let request = TokenRequest {
            client: client.clone(),
            expires_at,
            caps: Some(everything()),
            channels: Vec::new(),
            info: None,
            api: Vec::new(),
        };
        let token = self.issuer.issue(&app, &request)?;
        Ok(IssuedToken { token, client, expires_at })
    }

    /// The demo app, for whoever its rules let in: what else is signed with its keys asks here.
    ///
    /// # Errors
    /// `Off`, `NotThisMachine`, `Registry`.
    pub async fn admit(&self, peer: &Peer) -> Result<Arc<App>, DemoTokenError> {
        let app = self.app().await?;
        if peer.is_same_machine() { Ok(app) } else { Err(DemoTokenError::NotThisMachine) }
    }

    /// This client, or one with a random name.
    ///
    /// # Errors
    /// Never, so far as random names are names.
    pub fn named(&self, client: Option<ClientId>) -> Result<ClientId, DemoTokenError> {
        client.map_or_else(|| self.guest(), Ok)
    }

    async fn app(&self) -> Result<Arc<App>, DemoTokenError> {
        let id = AppId::parse(Self::APP).map_err(|_| DemoTokenError::Off)?;
        self.registry.find(&id).await?.filter(|app| app.demo).ok_or(DemoTokenError::Off)
    }

    fn guest(&self) -> Result<ClientId, DemoTokenError> {
        let name = format!("guest-{:06x}", self.ids.below(1 << 24));
        ClientId::parse(&name).map_err(|_| DemoTokenError::Off)
    }
}

/// The page may be in channels of every kind, so that clients of both protocols meet there.
fn everything() -> Vec<Grant> {
    let named = ["private-*", "presence-*"].map(GrantPattern::parse);
    let patterns = named.into_iter().flatten().chain([GrantPattern::everything()]);
    patterns.map(|pattern| Grant { pattern, actions: Actions::all() }).collect()
}

#[cfg(test)]
mod tests {
    // The whole path runs against the real binary; here only who may not ask.
    use super::*;
    use crate::ports::{MockAppRegistry, MockTokenIssuer};
    use domain::{ConnectionId, Epoch, MessageId, Moment, SessionToken};

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(100)
        }
        fn moment(&self) -> Moment {
            Moment::from_millis(0)
        }
    }

    impl IdSource for Fixed {
        fn connection(&self) -> ConnectionId {
            ConnectionId::from_random(1)
        }
        fn session(&self) -> SessionToken {
            SessionToken::from_random(1)
        }
        fn message(&self, _: Timestamp) -> MessageId {
            MessageId::new("m")
        }
        fn epoch(&self) -> Epoch {
            Epoch::from_random(1)
        }
        fn key(&self) -> secrecy::SecretString {
            "key".into()
        }
        fn below(&self, _: u64) -> u64 {
            7
        }
    }

    fn demo_token(app: Option<App>, issuer: MockTokenIssuer) -> DemoToken {
        let mut registry = MockAppRegistry::new();
        let app = app.map(Arc::new);
        registry.expect_find().returning(move |_| Ok(app.clone()));
        DemoToken::new(Arc::new(registry), Arc::new(issuer), Arc::new(Fixed), Arc::new(Fixed))
    }

    fn demo_app() -> App {
        App { demo: true, ..App::new(AppId::parse(DemoToken::APP).unwrap()) }
    }

    fn peer(address: &str) -> Peer {
        Peer {
            address: address.parse().unwrap(),
            host: Some("localhost:3000".into()),
            origin: None,
            forwarded: false,
            server_port: 3000,
        }
    }

    #[tokio::test]
    async fn this_machine_gets_a_token_for_a_quarter_of_an_hour() {
        let mut issuer = MockTokenIssuer::new();
        issuer
            .expect_issue()
            .withf(|_, request| request.expires_at == Timestamp::from_secs(1000))
            .returning(|_, _| Ok("jwt".to_owned()));
        let issued =
            demo_token(Some(demo_app()), issuer).issue(&peer("127.0.0.1"), None).await.unwrap();
        assert_eq!((issued.token.as_str(), issued.client.as_str()), ("jwt", "guest-000007"));
    }

    #[tokio::test]
    async fn nobody_else_gets_one() {
        let mut issuer = MockTokenIssuer::new();
        issuer.expect_issue().never();
        let error = demo_token(Some(demo_app()), issuer).issue(&peer("10.0.0.1"), None).await;
        assert!(matches!(error, Err(DemoTokenError::NotThisMachine)));
        let mut issuer = MockTokenIssuer::new();
        issuer.expect_issue().never();
        let error = demo_token(None, issuer).issue(&peer("127.0.0.1"), None).await;
        assert!(matches!(error, Err(DemoTokenError::Off)));
    }
}
