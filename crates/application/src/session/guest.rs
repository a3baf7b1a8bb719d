//! Guests: connections of a protocol that lets in whoever has the app's address, and whose backend
//! signs what else they may do.

use std::sync::Arc;

use domain::{Action, App, ChannelName, Client, ClientId, ErrorCode, Signed};

use super::{Asked, Session};
use crate::{
    Pass, Refusal, ReplyData, Subscribe,
    hub::Entry,
    ports::{Kind, PassError},
};

impl Session {
    /// As the connection comes in.
    pub(crate) fn entering(mut self, entry: Entry) -> Self {
        match entry {
            Entry::Token(hinted) => self.hinted = hinted,
            Entry::Guest(app) => self.admit_guest(app),
            Entry::Refused(reason) => self.connection.close(reason, None),
        }
        self
    }

    fn admit_guest(&mut self, app: Arc<App>) {
        if self.connection.closed().is_some() {
            return;
        }
        if let Err(refusal) = self.take_seat(&app) {
            return self.leave_unseated(&refusal);
        }
        let guest = Arc::new(Client::guest(app, self.connection.id));
        self.become_known(&guest, None);
        self.adopt(&guest, None, false);
        self.note_authenticated(&guest, false, None);
        self.note_opened(&guest);
        let interval = self.hub.rules.ping_interval;
        self.connection.reply(self.connection.codec.greeting(self.connection.id, interval));
    }

    /// Who sends to a channel: a guest is there who its backend signed that it is.
    pub(super) fn speaker(&self, channel: &ChannelName) -> Option<&Arc<Client>> {
        let client = self.client.as_ref()?;
        if !client.is_guest() {
            return Some(client);
        }
        let signed = self.subscriptions.get(channel).and_then(|known| known.signed.as_ref());
        Some(signed.unwrap_or(client))
    }

    /// A guest subscribes: where its backend signed it, as who that says.
    pub(super) async fn subscribe_guest(
        &mut self,
        asked: Asked,
        guest: &Arc<Client>,
        wish: Subscribe,
    ) {
        let channel = wish.channel.clone();
        self.its_turn(&asked.order(Some(channel.clone()))).await;
        if self.subscriptions.get(&channel).is_some() {
            let refusal = Refusal::because(ErrorCode::Conflict, "it is subscribed already");
            return self.answer(asked, Some(channel), Err(refusal)).await;
        }
        match self.signed(guest, &wish) {
            Err(refusal) => self.refuse_pass(asked, Some(channel), refusal).await,
            Ok(None) => self.subscribe(asked, guest, wish).await,
            Ok(Some(client)) => {
                let client = Arc::new(client);
                self.subscribe(asked, &client, wish).await;
                if let Some(made) = self.subscriptions.get_mut(&channel) {
                    made.signed = Some(client);
                }
            }
        }
    }

    /// Who a guest is in a channel that it has a pass for.
    fn signed(&self, guest: &Client, wish: &Subscribe) -> Result<Option<Client>, Refusal> {
        let Some(pass) = &wish.pass else { return Ok(None) };
        let (app, connection) = (&guest.app, self.connection.id);
        let signed = self.hub.passes.channel(app, connection, &wish.channel, pass);
        let signed = signed.map_err(not_taken)?;
        if wish.presence.is_some() && signed.client.is_none() && !self.is_signed_in(guest) {
            return Err(not_taken(PassError::Unusable(
                "a presence channel needs to know who it is",
            )));
        }
        let mut actions = vec![Action::Subscribe];
        actions.extend(wish.presence.map(|_| Action::Presence));
        actions.extend(app.pusher.client_events.then_some(Action::Send));
        Ok(Some(guest.in_channel(&wish.channel, signed, actions.into_iter().collect())))
    }

    /// A guest says who it is on all its connections.
    pub(super) async fn sign_in(&mut self, asked: Asked, guest: &Arc<Client>, pass: &Pass) {
        let signed = self.hub.passes.user(&guest.app, self.connection.id, pass);
        let outcome = signed.map_err(not_taken).and_then(|signed| self.sign_in_as(guest, signed));
        match outcome {
            Err(refusal) => self.refuse_pass(asked, None, refusal).await,
            Ok(()) => {
                let data = pass.data.clone().unwrap_or_default();
                self.answer(asked, None, Ok(ReplyData::SignedIn(data))).await;
            }
        }
    }

    /// Passes are not for guessing: each that is refused spends the budget of bad requests.
    async fn refuse_pass(&mut self, asked: Asked, channel: Option<ChannelName>, refusal: Refusal) {
        let spent = refusal.code.spends_budget();
        self.answer(asked, channel, Err(refusal)).await;
        if !spent {
            self.spend_budget();
        }
    }

    /// Whether a refusal spends the budget of bad requests. A guest that leaves where it is not, or
    /// sends where it may not, does what its library did unasked, or a page that does not know its
    /// app's options: the rate of requests bounds that, and it is no reason to send it away for good.
    pub(super) fn spends_budget(&self, kind: Kind, code: ErrorCode) -> bool {
        let forgiven = code == ErrorCode::NotSubscribed
            || (kind == Kind::Send && code == ErrorCode::PermissionDenied);
        let is_guest = self.client.as_ref().is_some_and(|client| client.is_guest());
        code.spends_budget() && !(forgiven && is_guest)
    }

    fn is_signed_in(&self, guest: &Client) -> bool {
        guest.id != ClientId::of_guest(self.connection.id)
    }

    fn sign_in_as(&mut self, guest: &Arc<Client>, signed: Signed) -> Result<(), Refusal> {
        let missing = PassError::Unusable("it does not say who it is");
        let client = signed.client.ok_or_else(|| not_taken(missing))?;
        if self.is_signed_in(guest) && guest.id != client {
            return Err(Refusal::plain(ErrorCode::AuthMismatch));
        }
        let own = ChannelName::of_user(&client);
        let unfit = "id has | or +, which the name of its channel #server-to-user-ID can't have";
        let channels = own.map_err(|_| not_taken(PassError::Unusable(unfit)))?;
        let client = Arc::new(guest.signed_in(client, signed.info, vec![channels]));
        self.become_known(&client, None);
        self.note_authenticated(&client, true, None);
        Ok(())
    }
}

fn not_taken(error: PassError) -> Refusal {
    match error {
        PassError::Forged => Refusal::plain(ErrorCode::SignatureInvalid),
        PassError::Unusable(why) => Refusal::because(ErrorCode::InvalidParams, why),
    }
}
