//! Reads what is kept of each channel, page by page.

use std::time::Duration;

use client::{AskError, Client};
use domain::{Epoch, Offset, Position};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::record::{Kept, KeptMessages, MessageSeen};

/// Messages of a page: what the protocol allows.
const PAGE: usize = 1000;

/// Attempts of a page that the connection was lost to.
const ATTEMPTS: usize = 5;

/// So long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Page {
    epoch: String,
    first: u64,
    messages: Vec<Line>,
    more: bool,
}

/// A message in a reply.
#[derive(Deserialize)]
pub(super) struct Line {
    id: String,
    offset: u64,
    data: Box<RawValue>,
}

/// Everything that is kept of a channel.
pub(super) async fn read(client: &Client, channel: &str) -> Kept {
    Kept { channel: channel.to_owned(), messages: pages(client, channel).await }
}

async fn pages(client: &Client, channel: &str) -> Result<KeptMessages, String> {
    let first = page(client, channel, None).await?;
    let epoch = Epoch::parse(&first.epoch).ok_or("the epoch is none")?;
    let after = Position { epoch, offset: Offset(first.first.saturating_sub(1)) };
    let mut kept = KeptMessages { after, messages: Vec::new() };
    let mut next = first;
    loop {
        let text = next.epoch.clone();
        let last = next.messages.last().map(|line| line.offset);
        kept.messages.extend(next.messages.into_iter().map(|line| seen(line, epoch)));
        let Some(last) = last.filter(|_| next.more) else { return Ok(kept) };
        next = page(client, channel, Some((&text, last))).await?;
        if next.epoch != text {
            return Err("the epoch changed between two pages".into());
        }
    }
}

/// The message of a stream with this epoch.
pub(super) fn seen(line: Line, epoch: Epoch) -> MessageSeen {
    let data = line.data.get();
    let body = serde_json::from_str(data).unwrap_or_else(|_| data.to_owned());
    let position = Some(Position { epoch, offset: Offset(line.offset) });
    MessageSeen { id: line.id, body, position }
}

async fn page(client: &Client, channel: &str, after: Option<(&str, u64)>) -> Result<Page, String> {
    let mut payload = json!({"channel": channel, "limit": PAGE, "after": 0});
    if let Some((epoch, after)) = after {
        payload["epoch"] = json!(epoch);
        payload["after"] = json!(after);
    }
    for _ in 0..ATTEMPTS {
        // Where there is no connection in time, the question says so.
        drop(tokio::time::timeout(PATIENCE, client.online()).await);
        match client.ask("history", &payload).await {
            Ok(data) => {
                return serde_json::from_str(data.get()).map_err(|error| error.to_string());
            }
            Err(AskError::Offline) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(AskError::Offline.to_string())
}
