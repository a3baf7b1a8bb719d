//! What a session answers when something is refused or fails, and what the log gets of it.

use domain::{ChannelName, Client, Denial, ErrorCode, TraceId};

use super::{SECOND, Session};
use crate::{
    Refusal,
    causes::Causes,
    ports::{BadRequest, BrokerError, DomainEvent},
};

impl Session {
    pub(super) fn refusal_of(&self, bad: &BadRequest) -> Refusal {
        if bad.needs_auth && self.client.is_none() {
            return Refusal::plain(ErrorCode::Unauthenticated);
        }
        Refusal::because(bad.code, bad.detail.clone())
    }

    /// Notes a denial in the log, once per rule and minute, and makes the client's answer of it.
    pub(super) fn deny(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        denial: &Denial,
        trace: Option<&TraceId>,
    ) -> Refusal {
        if let Some(suppressed) =
            self.denials.get_or_insert_default().note(denial.clone(), self.hub.clock.moment())
        {
            self.hub.events.record(&DomainEvent::Denied {
                connection: self.connection.id,
                app: &client.app.id,
                client: &client.id,
                channel,
                denial,
                suppressed,
                trace,
            });
        }
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
        let (connection, cause) = (self.connection.id, &Causes(cause));
        self.hub.events.record(&DomainEvent::Failed { connection, what, cause, trace });
        Refusal::later(ErrorCode::Unavailable, SECOND)
    }
}
