//! Clients that send.

use std::time::Duration;

use client::{Client, Draft, DraftError, Random, SendError};

use super::{
    NoVerdict,
    disorder::{Stop, wait},
    plan::Plan,
    reader,
    record::{Outcome, Sent},
};

/// So long a send is tried.
const DEADLINE: Duration = Duration::from_secs(20);

/// Longer between the sends of a reader than between those of a publisher.
const SELDOM: u64 = 10;

/// A reader's own sends, which it must not be told of, until it is time to stop.
pub(super) async fn murmur(
    plan: Plan,
    client: Client,
    number: u16,
    mut random: Random,
    mut stop: Stop,
) -> Result<Vec<Sent>, NoVerdict> {
    let (mut sends, pause) = (Vec::new(), plan.pause());
    // Numbers of publishers go on after the closer's.
    let publisher = usize::from(plan.publishers) + 1 + usize::from(number);
    let pause = pause.start * SELDOM..pause.end * SELDOM;
    for count in 0..plan.most_sends() {
        if wait(&mut stop, &mut random, pause.clone()).await {
            break;
        }
        let channel = pick(&plan.channels, &mut random);
        let body = format!("r{number}-{count}");
        let quiet = draft(channel, &body).map(Draft::without_echo);
        let sent = send_draft(&client, publisher, channel, body, quiet).await?;
        sends.push(Sent { hidden_from: Some(reader::name(number)), ..sent });
    }
    Ok(sends)
}

/// Sends to random channels until it is time to stop, each send after the answer to the last one.
pub(super) async fn run(
    plan: Plan,
    client: Client,
    number: u16,
    mut random: Random,
    mut stop: Stop,
) -> Result<Vec<Sent>, NoVerdict> {
    let mut sends = Vec::new();
    for count in 0..plan.most_sends() {
        if wait(&mut stop, &mut random, plan.pause()).await {
            break;
        }
        let channel = pick(&plan.channels, &mut random);
        let body = format!("p{number}-{count}");
        sends.push(send(&client, usize::from(number), channel, body).await?);
    }
    Ok(sends)
}

/// One of the channels.
pub(super) fn pick<'a>(channels: &'a [String], random: &mut Random) -> &'a str {
    let index = random.within(0..channels.len() as u64);
    &channels[usize::try_from(index).unwrap_or(0)]
}

/// Sends one message.
pub(super) async fn send(
    client: &Client,
    publisher: usize,
    channel: &str,
    body: String,
) -> Result<Sent, NoVerdict> {
    let plain = draft(channel, &body);
    send_draft(client, publisher, channel, body, plain).await
}

async fn send_draft(
    client: &Client,
    publisher: usize,
    channel: &str,
    body: String,
    draft: Result<Draft, DraftError>,
) -> Result<Sent, NoVerdict> {
    let outcome = match draft {
        Ok(draft) => client.send(draft).await,
        Err(_) => return Err(NoVerdict::Fault("a draft")),
    };
    let outcome = match outcome {
        Ok(receipt) => Outcome::Acknowledged {
            id: receipt.id,
            position: receipt.position,
            repeated: receipt.repeated,
        },
        Err(SendError::Refused(refusal)) => Outcome::Refused(refusal.to_string()),
        Err(SendError::Expired { .. } | SendError::QueueFull { .. }) => Outcome::Unknown,
        Err(SendError::Stopped { why, .. }) => {
            return Err(NoVerdict::Stopped { who: format!("publisher {publisher}"), why });
        }
    };
    Ok(Sent { publisher, channel: channel.to_owned(), body, outcome, hidden_from: None })
}

fn draft(channel: &str, body: &str) -> Result<Draft, DraftError> {
    Ok(Draft::new(channel, body)?.within(DEADLINE))
}
