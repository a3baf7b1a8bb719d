//! The HTTP client: no redirects, no proxy, only to machines that the guard allows.

use std::{sync::OnceLock, time::Duration};

use reqwest::{Client, redirect};

use crate::guard::Guard;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection waits for the next request; one for each receiver does.
const IDLE: Duration = Duration::from_secs(20);

/// A client for one kind of endpoints, made at the first request: it reads the machine's root
/// certificates, and a server without webhooks needs none.
pub(crate) struct Guarded {
    pub(crate) guard: Guard,
    client: OnceLock<Client>,
}

impl Guarded {
    pub(crate) const fn new(guard: Guard) -> Self {
        Self { guard, client: OnceLock::new() }
    }

    pub(crate) fn client(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .user_agent(concat!("rtmate/", env!("CARGO_PKG_VERSION")))
            .https_only(!self.guard.private)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(self.guard)
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }
}
