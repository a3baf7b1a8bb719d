//! `[[apps.namespaces]]`: options of channels, by the beginning of their names.

use domain::{ChannelMode, Namespace, NamespacePattern, SenderView};
use serde::Deserialize;

use super::{
    bounds::within,
    events,
    history::RawHistory,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Count, Flag, Text},
    span::Span,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNamespace {
    pub(crate) pattern: Text,
    history: Option<RawHistory>,
    mode: Text,
    presence: Flag,
    presence_leave_delay: Span,
    presence_members: Count,
    sender: Text,
    idempotency_window: Span,
    events: Text,
}

impl RawNamespace {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<Namespace, Problem> {
        let pattern = NamespacePattern::parse(&self.pattern).ok_or_else(|| {
            let message = "not a pattern: a channel's name, the beginning of one with * at the \
                           end, or *";
            Problem::value(&path.key("pattern"), message)
        })?;
        let delay = path.key("presence_leave_delay");
        let members = path.key("presence_members");
        let window = path.key("idempotency_window");
        Ok(Namespace {
            pattern: Some(pattern),
            history: self.history.map(|raw| raw.parse(&path.key("history"))).transpose()?,
            mode: mode(&path.key("mode"), &self.mode)?,
            presence: self.presence.0,
            presence_leave_delay: within(
                &delay,
                self.presence_leave_delay,
                Span::secs(0)..=Span::minutes(10),
            )?
            .get(),
            presence_members: within(&members, self.presence_members.0, 1..=100_000)?,
            sender: sender(&path.key("sender"), &self.sender)?,
            idempotency_window: within(
                &window,
                self.idempotency_window,
                Span::secs(1)..=Span::days(1),
            )?
            .get(),
            events: events::of_messages(&path.key("events"), &self.events)?,
        })
    }
}

fn mode(path: &KeyPath, text: &str) -> Result<ChannelMode, Problem> {
    match text {
        "stream" => Ok(ChannelMode::Stream),
        "cache" => Ok(ChannelMode::Cache),
        _ => Err(Problem::value(path, "not a mode; one of stream, cache")),
    }
}

fn sender(path: &KeyPath, text: &str) -> Result<SenderView, Problem> {
    match text {
        "none" => Ok(SenderView::None),
        "id" => Ok(SenderView::Id),
        "full" => Ok(SenderView::Full),
        _ => Err(Problem::value(path, "not a view of the sender; one of none, id, full")),
    }
}
