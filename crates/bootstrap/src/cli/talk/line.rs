//! What is printed: one JSON object on a line.

use std::io::{self, Write};

use client::{Message, Receipt, Sender};
use domain::Position;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::NotDone;

/// A message, as it came in a push or a page of history.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    id: String,
    ts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    data: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Author>,
}

/// Who sent it.
#[derive(Debug, Serialize, Deserialize)]
struct Author {
    client: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    info: Option<Box<RawValue>>,
}

impl Line {
    /// The message of a push.
    pub(super) fn of(message: Message) -> Self {
        let Message { id, ts, position, name, data, from } = message;
        let (epoch, offset) = place(position);
        let from =
            from.map(|Sender { client, connection, info }| Author { client, connection, info });
        Self { id, ts, epoch, offset, name, data, from }
    }

    /// A page's message: the page says once of which epoch it is.
    pub(super) fn with_epoch(self, epoch: &str) -> Self {
        Self { epoch: Some(epoch.to_owned()), ..self }
    }
}

/// The receipt of a message.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReceiptLine {
    id: String,
    ts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

impl ReceiptLine {
    pub(super) fn of(receipt: Receipt) -> Self {
        let Receipt { id, ts, position, repeated, key: _ } = receipt;
        let (epoch, offset) = place(position);
        Self { id, ts, epoch, offset, repeated }
    }
}

fn place(position: Option<Position>) -> (Option<String>, Option<u64>) {
    (position.map(|place| place.epoch.to_string()), position.map(|place| place.offset.0))
}

/// Prints it at once; says whether anybody still reads.
pub(super) fn print(line: &impl Serialize) -> Result<bool, NotDone> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = io::stdout().lock();
    match out.write_all(&text).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        // A reader that went away (`| head`) has what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}
