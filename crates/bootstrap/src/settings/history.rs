//! `history { ... }` of a namespace: how much of a channel is kept.

use domain::{Durability, HistoryPolicy};
use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Count, Text},
    size::Size,
    span::Span,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHistory {
    size: Count,
    ttl: Span,
    bytes: Size,
    durability: Text,
}

impl RawHistory {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<HistoryPolicy, Problem> {
        let durability = match &*self.durability {
            "memory" => Durability::Memory,
            "durable" => Durability::Durable,
            _ => {
                let message = "not a durability; one of memory, durable";
                return Err(Problem::value(&path.key("durability"), message));
            }
        };
        let (size, ttl, bytes) = (path.key("size"), path.key("ttl"), path.key("bytes"));
        Ok(HistoryPolicy {
            size: within(&size, self.size.0, 1..=1_000_000)?,
            ttl: within(&ttl, self.ttl, Span::secs(1)..=Span::days(365))?.get(),
            bytes: within(&bytes, self.bytes, Size::kib(1)..=Size::gib(64))?.get(),
            durability,
        })
    }
}
