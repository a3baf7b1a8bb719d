//! Who watches, and is no client of the app.

use domain::Client;

use super::{Asking, Authenticate, NotAuthenticated, named, reached};
use crate::ports::TokenError;

impl Authenticate {
    /// Who watches: by a pass of the server's own, from its own page or from none. The origins of
    /// the app are those of its clients.
    pub(super) async fn watcher(&self, asking: Asking<'_>) -> Result<Client, NotAuthenticated> {
        let id = named(&asking)?;
        let app = reached(self.registry.find(id).await, asking.peer)?;
        if asking.peer.origin.is_some() && !asking.peer.is_own_page() {
            return Err(NotAuthenticated::Origin);
        }
        let pass = self.watches.open(&app, asking.token).map_err(NotAuthenticated::Token)?;
        let client = Client::watcher(app, asking.connection, pass);
        if self.revocations.is_revoked(&client.app.id, &client.id, &client.token) {
            return Err(NotAuthenticated::Token(TokenError::Revoked));
        }
        Ok(client)
    }
}
