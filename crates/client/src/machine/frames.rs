//! Frames of the server, and the end of its connection.

use std::time::Duration;

use domain::{ChannelName, Moment};
use serde_json::value::RawValue;

use super::{Action, Asked, Link, Machine, Ticket, Told, Wish, members::Followed};
use crate::{
    AskError, Departure, Receipt, Refusal, SendError,
    frame::{
        Ended, Farewell, Frame, Joined, JoinedMany, MemberMoved, MembersCounted, Moved, RawMessage,
        RawRoster, Stamp, Welcome, read,
    },
    request,
};

impl Machine {
    pub(super) fn heard(&mut self, now: Moment) {
        if let Link::Online(online) = &mut self.link {
            online.heard = now;
        }
    }

    /// The connection ended.
    pub(super) fn closed(&mut self, now: Moment, code: Option<u16>) {
        if !self.link.has_socket() {
            return;
        }
        // The push came before; the frame may have been lost to a reset.
        let departure = match self.farewell.take() {
            Some(farewell) => farewell,
            None => Departure { code: code.unwrap_or(1006), ..Departure::lost() },
        };
        self.lost(now, departure);
    }

    pub(super) fn text(&mut self, now: Moment, text: &str) {
        self.heard(now);
        match Frame::parse(text) {
            Some(Frame::Reply { id, outcome }) => {
                if let Some(asked) = self.asked.remove(&id) {
                    self.reply(now, asked, outcome);
                }
            }
            Some(Frame::Push { event, payload }) => self.push(now, &event, &payload),
            None => {}
        }
    }

    fn reply(&mut self, now: Moment, asked: Asked, outcome: Result<Box<RawValue>, Refusal>) {
        match asked {
            Asked::Auth => match outcome.map(|data| read::<Welcome>(&data)) {
                Ok(Some(welcome)) => self.welcomed(now, welcome),
                Ok(None) => {
                    self.actions.push(Action::Abandon);
                    self.lost(now, Departure::lost());
                }
                Err(refusal) => self.unwelcome(now, refusal),
            },
            Asked::Refresh => match outcome.ok().and_then(|data| read::<Welcome>(&data)) {
                Some(welcome) => self.refreshed(now, &welcome),
                None => self.not_refreshed(now),
            },
            Asked::Subscribe(wishes) => self.batch_answered(now, wishes, outcome),
            Asked::Unsubscribe => {}
            Asked::Members(channel) => self.members_listed(&channel, outcome.ok()),
            Asked::Question(ticket) => {
                let outcome = outcome.map_err(AskError::Refused);
                self.actions.push(Action::Answer(ticket, outcome));
            }
            Asked::Send(ticket) => self.send_answered(now, ticket, outcome),
        }
    }

    fn batch_answered(
        &mut self,
        now: Moment,
        wishes: Vec<Wish>,
        outcome: Result<Box<RawValue>, Refusal>,
    ) {
        if let Link::Online(online) = &mut self.link {
            online.batch_until = None;
        }
        match outcome.map(|data| read::<JoinedMany>(&data)) {
            // Entries come in the order asked.
            Ok(Some(many)) if many.channels.len() == wishes.len() => {
                for (wish, joined) in wishes.into_iter().zip(many.channels) {
                    self.wish_answered(now, &wish, joined);
                }
            }
            // Whoever answers like this is not to be talked to.
            Ok(_) => {
                self.actions.push(Action::Abandon);
                self.lost(now, Departure::lost());
            }
            Err(refusal) => {
                for wish in wishes {
                    self.wish_refused(now, &wish, refusal.clone());
                }
            }
        }
    }

    fn wish_answered(&mut self, now: Moment, wish: &Wish, mut joined: Joined) {
        match joined.refusal() {
            Some(refusal) => self.wish_refused(now, wish, refusal),
            None => {
                let told = self.roster.joined(wish, joined, &mut self.counters);
                self.tell(&wish.channel, told);
            }
        }
    }

    fn wish_refused(&mut self, now: Moment, wish: &Wish, refusal: Refusal) {
        let delay = self.options.backoff.delay(self.failures.max(1), &mut self.random);
        let told = self.roster.refused(wish, refusal, now, delay);
        self.tell(&wish.channel, told);
    }

    fn send_answered(
        &mut self,
        now: Moment,
        ticket: Ticket,
        outcome: Result<Box<RawValue>, Refusal>,
    ) {
        match outcome.map(|data| read::<Stamp>(&data)) {
            Ok(Some(stamp)) => {
                let Some(send) = self.outbox.remove(ticket) else { return };
                let receipt = Receipt {
                    position: stamp.position(),
                    id: stamp.id,
                    ts: stamp.ts,
                    repeated: stamp.repeated,
                    key: send.key,
                };
                self.actions.push(Action::Settle(ticket, Ok(receipt)));
            }
            // It was done, but where is not said: ask again.
            Ok(None) => self.outbox.postpone(ticket, now.after(Duration::from_secs(1))),
            Err(refusal) if refusal.may_pass() => self.send_again(now, ticket, &refusal),
            Err(refusal) => {
                if self.outbox.remove(ticket).is_some() {
                    let refused = Err(SendError::Refused(refusal));
                    self.actions.push(Action::Settle(ticket, refused));
                }
            }
        }
    }

    fn send_again(&mut self, now: Moment, ticket: Ticket, refusal: &Refusal) {
        let own = self.outbox.delay(ticket, &self.options.backoff, &mut self.random);
        let until = now.after(refusal.retry_after.unwrap_or(own));
        self.outbox.postpone(ticket, until);
        if refusal.reason == "rate_limited" {
            self.outbox.pause(until);
        }
    }

    fn push(&mut self, now: Moment, event: &str, payload: &RawValue) {
        match event {
            "message" => self.message(payload),
            "position" => {
                if let Some(moved) = read::<Moved>(payload) {
                    self.roster.moved(&moved.channel.0, moved.offset);
                }
            }
            "memberJoined" => self.member(payload, true),
            "memberLeft" => self.member(payload, false),
            "presence" => self.members_counted(payload),
            "subscribed" => self.made_by_token(payload),
            "unsubscribed" => self.unsubscribed(now, payload),
            "tokenExpiring" => self.token_expiring(),
            "disconnect" => {
                if let Some(farewell) = read::<Farewell>(payload) {
                    let retry_after = farewell.retry_after_ms.map(Duration::from_millis);
                    let Farewell { code, reason, .. } = farewell;
                    self.farewell = Some(Departure { code, reason, retry_after });
                }
            }
            _ => {}
        }
    }

    fn message(&mut self, payload: &RawValue) {
        let Some(mut raw) = read::<RawMessage>(payload) else { return };
        let Some(channel) = raw.channel.take() else { return };
        let told = self.roster.message(&channel.0, raw, &mut self.counters);
        self.tell(&channel.0, told);
    }

    fn member(&mut self, payload: &RawValue, joined: bool) {
        let Some(moved) = read::<MemberMoved>(payload) else { return };
        let channel = moved.channel.0.clone();
        match self.roster.members(&channel).map(|members| members.moved(moved, joined)) {
            Some(Followed::Told(event)) => self.tell(&channel, Told::events(vec![event])),
            Some(Followed::Lost) => {
                let id = self.next_id(Asked::Members(channel.clone()));
                self.actions.push(Action::Transmit(request::presence(id, &channel)));
            }
            Some(Followed::Known) | None => {}
        }
    }

    fn members_counted(&mut self, payload: &RawValue) {
        let Some(counted) = read::<MembersCounted>(payload) else { return };
        let MembersCounted { channel, count, version } = counted;
        let Some(members) = self.roster.members(&channel.0) else { return };
        let event = members.counted(count, version);
        self.tell(&channel.0, Told::events(vec![event]));
    }

    /// The list that was asked for because a change was missing.
    fn members_listed(&mut self, channel: &ChannelName, outcome: Option<Box<RawValue>>) {
        let Some(members) = self.roster.members(channel) else { return };
        match outcome.and_then(|data| read::<RawRoster>(&data)) {
            Some(roster) => {
                let events = members.listed(roster);
                self.tell(channel, Told::events(events));
            }
            None => members.unanswered(),
        }
    }

    fn made_by_token(&mut self, payload: &RawValue) {
        let Some(joined) = read::<Joined>(payload) else { return };
        let channel = joined.channel.as_deref().map(ChannelName::parse);
        let Some(Ok(channel)) = channel else { return };
        let told = self.roster.made(&channel, joined, &mut self.counters);
        self.tell(&channel, told);
    }

    fn unsubscribed(&mut self, now: Moment, payload: &RawValue) {
        let Some(ended) = read::<Ended>(payload) else { return };
        let delay = Duration::from_millis(ended.retry_after_ms.unwrap_or(0));
        let again = ended.resubscribe.then(|| now.after(delay));
        let told = self.roster.ended(&ended.channel.0, ended.reason, again);
        self.tell(&ended.channel.0, told);
    }
}
