//! Tokens that an app's backend takes back.

use domain::{
    AppId, Client, CloseReason, ErrorCode, Fact, FactKind, Revocation, Timestamp, TraceId,
};

use super::Backend;
use crate::{
    Refusal,
    ports::{OrderKind, RevocationError},
};

impl Backend {
    /// Revokes tokens: none of them is taken any more, and connections that came in with one end at
    /// once. Says how many these were. Guests have no tokens.
    ///
    /// # Errors
    /// `quota_exceeded`: the app has as many revocations as it may; `unavailable`. Nothing was
    /// revoked.
    pub async fn revoke(
        &self,
        app: &AppId,
        revocation: Revocation,
        trace: Option<&TraceId>,
    ) -> Result<usize, Refusal> {
        let what = revocation.what.clone();
        let revoked = self.hub.revocations.revoke(app, revocation).await;
        revoked.map_err(|error| match error {
            RevocationError::Full => Refusal::because(
                ErrorCode::QuotaExceeded,
                "the app has as many revocations as it may; revoke by time, or give expires_at",
            ),
            RevocationError::Unavailable(_) => self.failed_in(app, "revoke", &error, trace),
        })?;
        if self.hub.chronicle.wants(app, FactKind::TokenRevoked) {
            self.hub.chronicle.note(app, Fact::TokenRevoked(what.clone()));
        }
        // Behind it: who comes in from now on is refused, and who came in before is found here.
        let named = |client: &Client| {
            client.app.id == *app && !client.is_guest() && what.names(&client.id, &client.token)
        };
        let mut connections = self.hub.connections.all();
        connections
            .retain(|connection| connection.identity().client.is_some_and(|client| named(&client)));
        for connection in &connections {
            self.note_order(app, connection.id, OrderKind::Revoke, trace);
            connection.close(CloseReason::TokenRevoked, None);
        }
        Ok(connections.len())
    }

    /// What the clock says: what a revocation by client goes by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.hub.clock.now()
    }
}
