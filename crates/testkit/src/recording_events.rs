//! A log that a test reads.

use std::sync::{Mutex, PoisonError};

use application::ports::{DomainEvent, EventSink};

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line(event));
    }
}

fn line(event: &DomainEvent<'_>) -> String {
    match event {
        DomainEvent::Opened { address, .. } => format!("opened {address}"),
        DomainEvent::Authenticated { app, client, refreshed, .. } => {
            format!("{} {app}/{client}", if *refreshed { "refreshed" } else { "authenticated" })
        }
        DomainEvent::AuthRefused { code, cause, .. } => {
            format!("auth-refused {}: {cause}", code.reason())
        }
        DomainEvent::Denied { client, channel, denial, suppressed, .. } => {
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
        DomainEvent::Subscription { channel, made, .. } => {
            format!("{} {channel}", if *made { "subscribed" } else { "unsubscribed" })
        }
        DomainEvent::Closed { client, reason, lived, .. } => {
            let client = client.map_or("nobody", |client| client.as_str());
            format!("closed {client} {} after {} ms", reason.name(), lived.as_millis())
        }
    }
}
