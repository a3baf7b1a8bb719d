//! One request to a receiver.

use std::{sync::Arc, time::Duration};

use application::ports::{Cause, Clock, Outgoing, POST_TIMEOUT, Parcel, PostError, WebhookPost};
use async_trait::async_trait;
use domain::{App, Webhook, WebhookFormat};
use protocol_pusher::signature;
use reqwest::{
    Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::ExposeSecret;

use crate::{body, client::Guarded, guard::Guard, pusher_body, retry_after, signature as standard};

/// Bytes of an answer's body that are read, so that its connection can be used again; and how long
/// that may take. With more it is closed.
const ANSWER_BYTES: usize = 4096;
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// Sends requests to receivers, each signed in the words of its format.
pub struct HttpPost {
    clock: Arc<dyn Clock>,
    timeout: Duration,
    public: Guarded,
    private: Guarded,
}

/// What can't be sent at all.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("the app has no Pusher key to sign with")]
    NoPusherKey,
    #[error("the endpoint's options can't be sent")]
    Malformed,
}

impl HttpPost {
    /// Makes no request yet.
    #[must_use]
    pub const fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            timeout: POST_TIMEOUT,
            public: Guarded::new(Guard { private: false }),
            private: Guarded::new(Guard { private: true }),
        }
    }

    /// With less patience, for tests: no longer than [`POST_TIMEOUT`].
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(POST_TIMEOUT), ..self }
    }

    async fn send(
        &self,
        app: &App,
        webhook: &Webhook,
        request: &Outgoing,
    ) -> Result<Response, PostError> {
        let url = Url::parse(&webhook.url).map_err(|_| failed(Unsent::Malformed))?;
        let guarded = if webhook.allow_private_addresses { &self.private } else { &self.public };
        guarded.guard.judge(&url).map_err(failed)?;
        let headers = self.headers(app, webhook, request).map_err(failed)?;
        // Without the address: its path or query may be nobody's business.
        let client = guarded.client().map_err(|error| failed(error.without_url()))?;
        let body = String::from(&*request.body);
        let sent = client.post(url).headers(headers).body(body).send().await;
        sent.map_err(|error| failed(error.without_url()))
    }

    fn headers(
        &self,
        app: &App,
        webhook: &Webhook,
        request: &Outgoing,
    ) -> Result<HeaderMap, Unsent> {
        let id = standard::id(&app.id, &webhook.name, request);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut put = |name: &str, value: &str| {
            let name = HeaderName::try_from(name).map_err(|_| Unsent::Malformed)?;
            let mut value = HeaderValue::try_from(value).map_err(|_| Unsent::Malformed)?;
            value.set_sensitive(true);
            headers.insert(name, value);
            Ok(())
        };
        put("webhook-id", &id)?;
        match webhook.format {
            WebhookFormat::Rtmate => {
                let seconds = self.clock.now().as_secs();
                put("webhook-timestamp", &seconds.to_string())?;
                let signed = standard::sign(&webhook.secrets, &id, seconds, &request.body);
                put("webhook-signature", &signed)?;
            }
            WebhookFormat::Pusher => {
                let key = app.pusher_keys.first().ok_or(Unsent::NoPusherKey)?;
                put("x-pusher-key", &key.key)?;
                put("x-pusher-signature", &signature::sign(key, &request.body))?;
            }
        }
        for header in &webhook.headers {
            put(&header.name, header.value.expose_secret())?;
        }
        Ok(headers)
    }
}

fn failed(cause: impl Into<Cause>) -> PostError {
    PostError::Failed(cause.into())
}

#[async_trait]
impl WebhookPost for HttpPost {
    fn body(&self, format: WebhookFormat, parcel: &Parcel<'_>) -> Arc<str> {
        let bytes = match format {
            WebhookFormat::Rtmate => body::write(parcel),
            WebhookFormat::Pusher => pusher_body::write(parcel),
        };
        // Only texts are written into it.
        String::from_utf8(bytes).unwrap_or_default().into()
    }

    async fn post(
        &self,
        app: &App,
        webhook: &Webhook,
        request: &Outgoing,
    ) -> Result<(), PostError> {
        let rest = ANSWER_TIME.min(self.timeout / 10);
        let patience = self.timeout.saturating_sub(rest);
        let sent = tokio::time::timeout(patience, self.send(app, webhook, request)).await;
        let answer = sent.map_err(|_| PostError::TimedOut(patience))??;
        let (status, headers) = (answer.status(), answer.headers());
        let retry_after = retry_after::of(headers, self.clock.now());
        drop(tokio::time::timeout(rest, read(answer)).await);
        match status {
            StatusCode::GONE => Err(PostError::Gone),
            status if status.is_success() => Ok(()),
            status => Err(PostError::Status { status: status.as_u16(), retry_after }),
        }
    }
}

/// Reads a short answer to its end. What it says does not matter.
async fn read(mut answer: Response) {
    let mut left = ANSWER_BYTES;
    while let Ok(Some(piece)) = answer.chunk().await
        && piece.len() <= left
    {
        left -= piece.len();
    }
}
