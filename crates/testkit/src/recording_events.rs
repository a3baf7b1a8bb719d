//! A log that a test reads.

use std::sync::{Mutex, PoisonError};

use application::ports::{DomainEvent, EventSink, WebhookNews};

/// Remembers every event as a line of words, without the ids of connections.
#[derive(Debug, Default)]
pub struct RecordingEvents(Mutex<Vec<String>>);

impl RecordingEvents {
    /// Everything since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lines since the last call that begin with `word`.
    pub fn take_of(&self, word: &str) -> Vec<String> {
        self.take().into_iter().filter(|line| line.starts_with(word)).collect()
    }
}

impl EventSink for RecordingEvents {
    fn record(&self, event: &DomainEvent<'_>) {
        if let Some(line) = line(event) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }
}

/// Nothing for what the log does not tell either.
fn line(event: &DomainEvent<'_>) -> Option<String> {
    Some(match event {
        DomainEvent::Opened { address, .. } => format!("opened {address}"),
        DomainEvent::Authenticated { app, client, refreshed, .. } => {
            format!("{} {app}/{client}", if *refreshed { "refreshed" } else { "authenticated" })
        }
        DomainEvent::AuthRefused { code, cause, suppressed: Some(_), .. } => {
            format!("auth-refused {}: {cause}", code.reason())
        }
        DomainEvent::Denied { client, channel, denial, suppressed: Some(suppressed), .. } => {
            format!("denied {client} {channel} +{suppressed}: {denial}")
        }
        DomainEvent::Refused { code, .. } => format!("refused {}", code.reason()),
        DomainEvent::Failed { what, cause, .. } => format!("failed {what}: {cause}"),
        DomainEvent::UsageNotRecorded { cause } => format!("usage not recorded: {cause}"),
        DomainEvent::OverCapacity { closed, .. } => format!("over capacity, {closed} closed"),
        DomainEvent::BackendFailed { what, cause, .. } => format!("failed {what}: {cause}"),
        DomainEvent::Limited { app, limit, reached, suppressed, .. } => {
            let app = app.map_or("(address)", |app| app.as_str());
            let stage = if *reached { "reached" } else { "near" };
            format!("limit {stage} {app} {} +{suppressed}", limit.name())
        }
        DomainEvent::AppChanged { app, how } => format!("app {app} {how}"),
        DomainEvent::BackendRefused { what, code, .. } => {
            format!("backend-refused {what}: {}", code.reason())
        }
        DomainEvent::Subscription { channel, change, .. } => {
            format!("{} {channel}", if change.made()? { "subscribed" } else { "unsubscribed" })
        }
        DomainEvent::Webhook { endpoint, news, .. } => {
            format!("webhook {endpoint} {}", words(news))
        }
        DomainEvent::Closed { client, reason, lived, .. } => {
            let client = client.map_or("nobody", |client| client.as_str());
            format!("closed {client} {} after {} ms", reason.name(), lived.as_millis())
        }
        DomainEvent::AuthRefused { suppressed: None, .. }
        | DomainEvent::Denied { suppressed: None, .. }
        | DomainEvent::Ordered { .. }
        | DomainEvent::Command { .. }
        | DomainEvent::Published { .. }
        | DomainEvent::Gap { .. }
        | DomainEvent::Presence(_) => return None,
    })
}

fn words(news: &WebhookNews<'_>) -> String {
    match news {
        WebhookNews::Sent { events, .. } => format!("sent {events}"),
        WebhookNews::Failed { number, attempts, cause, .. } => {
            format!("failed {number} x{attempts}: {cause}")
        }
        WebhookNews::SwitchedOff => "switched off".to_owned(),
        WebhookNews::GivenUp { number, gone, .. } => format!("given up {number} -{gone}"),
        WebhookNews::Lost { number, .. } => format!("lost {number}"),
        WebhookNews::Missed { first, last } => format!("missed {}..{}", first.0, last.0),
        WebhookNews::Stalled { cause } => format!("stalled: {cause}"),
    }
}
