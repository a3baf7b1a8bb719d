//! What a session answers when something is refused or fails, and what the log gets of it.

use domain::{AppId, ChannelName, Client, Denial, ErrorCode, TraceId};

use super::{Asked, SECOND, Session};
use crate::{
    Refusal,
    causes::Causes,
    ports::{BadRequest, BrokerError, DomainEvent, Kind},
};

impl Session {
    pub(super) fn refusal_of(&self, bad: &BadRequest) -> Refusal {
        if bad.needs_auth && self.client.is_none() {
            return Refusal::plain(ErrorCode::Unauthenticated);
        }
        Refusal::because(bad.code, bad.detail.clone())
    }

    /// Notes a denial, in the log once per rule and minute, and makes the client's answer of it.
    pub(super) fn deny(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        denial: &Denial,
        trace: Option<&TraceId>,
    ) -> Refusal {
        let now = self.hub.clock.moment();
        let suppressed = self.denials.get_or_insert_default().note(denial.clone(), now);
        self.hub.events.record(&DomainEvent::Denied {
            connection: self.connection.id,
            app: &client.app.id,
            client: &client.id,
            channel,
            denial,
            suppressed,
            trace,
        });
        // The rule is told only where the app explains itself.
        let detail = client.app.demo.then(|| format!("{channel}: {denial}"));
        Refusal { code: ErrorCode::PermissionDenied, retry_after: None, detail }
    }

    /// The broker failed: what the client is told.
    pub(super) fn broker_failed(
        &self,
        what: &'static str,
        error: &BrokerError,
        trace: Option<&TraceId>,
    ) -> Refusal {
        match error {
            BrokerError::Conflict => Refusal::plain(ErrorCode::IdempotencyConflict),
            BrokerError::Unavailable(_) | BrokerError::KeysFull => self.failed(what, error, trace),
        }
    }

    /// A port failed: the log gets the cause, the client only learns that it may try again.
    pub(super) fn failed(
        &self,
        what: &'static str,
        cause: &dyn std::error::Error,
        trace: Option<&TraceId>,
    ) -> Refusal {
        let (connection, app, cause) = (self.connection.id, self.app(), &Causes(cause));
        self.hub.events.record(&DomainEvent::Failed { connection, app, what, cause, trace });
        Refusal::later(ErrorCode::Unavailable, SECOND)
    }

    /// The tenant, where the client is known.
    pub(super) fn app(&self) -> Option<&AppId> {
        self.client.as_ref().map(|client| &client.app.id)
    }

    /// The app that pays for what happens here: none for who only watches.
    pub(super) fn payer(&self) -> Option<&AppId> {
        let payer = self.client.as_ref().filter(|client| !client.is_watcher());
        payer.map(|client| &client.app.id)
    }

    pub(super) fn note_command(&self, asked: &Asked, bytes: usize, channel: Option<&ChannelName>) {
        let (connection, app, kind) = (self.connection.id, self.app(), asked.kind);
        let trace = asked.trace.as_ref();
        let event = DomainEvent::Command { connection, app, kind, bytes, channel, trace };
        self.hub.events.record(&event);
    }

    pub(super) fn note_refused(
        &self,
        kind: Kind,
        channel: Option<&ChannelName>,
        code: ErrorCode,
        trace: Option<&TraceId>,
    ) {
        let (connection, app) = (self.connection.id, self.app());
        let event = DomainEvent::Refused { connection, app, kind, channel, code, trace };
        self.hub.events.record(&event);
    }
}
