//! Sending, and the sends that wait for their commit.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll},
};

use domain::{Action, ChannelKey, ChannelName, Client, Draft, ErrorCode, Message, Receipt};
use futures_util::{StreamExt, future::poll_fn, stream::FuturesUnordered};

use super::{Asked, Session};
use crate::{
    About, Refusal, ReplyData, Rules, Send,
    answers::{Order, Place},
    ports::BrokerError,
    publish::{Publish, Sending},
};

/// A send that waits for its commit, with what its reply needs.
pub(super) type UnderWay = Pin<Box<dyn Future<Output = Done> + std::marker::Send>>;

/// The sends of a session that wait for their commit; nothing is set aside while there are none.
#[derive(Default)]
pub(super) struct Sends(Option<FuturesUnordered<UnderWay>>);

impl Sends {
    fn push(&mut self, send: UnderWay) {
        self.0.get_or_insert_default().push(send);
    }

    /// The next that is done; pending where there are none.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Done> {
        let Some(sends) = &mut self.0 else { return Poll::Pending };
        let Poll::Ready(Some(done)) = sends.poll_next_unpin(context) else { return Poll::Pending };
        if sends.is_empty() {
            self.0 = None;
        }
        Poll::Ready(done)
    }

    fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(FuturesUnordered::is_empty)
    }
}

/// A commit, or its failure.
pub(super) struct Done {
    place: Place,
    asked: Asked,
    channel: ChannelName,
    outcome: Result<Receipt, BrokerError>,
}

/// A send that has to wait for something.
pub(super) enum Unsent {
    // Boxed: what is returned by value is small.
    Asked(Asked, Box<Send>),
    Drafted(Asked, Box<Draft>),
}

impl Session {
    /// Sends and answers where nothing has to be waited for: that is most sends of channels without
    /// durable history, and it costs neither a future nor its memory. What comes back has failed.
    pub(super) fn send_at_once(
        &mut self,
        asked: Asked,
        send: Send,
    ) -> Result<Option<(Asked, ChannelName, Refusal)>, Unsent> {
        let Some(client) = self.speaker(&send.channel) else {
            return Err(Unsent::Asked(asked, Box::new(send)));
        };
        let (app, channel) = (client.app.id.clone(), send.channel.clone());
        let key = ChannelKey { app, channel: channel.clone() };
        let waits = self.answers.waiting() > 0
            || !self.hub.channels.has_room_to_send(&key)
            || client.check(Action::Send, &channel).is_err();
        if waits {
            return Err(Unsent::Asked(asked, Box::new(send)));
        }
        let cost = Message::cost_of(send.name.as_ref(), &send.data);
        if let Err(refusal) = self.may_send(client, &key, cost) {
            return Ok(Some((asked, channel, refusal)));
        }
        let Ok(draft) = Publish::draft(client, || self.connection.session(), send) else {
            return Ok(Some((asked, channel, Refusal::plain(ErrorCode::PermissionDenied))));
        };
        let sending = Sending { connection: Some(self.connection.id), trace: asked.trace.as_ref() };
        match self.hub.publish.at_once(draft, sending) {
            Err(draft) => Err(Unsent::Drafted(asked, draft)),
            Ok(outcome) => Ok(match self.receipt(&asked, channel.clone(), outcome) {
                Err(refusal) => Some((asked, channel, refusal)),
                Ok(sent) => {
                    self.connection.reply(self.frame(asked, About::Other, Ok(sent)));
                    None
                }
            }),
        }
    }

    pub(super) async fn send(&mut self, asked: Asked, client: &Client, send: Send) {
        let channel = send.channel.clone();
        let draft = match Publish::draft(client, || self.connection.session(), send) {
            Ok(draft) => draft,
            Err(denial) => {
                let refusal = self.deny(client, &channel, &denial, asked.trace.as_ref());
                return self.answer(asked, Some(channel), Err(refusal)).await;
            }
        };
        let cost = Message::cost_of(draft.name.as_ref(), &draft.data);
        if let Err(refusal) = self.may_send(client, &draft.channel, cost) {
            return self.answer(asked, Some(channel), Err(refusal)).await;
        }
        self.room_for_one_more().await;
        let hub = std::sync::Arc::clone(&self.hub);
        self.meanwhile(hub.channels.room_to_send(&draft.channel)).await;
        if hub.connections.is_draining() {
            // As one that came now: not sent, and not answered.
            return;
        }
        self.commit(asked, draft).await;
    }

    /// Whether limits let a message of this cost to this channel through: asked once for each that
    /// is allowed. Room first, for a refusal spends nothing.
    fn may_send(&self, client: &Client, channel: &ChannelKey, cost: u64) -> Result<(), Refusal> {
        let (hub, app) = (&self.hub, &client.app);
        hub.limits.keep(app, app.namespace(&channel.channel), &hub.keepers, cost)?;
        hub.limits.send(client, || hub.channels.fanout().size(channel))
    }

    pub(super) async fn commit(&mut self, asked: Asked, draft: Draft) {
        let channel = draft.channel.channel.clone();
        let sending = Sending { connection: Some(self.connection.id), trace: asked.trace.as_ref() };
        let mut commit = Box::pin(self.hub.publish.run(draft, sending));
        // A broker in memory is done at once: then nothing has to be put away and woken for.
        match poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await {
            Poll::Ready(outcome) => {
                let outcome = self.receipt(&asked, channel.clone(), outcome);
                self.answer(asked, Some(channel), outcome).await;
            }
            Poll::Pending => {
                let order =
                    Order { in_sequence: asked.id.is_none(), channel: Some(channel.clone()) };
                let place = self.answers.expect(order);
                self.sends.push(Box::pin(async move {
                    let outcome = commit.await;
                    Done { place, asked, channel, outcome }
                }));
            }
        }
    }

    /// Waits for the next send's commit and answers it; for ever where none is under way. Safe to
    /// drop and call again.
    pub async fn progress(&mut self) {
        poll_fn(|context| self.poll_progress(context)).await;
    }

    /// [`Self::progress`] for a transport that polls it.
    pub fn poll_progress(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sends.poll_next(context).map(|done| self.finish(done))
    }

    /// Does something that takes its time, and answers sends whose commit comes meanwhile: no commit
    /// waits for another port.
    pub(super) async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = work.as_mut() => return done,
                () = self.progress() => {}
            }
        }
    }

    /// Waits until there is room for one more answer that has to wait: then the transport reads on.
    pub(super) async fn room_for_one_more(&mut self) {
        while self.answers.waiting() >= Rules::SENDS_UNDER_WAY && !self.sends.is_empty() {
            self.progress().await;
        }
    }

    /// Waits until a request of this order can be carried out and answered at once: what it
    /// changes must not overtake the answers before it.
    pub(super) async fn its_turn(&mut self, order: &Order) {
        while self.answers.blocks(order) && !self.sends.is_empty() {
            self.progress().await;
        }
    }

    fn finish(&mut self, done: Done) {
        let Done { place, asked, channel, outcome } = done;
        let outcome = self.receipt(&asked, channel.clone(), outcome);
        if let Err(refusal) = &outcome {
            self.note_refused(asked.kind, Some(&channel), refusal.code, asked.trace.as_ref());
        }
        let about = asked.about(Some(&channel), &outcome);
        let reply = self.frame(asked, about, outcome);
        self.answers.fill(place, reply, |reply| self.connection.reply(reply));
    }

    fn receipt(
        &self,
        asked: &Asked,
        channel: ChannelName,
        outcome: Result<Receipt, BrokerError>,
    ) -> Result<ReplyData, Refusal> {
        match outcome {
            Ok(receipt) => Ok(ReplyData::Sent(channel, receipt)),
            Err(error) => Err(self.broker_failed("publish", &error, asked.trace.as_ref())),
        }
    }
}
