//! A client that asks for the last messages, again and again.

use std::ops::Range;

use client::{AskError, Client, Random};
use domain::{Epoch, Offset, Position};
use serde::Deserialize;
use serde_json::json;

use super::{
    disorder::{Stop, wait},
    history::{Line, seen},
    plan::Plan,
    publisher::pick,
    record::Rewind,
};

/// Messages that are asked for.
const MESSAGES: Range<u64> = 1..30;
/// Milliseconds between two.
const PAUSE: Range<u64> = 20..200;
/// So many records are kept.
const MOST: usize = 20_000;

#[derive(Deserialize)]
struct Reply {
    epoch: String,
    offset: u64,
    messages: Vec<Line>,
}

/// Subscribes with `rewind` and leaves again until it is time to stop.
pub(super) async fn run(
    plan: Plan,
    client: Client,
    mut random: Random,
    mut stop: Stop,
) -> Result<Vec<Rewind>, String> {
    let mut rewinds = Vec::new();
    while rewinds.len() < MOST && !wait(&mut stop, &mut random, PAUSE).await {
        let channel = pick(&plan.channels, &mut random);
        let asked = random.within(MESSAGES);
        let data =
            match client.ask("subscribe", &json!({"channel": channel, "rewind": asked})).await {
                Ok(data) => data,
                Err(AskError::Offline) => continue,
                Err(AskError::Refused(refusal)) if refusal.retry_after.is_some() => continue,
                Err(error) => return Err(error.to_string()),
            };
        let reply: Reply = serde_json::from_str(data.get()).map_err(|error| error.to_string())?;
        let epoch = Epoch::parse(&reply.epoch).ok_or("the epoch is none")?;
        let position = Position { epoch, offset: Offset(reply.offset) };
        let messages = reply.messages.into_iter().map(|line| seen(line, epoch)).collect();
        rewinds.push(Rewind { channel: channel.to_owned(), asked, position, messages });
        // Where the connection is gone, so is the subscription.
        drop(client.ask("unsubscribe", &json!({"channel": channel})).await);
    }
    client.stop().await;
    Ok(rewinds)
}
