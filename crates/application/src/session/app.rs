//! The app of a session changes while it is connected.

use std::sync::Arc;

use domain::{App, AppLimits, Client, CloseReason};

use super::{Session, requests};
use crate::keepers::durability;

impl Session {
    /// From now on the app is as it is here: its limits, its namespaces, its grants for tokens that
    /// bring none. What the client is no longer granted ends; what it is, who it is and when its
    /// token ends stays, also where the key is gone that the token was signed with.
    pub(super) async fn change_app(&mut self, app: Arc<App>) {
        let Some(before) = self.client.clone().filter(|client| client.app.id == app.id) else {
            return;
        };
        let client = Arc::new(before.under(app));
        self.count_in(&client.app);
        self.become_known(&client, None);
        self.adopt_limits(&before.app.limits, &client.app.limits);
        self.renew_signed(&client);
        let lost = self.leave_what_is_not_granted(&client);
        self.tell_what_is_not_granted(lost).await;
        self.move_where_kept_elsewhere(&client).await;
    }

    /// An app that counts its connections now counts this one, also past its limit: nobody who is
    /// in is put out.
    fn count_in(&mut self, app: &App) {
        if app.limits.connections.is_some() && !self.seated {
            self.seated = self.hub.connections.seats.take(&app.id, u32::MAX).is_some();
        }
    }

    fn adopt_limits(&mut self, before: &AppLimits, limits: &AppLimits) {
        self.connection.outbound.set_queue_limit(limits.queue_bytes);
        let rate = |limits: &AppLimits| (limits.requests_per_second, limits.requests_burst);
        if rate(before) != rate(limits) {
            let now = self.hub.clock.moment();
            self.rate = requests(limits, now);
            self.patience = requests(limits, now);
        }
    }

    /// What backends signed for a guest holds on, within what the app allows now.
    fn renew_signed(&mut self, client: &Client) {
        for subscription in self.subscriptions.iter_mut() {
            if let Some(signed) = &mut subscription.signed {
                *signed = Arc::new(signed.under(Arc::clone(&client.app)));
            }
        }
    }

    /// Where messages are kept elsewhere from now on the stream is another: all its subscribers are
    /// told to subscribe anew. A guest's protocol has no word for that, and its place is with the old
    /// stream: it is asked to come back, and subscribes to the new one.
    async fn move_where_kept_elsewhere(&mut self, client: &Client) {
        let mut moved = Vec::new();
        for subscription in self.subscriptions.iter_mut() {
            let membership = &subscription.membership;
            let wanted = durability(client.app.namespace(membership.channel()));
            if membership.durability() != wanted {
                moved.push(membership.clone());
            }
        }
        let is_guest = client.is_guest() && !moved.is_empty();
        for membership in moved {
            let hub = Arc::clone(&self.hub);
            if let Err(error) = self.meanwhile(hub.channels.begin_elsewhere(&membership)).await {
                // Announcements without subscribers do no harm: noted, not repeated.
                self.broker_failed("detach", &error, None);
            }
        }
        if is_guest {
            self.connection.close(CloseReason::Reconnect, None);
        }
    }
}
