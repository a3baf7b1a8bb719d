//! `rtmate publish`

use std::time::Duration;

use client::Draft;
use domain::{Action, MessageKey, MessageName};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    NotDone, PublishArgs,
    line::{ReceiptLine, print},
    reach::Way,
};
use crate::settings::Refused;

/// What publishing needs.
pub(super) const ACTIONS: &[Action] = &[Action::Send];

/// So long a message is tried.
const DEADLINE: Duration = Duration::from_secs(10);

/// A message that can be sent.
pub(super) struct Message {
    channel: String,
    data: Box<RawValue>,
    name: Option<String>,
    key: Option<String>,
}

impl Message {
    pub(super) fn parse(args: &PublishArgs) -> Result<Self, Refused> {
        let refused =
            |what: &str, why: &dyn std::fmt::Display| Refused::new(format!("{what}: {why}"));
        let data = RawValue::from_string(args.data.clone()).map_err(|error| {
            refused("DATA", &format!("no JSON ({error}); a text needs its quotes: '\"hello\"'"))
        })?;
        if let Some(name) = &args.name {
            MessageName::parse(name).map_err(|error| refused("--name", &error))?;
        }
        if let Some(key) = &args.key {
            MessageKey::parse(key).map_err(|error| refused("--key", &error))?;
        }
        let (channel, name, key) = (args.channel.clone(), args.name.clone(), args.key.clone());
        Ok(Self { channel, data, name, key })
    }
}

/// The same as a request.
#[derive(Serialize)]
struct Send<'a> {
    channel: &'a str,
    data: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    key: &'a str,
}

/// Sends it and prints the receipt.
pub(super) async fn run(way: Way, message: Message) -> Result<(), NotDone> {
    let client = way.enter().await?;
    let Message { channel, data, name, key } = message;
    let receipt = match key {
        // With a key of its own a send is asked for once: whoever chose the key can repeat it.
        Some(key) => {
            let send = Send { channel: &channel, data: &data, name: name.as_deref(), key: &key };
            let data = client.ask("messageSend", &send).await.map_err(NotDone::Ask)?;
            serde_json::from_str(data.get())?
        }
        None => {
            // What was parsed before can be drafted.
            let draft = Draft::new(&channel, &data).map_err(not_drafted)?.within(DEADLINE);
            let draft = match &name {
                Some(name) => draft.named(name).map_err(not_drafted)?,
                None => draft,
            };
            ReceiptLine::of(client.send(draft).await.map_err(NotDone::Send)?)
        }
    };
    client.stop().await;
    print(&receipt).map(|_| ())
}

fn not_drafted(error: client::DraftError) -> NotDone {
    NotDone::System(std::io::Error::other(error))
}
