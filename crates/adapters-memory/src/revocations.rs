//! What is revoked, for as long as the process lives.

use std::sync::{Arc, PoisonError, RwLock};

use application::ports::{Clock, RevocationError, Revocations};
use async_trait::async_trait;
use domain::{AppId, ClientId, Revocation, RevocationList, TokenMark};

/// Knows which tokens are no longer good, and forgets it with the process.
pub struct MemoryRevocations {
    clock: Arc<dyn Clock>,
    /// Short lock: one look, or one entry.
    list: RwLock<RevocationList>,
}

impl MemoryRevocations {
    /// Nothing is revoked yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::holding(RevocationList::default(), clock)
    }

    /// So much is revoked already.
    #[must_use]
    pub fn holding(list: RevocationList, clock: Arc<dyn Clock>) -> Self {
        Self { clock, list: RwLock::new(list) }
    }
}

#[async_trait]
impl Revocations for MemoryRevocations {
    async fn revoke(&self, app: &AppId, revocation: Revocation) -> Result<(), RevocationError> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.add(app, revocation, self.clock.now()).map_err(|_| RevocationError::Full)
    }

    fn is_revoked(&self, app: &AppId, client: &ClientId, token: &TokenMark) -> bool {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.has(app, client, token, self.clock.now())
    }
}
