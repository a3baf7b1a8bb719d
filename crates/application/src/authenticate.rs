//! The use case: who is this? `watcher` is who shows a pass of the server's own.

mod watcher;

use std::{fmt, sync::Arc, time::Duration};

use domain::{
    App, AppId, AppStatus, Claims, Client, CloseReason, ConnectionId, ErrorCode, Peer, TokenMark,
    WatchPass,
};

use crate::{
    Refusal,
    causes::Causes,
    ports::{AppRegistry, Cause, RegistryError, Revocations, TokenError, TokenVerifier},
    watches::Watches,
};

/// Decides whether a token admits its holder to an app.
pub(crate) struct Authenticate {
    registry: Arc<dyn AppRegistry>,
    verifier: Arc<dyn TokenVerifier>,
    revocations: Arc<dyn Revocations>,
    watches: Arc<Watches>,
}

/// What is known of a connection when it asks.
pub(crate) struct Asking<'a> {
    pub(crate) connection: ConnectionId,
    pub(crate) peer: &'a Peer,
    /// The app that the connection's address named (`?app=ID`).
    pub(crate) hinted: Option<&'a AppId>,
    pub(crate) app: Option<&'a AppId>,
    pub(crate) token: &'a str,
}

/// Why an `auth` was refused: what the client is told follows from it, the rest is for the log.
#[derive(Debug)]
pub(crate) enum NotAuthenticated {
    UnknownApp,
    DisabledApp,
    HintedOtherApp,
    /// The demo app answers this same machine only.
    NotThisMachine,
    /// The app's origin rules.
    Origin,
    Token(TokenError),
    /// More channels in the token than the app's connections may have.
    TooManyChannels,
    Registry(Cause),
    /// A refresh for another client or app.
    OtherClient,
}

impl NotAuthenticated {
    pub(crate) fn refusal(&self) -> Refusal {
        match self {
            Self::UnknownApp => Refusal::plain(ErrorCode::AppNotFound),
            Self::DisabledApp => Refusal::plain(ErrorCode::AppDisabled),
            Self::HintedOtherApp | Self::OtherClient => Refusal::plain(ErrorCode::AuthMismatch),
            Self::NotThisMachine => Refusal::because(
                ErrorCode::OriginDenied,
                "the demo app answers only this same machine; configure an app of your own",
            ),
            Self::Origin => Refusal::plain(ErrorCode::OriginDenied),
            Self::TooManyChannels => Refusal::plain(ErrorCode::TooManyChannels),
            Self::Registry(_) => Refusal::later(ErrorCode::Unavailable, Duration::from_secs(1)),
            Self::Token(error) => match error {
                TokenError::Invalid { .. } => Refusal::plain(ErrorCode::InvalidToken),
                TokenError::Expired => Refusal::plain(ErrorCode::TokenExpired),
                TokenError::SignatureInvalid { .. } => Refusal::plain(ErrorCode::SignatureInvalid),
                TokenError::AppMismatch => Refusal::plain(ErrorCode::AuthMismatch),
                TokenError::Revoked => Refusal::plain(ErrorCode::TokenRevoked),
                TokenError::Busy { retry_after }
                | TokenError::Unavailable { retry_after, cause: _ } => {
                    Refusal::later(ErrorCode::Unavailable, *retry_after)
                }
            },
        }
    }
}

impl NotAuthenticated {
    /// What a connection is closed with that comes in without a token.
    pub(crate) fn close_reason(&self) -> CloseReason {
        match self {
            Self::UnknownApp => CloseReason::UnknownApp,
            Self::DisabledApp => CloseReason::DisabledApp,
            Self::NotThisMachine | Self::Origin => CloseReason::OriginDenied,
            Self::Registry(_) => CloseReason::InternalError,
            Self::HintedOtherApp | Self::OtherClient | Self::TooManyChannels | Self::Token(_) => {
                CloseReason::NotAuthenticated
            }
        }
    }
}

impl fmt::Display for NotAuthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownApp => f.write_str("no app has this id"),
            Self::DisabledApp => f.write_str("the app is disabled"),
            Self::HintedOtherApp => f.write_str("the address named another app"),
            Self::NotThisMachine => f.write_str("the demo app answers this same machine only"),
            Self::Origin => {
                f.write_str("the app's origins do not name this one, or it requires one")
            }
            Self::TooManyChannels => f.write_str("the token names too many channels"),
            Self::OtherClient => f.write_str("a refresh for another client or app"),
            Self::Token(error) => Causes(error).fmt(f),
            Self::Registry(cause) => Causes(&**cause).fmt(f),
        }
    }
}

impl Authenticate {
    pub(crate) fn new(
        registry: Arc<dyn AppRegistry>,
        verifier: Arc<dyn TokenVerifier>,
        revocations: Arc<dyn Revocations>,
        watches: Arc<Watches>,
    ) -> Self {
        Self { registry, verifier, revocations, watches }
    }

    /// The client that the token admits.
    pub(crate) async fn decide(&self, asking: Asking<'_>) -> Result<Client, NotAuthenticated> {
        if WatchPass::is_marked(asking.token) {
            // Boxed: few watch, and every connection would have the room for it.
            return Box::pin(self.watcher(asking)).await;
        }
        let app = self.app(&asking).await?;
        let claims = self.claims(&app, asking.token).await?;
        Ok(Client::admit(app, asking.connection, claims))
    }

    /// The same for a client that is authenticated already: only the same client of the same app.
    pub(crate) async fn renew(
        &self,
        asking: Asking<'_>,
        present: &Client,
    ) -> Result<Client, NotAuthenticated> {
        if asking.app != Some(&present.app.id) {
            return Err(NotAuthenticated::OtherClient);
        }
        let client = self.decide(asking).await?;
        let same = client.id == present.id && client.is_watcher() == present.is_watcher();
        if same { Ok(client) } else { Err(NotAuthenticated::OtherClient) }
    }

    async fn app(&self, asking: &Asking<'_>) -> Result<Arc<App>, NotAuthenticated> {
        self.screen(named(asking)?, asking.peer).await
    }

    /// The same before anything is shown: a page of the server's own may come to watch.
    pub(crate) async fn screen_upgrade(
        &self,
        id: &AppId,
        peer: &Peer,
    ) -> Result<Arc<App>, NotAuthenticated> {
        let found = self.registry.find(id).await;
        if peer.is_own_page() { reached(found, peer) } else { served(found, peer) }
    }

    /// The app, if it answers this peer at all.
    pub(crate) async fn screen(
        &self,
        id: &AppId,
        peer: &Peer,
    ) -> Result<Arc<App>, NotAuthenticated> {
        served(self.registry.find(id).await, peer)
    }

    /// The app with this key of the Pusher protocol, if it answers this peer at all.
    pub(crate) async fn screen_guest(
        &self,
        key: &str,
        peer: &Peer,
    ) -> Result<Arc<App>, NotAuthenticated> {
        served(self.registry.find_by_pusher_key(key).await, peer)
    }

    /// The same for the app's own backend, which is no web page: rules for origins are not for it.
    pub(crate) async fn screen_backend(
        &self,
        key: &str,
        peer: &Peer,
    ) -> Result<Arc<App>, NotAuthenticated> {
        reached(self.registry.find_by_pusher_key(key).await, peer)
    }

    pub(crate) async fn claims(
        &self,
        app: &Arc<App>,
        token: &str,
    ) -> Result<Claims, NotAuthenticated> {
        let claims = self.verifier.verify(app, token).await.map_err(NotAuthenticated::Token)?;
        if self.revocations.is_revoked(&app.id, &claims.client, &TokenMark::of(&claims)) {
            return Err(NotAuthenticated::Token(TokenError::Revoked));
        }
        let channels = u32::try_from(claims.channels.len()).unwrap_or(u32::MAX);
        if channels > app.limits.channels_per_connection {
            return Err(NotAuthenticated::TooManyChannels);
        }
        Ok(claims)
    }
}

/// The app that is asked for, unless the address named another one.
fn named<'a>(asking: &Asking<'a>) -> Result<&'a AppId, NotAuthenticated> {
    let id = asking.app.ok_or(NotAuthenticated::UnknownApp)?;
    if asking.hinted.is_some_and(|hinted| hinted != id) {
        return Err(NotAuthenticated::HintedOtherApp);
    }
    Ok(id)
}

/// The app that was found, if it answers this peer and its page.
fn served(
    found: Result<Option<Arc<App>>, RegistryError>,
    peer: &Peer,
) -> Result<Arc<App>, NotAuthenticated> {
    let app = reached(found, peer)?;
    if !app.origins.allows(peer.origin.as_deref()) {
        return Err(NotAuthenticated::Origin);
    }
    Ok(app)
}

/// The app that was found, if it answers this peer, whatever page it is.
fn reached(
    found: Result<Option<Arc<App>>, RegistryError>,
    peer: &Peer,
) -> Result<Arc<App>, NotAuthenticated> {
    let found = found.map_err(|error| NotAuthenticated::Registry(Box::new(error)))?;
    let app = found.ok_or(NotAuthenticated::UnknownApp)?;
    if app.status == AppStatus::Disabled {
        return Err(NotAuthenticated::DisabledApp);
    }
    if app.demo && !peer.is_same_machine() {
        return Err(NotAuthenticated::NotThisMachine);
    }
    Ok(app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{MockAppRegistry, MockRevocations, MockTokenVerifier, NoSeal};
    use domain::{ClientId, OriginPolicy, OriginRule, Timestamp};

    fn peer() -> Peer {
        Peer {
            address: "127.0.0.1".parse().unwrap(),
            host: Some("localhost:3000".into()),
            origin: None,
            forwarded: false,
            server_port: 3000,
        }
    }

    fn claims(client: &str) -> Claims {
        Claims {
            client: ClientId::parse(client).unwrap(),
            expires_at: Timestamp::from_secs(1000),
            issued_at: None,
            token_id: None,
            caps: None,
            channels: Vec::new(),
            info: None,
            api: Vec::new(),
        }
    }

    fn app(change: impl FnOnce(&mut App)) -> App {
        let mut app = App::new(AppId::parse("shop").unwrap());
        change(&mut app);
        app
    }

    async fn decide(
        app: Option<App>,
        peer: &Peer,
        verifier: MockTokenVerifier,
    ) -> Result<Client, NotAuthenticated> {
        let mut registry = MockAppRegistry::new();
        let app = app.map(Arc::new);
        registry.expect_find().returning(move |_| Ok(app.clone()));
        let authenticate = of(registry, verifier);
        let id = AppId::parse("shop").unwrap();
        let connection = ConnectionId::from_random(1);
        let asking = Asking { connection, peer, hinted: None, app: Some(&id), token: "t" };
        authenticate.decide(asking).await
    }

    /// Nothing is revoked.
    fn nothing() -> Arc<dyn Revocations> {
        let mut revocations = MockRevocations::new();
        revocations.expect_is_revoked().return_const(false);
        Arc::new(revocations)
    }

    fn of(registry: MockAppRegistry, verifier: MockTokenVerifier) -> Authenticate {
        let watches = Arc::new(Watches::new(Arc::new(NoSeal)));
        Authenticate::new(Arc::new(registry), Arc::new(verifier), nothing(), watches)
    }

    /// A verifier that must not be asked at all.
    fn never() -> MockTokenVerifier {
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().never();
        verifier
    }

    fn refused(result: Result<Client, NotAuthenticated>) -> ErrorCode {
        result.map(|client| client.id).unwrap_err().refusal().code
    }

    #[tokio::test]
    async fn a_good_token_admits_its_client() {
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().once().returning(|_, _| Ok(claims("alice")));
        let client = decide(Some(app(|_| ())), &peer(), verifier).await.unwrap();
        assert_eq!(client.id.as_str(), "alice");
    }

    #[tokio::test]
    async fn no_signature_is_checked_for_who_may_not_ask() {
        assert_eq!(refused(decide(None, &peer(), never()).await), ErrorCode::AppNotFound);
        let disabled = app(|app| app.status = AppStatus::Disabled);
        assert_eq!(refused(decide(Some(disabled), &peer(), never()).await), ErrorCode::AppDisabled);
        let demo = app(|app| app.demo = true);
        let forwarded = Peer { forwarded: true, ..peer() };
        assert_eq!(refused(decide(Some(demo), &forwarded, never()).await), ErrorCode::OriginDenied);
        let rules = vec![OriginRule::parse("https://a.example").unwrap()];
        let strict = app(|app| app.origins = OriginPolicy { rules, required: true });
        assert_eq!(refused(decide(Some(strict), &peer(), never()).await), ErrorCode::OriginDenied);
    }

    #[tokio::test]
    async fn a_backend_is_no_page_and_yet_not_everybody() {
        let screen = async |app: App, peer: Peer| {
            let mut registry = MockAppRegistry::new();
            let app = Arc::new(app);
            registry.expect_find_by_pusher_key().returning(move |_| Ok(Some(Arc::clone(&app))));
            let authenticate = of(registry, never());
            let screened = authenticate.screen_backend("key", &peer).await;
            screened.map(|_| ()).map_err(|error| error.refusal().code)
        };
        let rules = vec![OriginRule::parse("https://a.example").unwrap()];
        let strict = app(|app| app.origins = OriginPolicy { rules, required: true });
        assert_eq!(screen(strict, peer()).await, Ok(()));
        let disabled = app(|app| app.status = AppStatus::Disabled);
        assert_eq!(screen(disabled, peer()).await, Err(ErrorCode::AppDisabled));
        let demo = app(|app| app.demo = true);
        let forwarded = Peer { forwarded: true, ..peer() };
        assert_eq!(screen(demo, forwarded).await, Err(ErrorCode::OriginDenied));
    }

    #[tokio::test]
    async fn every_fault_of_a_token_has_its_answer() {
        let second = Duration::from_secs(1);
        let cases: Vec<(fn() -> TokenError, ErrorCode)> = vec![
            (|| TokenError::Invalid { why: "x" }, ErrorCode::InvalidToken),
            (|| TokenError::Expired, ErrorCode::TokenExpired),
            (|| TokenError::SignatureInvalid { why: "x" }, ErrorCode::SignatureInvalid),
            (|| TokenError::AppMismatch, ErrorCode::AuthMismatch),
            (|| TokenError::Revoked, ErrorCode::TokenRevoked),
            (|| TokenError::Busy { retry_after: Duration::from_secs(1) }, ErrorCode::Unavailable),
        ];
        for (error, code) in cases {
            let mut verifier = MockTokenVerifier::new();
            verifier.expect_verify().returning(move |_, _| Err(error()));
            assert_eq!(refused(decide(Some(app(|_| ())), &peer(), verifier).await), code);
        }
        let busy = NotAuthenticated::Token(TokenError::Busy { retry_after: second });
        assert_eq!(busy.refusal().retry_after, Some(second));
    }

    #[tokio::test]
    async fn a_registry_that_fails_is_not_an_unknown_app() {
        let mut registry = MockAppRegistry::new();
        registry.expect_find().returning(|_| Err(RegistryError("disk gone".into())));
        let authenticate = of(registry, never());
        let id = AppId::parse("shop").unwrap();
        let (peer, connection) = (peer(), ConnectionId::from_random(1));
        let asking = Asking { connection, peer: &peer, hinted: None, app: Some(&id), token: "t" };
        let error = authenticate.decide(asking).await.unwrap_err();
        assert_eq!(error.refusal().code, ErrorCode::Unavailable);
        assert_eq!(error.to_string(), "the app registry is unavailable: disk gone");
    }
}
