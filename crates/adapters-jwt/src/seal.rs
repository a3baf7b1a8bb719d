//! Tokens of passes to watch: a text and its HMAC, by a secret of this process.

use std::sync::Arc;

use application::ports::{Clock, TokenError, WatchSeal};
use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{AppId, ChannelName, ClientId, Epoch, Timestamp, WatchPass};
use secrecy::{ExposeSecret, SecretString};

/// The longest token that is read, in bytes.
const LIMIT: usize = 1024;

/// What is sealed with it is opened by it alone: the secret is one process's, and no app's. It is
/// no JWT, for nobody else has to read it.
pub struct HmacSeal {
    key: hmac::Key,
    clock: Arc<dyn Clock>,
}

impl HmacSeal {
    /// With a secret of 256 random bits; the clock says what has expired.
    #[must_use]
    pub fn new(secret: &SecretString, clock: Arc<dyn Clock>) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        Self { key, clock }
    }
}

const FORGED: TokenError = TokenError::SignatureInvalid { why: "this server did not seal it" };

impl WatchSeal for HmacSeal {
    fn seal(&self, pass: &WatchPass) -> SecretString {
        let body = BASE64_URL_SAFE_NO_PAD.encode(written(pass));
        let tag = hmac::sign(&self.key, body.as_bytes());
        let tag = BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref());
        format!("{}{body}.{tag}", WatchPass::MARK).into()
    }

    fn open(&self, token: &str) -> Result<WatchPass, TokenError> {
        let parts = token.strip_prefix(WatchPass::MARK).filter(|_| token.len() <= LIMIT);
        let (body, tag) = parts.and_then(|parts| parts.split_once('.')).ok_or(FORGED)?;
        let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).map_err(|_| FORGED)?;
        // In constant time, and before anything in it is looked at.
        hmac::verify(&self.key, body.as_bytes(), &tag).map_err(|_| FORGED)?;
        let text = BASE64_URL_SAFE_NO_PAD.decode(body).map_err(|_| FORGED)?;
        let pass = std::str::from_utf8(&text).ok().and_then(read).ok_or(FORGED)?;
        if pass.expires_at <= self.clock.now() { Err(TokenError::Expired) } else { Ok(pass) }
    }
}

/// A line for each field: none of them has a line's end in it.
fn written(pass: &WatchPass) -> String {
    let WatchPass { app, life, channel, client, id, issued_at, expires_at } = pass;
    let (issued, expires) = (issued_at.as_millis(), expires_at.as_millis());
    format!("{app}\n{life}\n{channel}\n{client}\n{id}\n{issued}\n{expires}")
}

fn read(text: &str) -> Option<WatchPass> {
    let mut lines = text.split('\n');
    let pass = WatchPass {
        app: AppId::parse(lines.next()?).ok()?,
        life: Epoch::parse(lines.next()?)?,
        channel: ChannelName::parse(lines.next()?).ok()?,
        client: ClientId::parse(lines.next()?).ok()?,
        id: lines.next()?.into(),
        issued_at: Timestamp::from_millis(lines.next()?.parse().ok()?),
        expires_at: Timestamp::from_millis(lines.next()?.parse().ok()?),
    };
    lines.next().is_none().then_some(pass)
}
