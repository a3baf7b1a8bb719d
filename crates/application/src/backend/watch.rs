//! Who may watch a channel without being a client of the app.

use std::sync::Arc;

use domain::{App, ChannelName, ClientId, ErrorCode};

use super::{Backend, SECOND};
use crate::{IssuedWatch, Refusal};

impl Backend {
    /// Lets somebody watch a channel of the app for 15 minutes: subscribe to it, read what it has
    /// kept and who is there, and nothing else. `client` is who that is among the app's clients.
    ///
    /// # Errors
    /// `invalid_channel`: nobody subscribes to the server's own. `unavailable`: the app is changing.
    pub fn watch(
        &self,
        app: &Arc<App>,
        channel: ChannelName,
        client: ClientId,
    ) -> Result<IssuedWatch, Refusal> {
        if channel.is_reserved() {
            let detail = "channels with a leading # are the server's";
            return Err(Refusal::because(ErrorCode::InvalidChannel, detail));
        }
        let (ids, now) = (&*self.hub.ids, self.hub.clock.now());
        let issued = self.hub.watches.issue(app, channel, client, ids, now);
        // Looked at behind it: where the app was deleted meanwhile, what was issued may be of the
        // life of the next one.
        if !self.hub.registry.is_current(app) {
            return Err(Refusal::later(ErrorCode::Unavailable, SECOND));
        }
        Ok(issued)
    }
}
