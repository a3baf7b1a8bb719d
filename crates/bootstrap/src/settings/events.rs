//! `[apps.events]`: what is kept of an app's events.

use domain::{EventOptions, MessageEvents};
use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Count, Flag},
    size::Size,
    span::Span,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEvents {
    keep: Flag,
    size: Count,
    ttl: Span,
    bytes: Size,
    vacated_delay: Span,
}

impl RawEvents {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<EventOptions, Problem> {
        let (size, ttl, bytes) = (path.key("size"), path.key("ttl"), path.key("bytes"));
        let delay = path.key("vacated_delay");
        Ok(EventOptions {
            keep: self.keep.0,
            size: within(&size, self.size.0, 1000..=100_000_000)?,
            ttl: within(&ttl, self.ttl, Span::minutes(1)..=Span::days(365))?.get(),
            bytes: within(&bytes, self.bytes, Size::mib(1)..=Size::gib(64))?.get(),
            vacated_delay: within(&delay, self.vacated_delay, Span::secs(0)..=Span::minutes(10))?
                .get(),
        })
    }
}

/// What a namespace's `events` says.
pub(crate) fn of_messages(path: &KeyPath, text: &str) -> Result<MessageEvents, Problem> {
    match text {
        "none" => Ok(MessageEvents::None),
        "bare" => Ok(MessageEvents::Bare),
        "data" => Ok(MessageEvents::Data),
        _ => Err(Problem::value(path, "not what events can have; one of none, bare, data")),
    }
}
