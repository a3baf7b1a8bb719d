//! One request for a key set.

use std::{sync::OnceLock, time::Duration};

use reqwest::{Client, Response, StatusCode, redirect};

use super::{JwksOptions, JwksUrl, guard::Guard};

/// The most bytes of a key set.
pub(super) const BODY_LIMIT: usize = 256 * 1024;

/// Why a key set could not be had. Nothing of the answer is in it.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Requests can't be made at all, for example for want of root certificates.
    #[error("requests can't be made")]
    Client(#[source] reqwest::Error),
    /// The server could not be reached, or broke off.
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    /// The server took too long.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The server sends elsewhere, which is not followed.
    #[error("the answer leads elsewhere (status {0}), which is not followed")]
    Redirected(StatusCode),
    /// Another status than 200.
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    /// The answer is too long.
    #[error("the answer has more than {limit_bytes} bytes")]
    TooLarge {
        /// The most bytes.
        limit_bytes: usize,
    },
    /// The answer is not a key set.
    #[error("the answer is not a key set")]
    NotAKeySet,
    /// The key set has too many keys.
    #[error("the key set has more than {limit} keys")]
    TooManyKeys {
        /// The most keys.
        limit: usize,
    },
}

/// Makes requests for key sets: no redirects, no proxy, only to machines that the guard allows.
pub(super) struct Fetcher {
    timeout: Duration,
    guard: Guard,
    /// Made at the first request: it reads the machine's root certificates, and a server without
    /// key sets needs none.
    client: OnceLock<Client>,
}

impl Fetcher {
    /// Makes no request yet.
    pub(super) fn new(options: &JwksOptions) -> Self {
        let guard = Guard { loopback: options.loopback };
        Self { timeout: options.timeout, guard, client: OnceLock::new() }
    }

    /// Asks for a key set.
    pub(super) async fn get(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let client = self.client()?;
        let answer = async { read(client.get(url.url().clone()).send().await).await };
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::TimedOut(self.timeout)),
        }
    }

    fn client(&self) -> Result<&Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .user_agent(concat!("rtmate/", env!("CARGO_PKG_VERSION")))
            .https_only(!self.guard.loopback)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(self.guard)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(FetchError::Client)?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// Reads an answer piece by piece, so that a longer one than allowed is never held.
async fn read(answer: reqwest::Result<Response>) -> Result<Vec<u8>, FetchError> {
    let mut answer = answer.map_err(failed)?;
    match answer.status() {
        StatusCode::OK => {}
        status if status.is_redirection() => return Err(FetchError::Redirected(status)),
        status => return Err(FetchError::Status(status)),
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(failed)? {
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(FetchError::TooLarge { limit_bytes: BODY_LIMIT });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Without the address: its path or query may be nobody's business.
fn failed(error: reqwest::Error) -> FetchError {
    FetchError::Request(error.without_url())
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use tokio::net::TcpListener;

    use super::{super::guard::NoPublicAddress, *};

    /// The address is let through, so that the name has to be judged when it is resolved: as where
    /// somebody gives their own name the address of the server's machine.
    #[tokio::test]
    async fn a_name_is_judged_by_its_addresses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lenient = JwksOptions::default().allow_loopback();
        let url = format!("https://localhost:{port}/jwks.json");
        let url = JwksUrl::parse(&url, &lenient).unwrap();
        let error = Fetcher::new(&JwksOptions::default()).get(&url).await.unwrap_err();
        let mut cause = error.source();
        while let Some(inner) = cause
            && !inner.is::<NoPublicAddress>()
        {
            cause = inner.source();
        }
        assert!(cause.is_some(), "{error:?}");
        let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(accepted.is_err(), "no connection was made");
    }
}
