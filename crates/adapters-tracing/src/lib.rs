//! Domain events as log lines.
//!
//! One place decides what is worth a line and at which level; what fields there are is
//! `docs/operations.md`'s table. Ids are given as fields. Texts from outside are names that were
//! parsed (their alphabets have no control characters); what was not parsed is never logged.

mod failures;

use std::sync::Arc;

use application::ports::{Clock, DomainEvent, EventSink, WebhookNews};
use domain::{AppId, TraceId, WebhookName};
use tracing::{debug, info, warn};

use failures::Failures;

/// Writes events as `tracing` events of the target `rtmate`. Of failures at most twenty at once and
/// one a second, which says how many were left out.
pub struct TracingEvents {
    clock: Arc<dyn Clock>,
    failures: Failures,
}

impl TracingEvents {
    /// Paced by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let failures = Failures::new(clock.moment());
        Self { clock, failures }
    }
}

fn trace_text<'a>(trace: &Option<&'a TraceId>) -> Option<&'a str> {
    trace.map(TraceId::as_str)
}

impl EventSink for TracingEvents {
    fn record(&self, event: &DomainEvent<'_>) {
        match event {
            DomainEvent::Opened { connection, address, language } => {
                debug!(target: "rtmate", %connection, %address, ?language, "connection opened");
            }
            DomainEvent::Authenticated { connection, app, client, refreshed, trace } => {
                let trace_id = trace_text(trace);
                info!(target: "rtmate", %connection, %app, %client, refreshed, trace_id, "authenticated");
            }
            DomainEvent::AuthRefused {
                connection,
                address,
                app,
                code,
                cause,
                suppressed,
                trace,
            } => {
                let Some(suppressed) = suppressed else { return };
                let (trace_id, app) = (trace_text(trace), app.map(tracing::field::display));
                let (reason, cause) = (code.reason(), escaped(cause));
                warn!(target: "rtmate", %connection, %address, app, reason, cause, suppressed, trace_id, "auth refused");
            }
            DomainEvent::Denied { connection, app, client, channel, denial, suppressed, trace } => {
                let Some(suppressed) = suppressed else { return };
                let trace_id = trace_text(trace);
                warn!(target: "rtmate", %connection, %app, %client, %channel, rule = %denial,
                    suppressed, trace_id, "denied");
            }
            DomainEvent::Refused { connection, kind, channel, code, trace, app: _ } => {
                let (trace_id, reason, command) = (trace_text(trace), code.reason(), kind.name());
                let channel = channel.map(tracing::field::display);
                debug!(target: "rtmate", %connection, command, channel, reason, trace_id, "refused");
            }
            DomainEvent::Failed { connection, what, cause, trace, app: _ } => {
                let Some(suppressed) = self.failures.note(self.clock.moment()) else { return };
                let (trace_id, cause) = (trace_text(trace), escaped(cause));
                warn!(target: "rtmate", %connection, what, cause, suppressed, trace_id, "failed");
            }
            DomainEvent::BackendFailed { app, what, cause, trace } => {
                let Some(suppressed) = self.failures.note(self.clock.moment()) else { return };
                let (trace_id, cause) = (trace_text(trace), escaped(cause));
                warn!(target: "rtmate", %app, what, cause, suppressed, trace_id, "a backend's request failed");
            }
            DomainEvent::Limited { app, address, limit, reached, suppressed } => {
                let app = app.map(tracing::field::display);
                let (address, limit) = (address.map(tracing::field::display), limit.name());
                if *reached {
                    warn!(target: "rtmate", app, address, limit, suppressed, "limit reached");
                } else {
                    warn!(target: "rtmate", app, address, limit, suppressed, "limit near");
                }
            }
            DomainEvent::UsageNotRecorded { cause } => {
                let cause = escaped(cause);
                warn!(target: "rtmate", cause, "usage is not recorded");
            }
            DomainEvent::Webhook { app, endpoint, news } => self.webhook(app, endpoint, news),
            DomainEvent::OverCapacity { closed, bytes } => {
                warn!(target: "rtmate", closed, bytes, "too much waited; the slowest readers were closed");
            }
            DomainEvent::AppChanged { app, how } => {
                info!(target: "rtmate", %app, how, "app changed");
            }
            DomainEvent::BackendRefused { app, what, channel, code, trace } => {
                let (trace_id, reason) = (trace_text(trace), code.reason());
                let channel = channel.map(tracing::field::display);
                debug!(target: "rtmate", %app, what, channel, reason, trace_id, "a backend's request was refused");
            }
            DomainEvent::Ordered { connection, app, order, channel, trace } => {
                let (trace_id, order) = (trace_text(trace), order.name());
                let channel = channel.map(tracing::field::display);
                debug!(target: "rtmate", %connection, %app, order, channel, trace_id, "ordered");
            }
            DomainEvent::Published { connection, channel, receipt, subscribers, trace, .. } => {
                let (trace_id, message_id) = (trace_text(trace), receipt.id.as_str());
                let (connection, app) = (connection.map(tracing::field::display), &channel.app);
                let channel = &channel.channel;
                debug!(target: "rtmate", connection, %app, %channel, message_id, subscribers, trace_id, "published");
            }
            // What is too frequent for lines, and what the client is told in words of its own.
            DomainEvent::Command { .. } | DomainEvent::Gap { .. } | DomainEvent::Presence(_) => {}
            DomainEvent::Subscription { connection, channel, change, trace, app: _ } => {
                let (trace_id, Some(made)) = (trace_text(trace), change.made()) else { return };
                debug!(target: "rtmate", %connection, %channel, made, trace_id, "subscription");
            }
            DomainEvent::Closed { connection, app, client, reason, lived } => {
                let (app, client) =
                    (app.map(tracing::field::display), client.map(tracing::field::display));
                // JSON lines would have a wider number as a text.
                let lived_ms = u64::try_from(lived.as_millis()).unwrap_or(u64::MAX);
                let reason = reason.name();
                // Strangers come and go as they like: they do not write the log of every day.
                if client.is_some() {
                    info!(target: "rtmate", %connection, app, client, reason, lived_ms, "connection closed");
                } else {
                    debug!(target: "rtmate", %connection, reason, lived_ms, "connection closed");
                }
            }
        }
    }
}

impl TracingEvents {
    fn webhook(&self, app: &AppId, endpoint: &WebhookName, news: &WebhookNews<'_>) {
        match news {
            WebhookNews::Sent { events, took } => {
                let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                debug!(target: "rtmate", %app, %endpoint, events, took_ms, "webhook sent");
            }
            WebhookNews::Failed { number, attempts, wait, cause } => {
                let Some(suppressed) = self.failures.note(self.clock.moment()) else { return };
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                let cause = escaped(cause);
                warn!(target: "rtmate", %app, %endpoint, number, attempts, wait_ms, cause, suppressed, "a webhook failed and is tried again");
            }
            WebhookNews::SwitchedOff => {
                warn!(target: "rtmate", %app, %endpoint, "a webhook's receiver is gone; it is asked no more");
            }
            WebhookNews::GivenUp { number, attempts, gone } => {
                warn!(target: "rtmate", %app, %endpoint, number, attempts, gone, "a webhook's request is a dead letter");
            }
            WebhookNews::Lost { number, bytes } => {
                warn!(target: "rtmate", %app, %endpoint, number, bytes, "a webhook's request is lost; it is too large for a dead letter");
            }
            WebhookNews::Missed { first, last } => {
                let (first, last) = (first.0, last.0);
                warn!(target: "rtmate", %app, %endpoint, first, last, "a webhook missed events; the log no longer has them");
            }
            WebhookNews::Stalled { cause } => {
                let cause = escaped(cause);
                warn!(target: "rtmate", %app, %endpoint, cause, "a webhook can't go on; trying again");
            }
        }
    }
}

/// A cause may quote what came over the network: control characters are escaped, so that no text
/// can begin a line of its own or colour a terminal.
fn escaped(cause: &dyn std::fmt::Display) -> String {
    cause.to_string().chars().flat_map(escape).collect()
}

fn escape(character: char) -> impl Iterator<Item = char> {
    let (plain, escaped) = if character.is_control() {
        (None, Some(character.escape_default()))
    } else {
        (Some(character), None)
    };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn foreign_text_begins_no_line() {
        assert_eq!(escaped(&"a\nINFO forged \u{1b}[31m é"), "a\\nINFO forged \\u{1b}[31m é");
    }
}
