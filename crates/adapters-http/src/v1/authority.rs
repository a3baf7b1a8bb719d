//! Who asks, and whether it may.

use std::sync::Arc;

use application::Refusal;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{ApiKey, ApiKeyHash, App, AppId, AppStatus, ErrorCode, Peer, Scope, TraceId};
use http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

use super::{
    failures::Noted,
    keys::{find, hash_of_key},
    serve::ServerApi,
};

/// The longest key or token that is looked at, in bytes.
const KEY_BYTES: usize = 8192;

/// What a request shows.
pub(crate) struct Shown {
    /// The app that a page's login names; API requests name it in their address.
    pub(super) app: Option<String>,
    key: SecretString,
}

impl Shown {
    /// Whether it has the form of a token: three parts. No key that this server makes has dots.
    fn is_token(&self) -> bool {
        self.reveal().bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// The key or token itself.
    pub(super) fn reveal(&self) -> &str {
        self.key.expose_secret()
    }
}

/// `Authorization: Bearer KEY`, once.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Shown> {
    let key = authorization(headers, "Bearer")?;
    Some(Shown { app: None, key: key.into() })
}

/// The same, or as browsers ask for it: `Basic`, with the app's id as the name and the key as the
/// password.
pub(super) fn bearer_or_basic(headers: &HeaderMap) -> Option<Shown> {
    if let Some(shown) = bearer(headers) {
        return Some(shown);
    }
    let text = STANDARD.decode(authorization(headers, "Basic")?).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (app, key) = text.split_once(':')?;
    Some(Shown { app: Some(app.to_owned()), key: key.to_owned().into() })
}

fn authorization<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, value) = value.to_str().ok()?.split_once(' ')?;
    let fits = scheme.eq_ignore_ascii_case(wanted) && value.len() <= KEY_BYTES;
    fits.then(|| value.trim())
}

/// What is shown is good for something: a key that counts now, or a session of one.
pub(super) struct Good {
    key: ApiKey,
    is_operator: bool,
    viewer: bool,
}

impl Good {
    /// The key's name, for people.
    pub(super) fn name(&self) -> &str {
        &self.key.name
    }

    /// Whether the key is good for all apps.
    pub(super) const fn is_operator(&self) -> bool {
        self.is_operator
    }

    /// The same, for a viewer only to read.
    pub(super) fn narrowed(self, viewer: bool) -> Self {
        Self { viewer: self.viewer || viewer, ..self }
    }

    fn allows(&self, scope: Scope) -> bool {
        self.key.scopes.contains(&scope) && (!self.viewer || scope == Scope::Read)
    }

    /// The names of what it may do.
    pub(super) fn scopes(&self) -> Vec<&'static str> {
        let allowed = Scope::ALL.into_iter().filter(|scope| self.allows(*scope));
        allowed.map(Scope::name).collect()
    }

    /// Refuses what it may not do.
    pub(super) fn need(&self, scope: Scope) -> Result<(), Refusal> {
        if self.allows(scope) {
            return Ok(());
        }
        let what = if self.viewer { "a viewer's session" } else { "the key" };
        let detail = format!("{what} lacks the scope {}", scope.name());
        Err(Refusal::because(ErrorCode::PermissionDenied, detail))
    }
}

impl ServerApi {
    /// The app that a request is about, if its key speaks for it.
    pub(super) async fn admit(
        &self,
        peer: &Peer,
        shown: Option<&Shown>,
        app: &str,
        scope: Scope,
        trace: Option<&TraceId>,
    ) -> Result<Arc<App>, Refusal> {
        let Some(shown) = shown else {
            return Err(self.refuse(peer, ErrorCode::Unauthenticated, trace));
        };
        let app = self.find(app).await?;
        if shown.is_token() {
            return self.admit_token(peer, shown, app, scope, trace).await;
        }
        let Some(good) = self.good_for(peer, shown, app.as_deref()) else {
            return Err(self.refuse(peer, ErrorCode::InvalidToken, trace));
        };
        let Some(app) = &app else {
            // Only operators come here: whoever has no key learns of no app.
            return Err(Refusal::because(ErrorCode::NotFound, "no such app"));
        };
        serves(app, peer)?;
        good.need(scope)?;
        Ok(Arc::clone(app))
    }

    /// The same for a token that the app signed. Its signature may be dear to verify, so who has
    /// shown too much that was refused has to wait first.
    async fn admit_token(
        &self,
        peer: &Peer,
        shown: &Shown,
        app: Option<Arc<App>>,
        scope: Scope,
        trace: Option<&TraceId>,
    ) -> Result<Arc<App>, Refusal> {
        if let Some(wait) = self.failures.is_out(peer.address) {
            return Err(Refusal::later(ErrorCode::RateLimited, wait));
        }
        let Some(app) = app else { return Err(self.refuse(peer, ErrorCode::InvalidToken, trace)) };
        let scopes = match self.backend.scopes(&app, shown.reveal()).await {
            Ok(scopes) => scopes,
            Err(refusal) if refusal.code == ErrorCode::Unavailable => return Err(refusal),
            Err(refusal) => return Err(self.refuse(peer, of_token(refusal.code), trace)),
        };
        serves(&app, peer)?;
        if !scopes.contains(&scope) {
            let detail = format!("the token's claim api lacks {}", scope.name());
            return Err(Refusal::because(ErrorCode::PermissionDenied, detail));
        }
        Ok(app)
    }

    /// Whether a request about no app may be answered: operators alone may ask such.
    pub(crate) fn admit_operator(
        &self,
        peer: &Peer,
        shown: Option<&Shown>,
        scope: Scope,
        trace: Option<&TraceId>,
    ) -> Result<(), Refusal> {
        let Some(shown) = shown else {
            return Err(self.refuse(peer, ErrorCode::Unauthenticated, trace));
        };
        match self.good_for_all(peer, shown) {
            Some(good) => good.need(scope),
            None => Err(self.refuse(peer, ErrorCode::InvalidToken, trace)),
        }
    }

    /// What is shown is good for this app: a key of it, an operator's, or a session of one of these.
    /// Where there is no such app only operators' keys are.
    pub(super) fn good_for(&self, peer: &Peer, shown: &Shown, app: Option<&App>) -> Option<Good> {
        let shown = hash_of_key(shown.reveal());
        let Some(session) = self.sessions.find(&shown) else {
            return self.key_for(peer, &shown, app);
        };
        let good = match &session.app {
            None => self.operator_key(peer, &session.key),
            Some(id) if app.is_some_and(|app| app.id == *id) => {
                self.key_for(peer, &session.key, app)
            }
            Some(_) => None,
        };
        good.map(|good| good.narrowed(session.viewer))
    }

    /// What is shown is good for all apps: an operator's key, or a session of one that is not for
    /// one app alone.
    pub(super) fn good_for_all(&self, peer: &Peer, shown: &Shown) -> Option<Good> {
        let shown = hash_of_key(shown.reveal());
        let Some(session) = self.sessions.find(&shown) else {
            return self.operator_key(peer, &shown);
        };
        let good = self.operator_key(peer, &session.key).filter(|_| session.app.is_none());
        good.map(|good| good.narrowed(session.viewer))
    }

    fn key_for(&self, peer: &Peer, hash: &ApiKeyHash, app: Option<&App>) -> Option<Good> {
        let own = app.and_then(|app| find(&app.api_keys, hash)).cloned();
        let own = own.map(|key| Good { key, is_operator: false, viewer: false });
        own.or_else(|| self.operator_key(peer, hash))
    }

    /// The demo app's key is an operator's for this same machine.
    fn operator_key(&self, peer: &Peer, hash: &ApiKeyHash) -> Option<Good> {
        let local = find(self.local_operator.as_slice(), hash);
        let local = local.filter(|_| peer.is_same_machine());
        let key = find(&self.operator_keys, hash).or(local)?.clone();
        Some(Good { key, is_operator: true, viewer: false })
    }

    /// The app of this name, where it names one.
    pub(super) async fn find(&self, app: &str) -> Result<Option<Arc<App>>, Refusal> {
        let Ok(id) = AppId::parse(app) else { return Ok(None) };
        self.registry.find(&id).await.map_err(|error| {
            tracing::warn!(target: "rtmate", %error, "the server API can't look up apps");
            Refusal::later(ErrorCode::Unavailable, std::time::Duration::from_secs(1))
        })
    }

    /// No key, or none that is known.
    pub(super) fn refuse(&self, peer: &Peer, code: ErrorCode, trace: Option<&TraceId>) -> Refusal {
        let Noted { wait, tell } = self.failures.note(peer.address);
        if let Some(suppressed) = tell {
            let (address, reason) = (peer.address, code.reason());
            let trace_id = trace.map(TraceId::as_str);
            tracing::warn!(target: "rtmate", %address, reason, suppressed, trace_id, "key refused");
        }
        match wait {
            Some(wait) => Refusal::later(ErrorCode::RateLimited, wait),
            None if code == ErrorCode::Unauthenticated => {
                Refusal::because(code, "show a key: Authorization: Bearer KEY")
            }
            None if code == ErrorCode::InvalidToken => {
                Refusal::because(code, "no key or token that is known here")
            }
            None => Refusal::plain(code),
        }
    }
}

/// What is told of a token that was refused: not what only matters to connections.
fn of_token(code: ErrorCode) -> ErrorCode {
    let told = [
        ErrorCode::SignatureInvalid,
        ErrorCode::TokenExpired,
        ErrorCode::TokenRevoked,
        ErrorCode::AuthMismatch,
    ];
    if told.contains(&code) { code } else { ErrorCode::InvalidToken }
}

/// Whether the app answers backends from there. Only who speaks for the app is told.
pub(super) fn serves(app: &App, peer: &Peer) -> Result<(), Refusal> {
    if app.demo && !peer.is_same_machine() {
        let detail = "the demo app answers this same machine only";
        return Err(Refusal::because(ErrorCode::OriginDenied, detail));
    }
    match app.status {
        AppStatus::Active => Ok(()),
        AppStatus::Disabled => Err(Refusal::plain(ErrorCode::AppDisabled)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| (header::AUTHORIZATION, value.parse().unwrap()));
        values.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        })
    }

    fn key(shown: Option<Shown>) -> Option<String> {
        shown.map(|shown| shown.reveal().to_owned())
    }

    #[test]
    fn one_bearer_is_a_key_and_nothing_else_is() {
        assert_eq!(key(bearer(&headers(&["Bearer abc"]))).as_deref(), Some("abc"));
        assert_eq!(key(bearer(&headers(&["bearer abc"]))).as_deref(), Some("abc"));
        for bad in [&[][..], &["Bearer a", "Bearer b"], &["abc"], &["Basic c2hvcDprZXk="]] {
            assert!(bearer(&headers(bad)).is_none(), "{bad:?}");
        }
        assert!(bearer(&headers(&[&format!("Bearer {}", "x".repeat(9000))])).is_none());
    }

    #[test]
    fn a_browser_shows_the_app_as_its_name() {
        let shown = bearer_or_basic(&headers(&["Basic c2hvcDprZXk="])).unwrap();
        assert_eq!(shown.app.as_deref(), Some("shop"));
        assert_eq!(key(Some(shown)).as_deref(), Some("key"));
        assert!(bearer_or_basic(&headers(&["Basic %%%"])).is_none());
    }
}
