//! `rtmate tail`

use client::{ChannelEvent, Client, Recovery, Subscription};
use domain::{Action, Epoch, Offset, Position};
use serde::Deserialize;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    NotDone,
    line::{Line, print},
    reach::Way,
};

/// What reading and rewinding need.
pub(super) const ACTIONS: &[Action] = &[Action::Subscribe, Action::History];

/// A page of history.
#[derive(Deserialize)]
struct Page {
    epoch: String,
    offset: u64,
    messages: Vec<Line>,
}

/// Whether to go on.
enum Next {
    On,
    Enough,
}

/// Prints messages until it is interrupted or nobody reads them any more.
pub(super) async fn run(way: Way, channel: String, rewind: Option<u32>) -> Result<(), NotDone> {
    // Heard from the beginning: an interrupt before the first message is no failure either.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        outcome = read(way, &channel, rewind) => outcome,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

async fn read(way: Way, channel: &str, rewind: Option<u32>) -> Result<(), NotDone> {
    let client = way.enter().await?;
    let mut from = None;
    if let Some(count) = rewind {
        let Some(place) = earlier(&client, channel, count).await? else { return Ok(()) };
        from = Some(place);
    }
    let subscription = client.subscribe_from(channel, from).await.map_err(NotDone::Subscribe)?;
    follow(subscription).await?;
    client.stop().await;
    Ok(())
}

/// Prints the last messages. Gives the place behind them, from where the subscription goes on
/// without a gap; nothing where nobody reads any more.
async fn earlier(client: &Client, channel: &str, count: u32) -> Result<Option<Position>, NotDone> {
    let wish = json!({"channel": channel, "limit": count, "order": "desc"});
    let data = client.ask("history", &wish).await.map_err(NotDone::Ask)?;
    let Page { epoch, offset, messages } = serde_json::from_str(data.get())?;
    for message in messages.into_iter().rev() {
        if !print(&message.with_epoch(&epoch))? {
            return Ok(None);
        }
    }
    let epoch = Epoch::parse(&epoch).ok_or_else(|| NotDone::Unsubscribed("no epoch".to_owned()))?;
    Ok(Some(Position { epoch, offset: Offset(offset) }))
}

async fn follow(mut subscription: Subscription) -> Result<(), NotDone> {
    while let Some(event) = subscription.next().await {
        if let Next::Enough = take(event)? {
            break;
        }
    }
    Ok(())
}

fn take(event: ChannelEvent) -> Result<Next, NotDone> {
    match event {
        ChannelEvent::Message(message) => {
            return Ok(if print(&Line::of(message))? { Next::On } else { Next::Enough });
        }
        ChannelEvent::Subscribed { recovery, .. } => eprintln!(
            "rtmate: {}",
            match recovery {
                Recovery::Fresh => "subscribed",
                Recovery::Complete => "subscribed; nothing is missing",
                Recovery::Broken => "subscribed again; what came meanwhile is not shown",
            }
        ),
        ChannelEvent::Unsubscribed { reason, resubscribes: false, refusal } => {
            let why = refusal.map_or(reason, |refusal| refusal.to_string());
            return Err(NotDone::Unsubscribed(why));
        }
        ChannelEvent::Unsubscribed { reason, .. } => {
            eprintln!("rtmate: not subscribed for now: {reason}");
        }
        ChannelEvent::Gap(gap) => {
            let place = |position: Option<Position>| {
                position.map_or_else(|| "?".to_owned(), |place| place.offset.0.to_string())
            };
            let (from, to) = (place(gap.from), place(gap.to));
            eprintln!("rtmate: messages may be missing between {from} and {to}");
        }
        ChannelEvent::Members(_)
        | ChannelEvent::Joined(_)
        | ChannelEvent::Left(_)
        | ChannelEvent::Counted { .. } => {}
    }
    Ok(Next::On)
}
