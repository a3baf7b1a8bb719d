//! A token to watch a channel, for who is no client of the app.

use application::{IssuedWatch, Refusal};
use aws_lc_rs::digest;
use domain::{ApiKeyHash, App, ClientId, ErrorCode};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    call::Call,
    endpoint::{Work, data},
};

/// Where such a token is shown.
const PATH: &str = "/ws";
/// Bytes of the digest that name who watches.
const NAME: usize = 8;

#[derive(Serialize)]
struct Issued<'a> {
    token: &'a str,
    app_id: &'a str,
    client_id: &'a str,
    expires_at: u64,
    path: &'static str,
}

/// Who watches, as the app's other clients are named: the same for the same session or key, so that
/// a connection goes on with its next token; nothing can be learned from it.
fn watcher(app: &App, shown: &ApiKeyHash) -> Result<ClientId, Refusal> {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [&b"watch"[..], shown.as_bytes(), app.id.as_str().as_bytes()] {
        context.update(part);
    }
    let digest = context.finish();
    let name = digest.as_ref().iter().take(NAME).map(|byte| format!("{byte:02x}"));
    let name = format!("watch-{}", name.collect::<String>());
    ClientId::parse(&name).map_err(|_| Refusal::plain(ErrorCode::Internal))
}

/// `POST channels/{channel}/watch`
pub(super) fn watch(call: Call) -> Work {
    Box::pin(async move {
        let channel = call.channel()?;
        let client = watcher(&call.app, &call.shown)?;
        let IssuedWatch { token, pass } = call.backend.watch(&call.app, channel, client)?;
        data(&Issued {
            token: token.expose_secret(),
            app_id: pass.app.as_str(),
            client_id: pass.client.as_str(),
            expires_at: pass.expires_at.as_millis(),
            path: PATH,
        })
    })
}

pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["token", "app_id", "client_id", "expires_at", "path"],
        "properties": {
            "token": { "type": "string", "description": "To be shown in auth, as an app's token is." },
            "app_id": { "type": "string" },
            "client_id": { "type": "string", "description": "Who watches: the same for the same session or key." },
            "expires_at": { "type": "integer", "description": "Unix milliseconds." },
            "path": { "type": "string", "description": "Where to connect, at this address." }
        }
    })
}
