//! What is sent, and what comes back.

use std::time::Duration;

use domain::{ChannelName, MessageName, Position};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::DraftError;

/// A message that is to be sent.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(crate) channel: ChannelName,
    pub(crate) data: Box<RawValue>,
    pub(crate) name: Option<MessageName>,
    pub(crate) echo: bool,
    pub(crate) deadline: Option<Duration>,
}

impl Draft {
    /// A message with this data.
    ///
    /// # Errors
    /// The channel is none, or the data can't be JSON.
    pub fn new(channel: &str, data: &(impl Serialize + ?Sized)) -> Result<Self, DraftError> {
        let channel = ChannelName::parse(channel).map_err(DraftError::Channel)?;
        let data = serde_json::value::to_raw_value(data).map_err(DraftError::Data)?;
        Ok(Self { channel, data, name: None, echo: true, deadline: None })
    }

    /// With a name: what kind of message it is.
    ///
    /// # Errors
    /// No message can have that name.
    pub fn named(self, name: &str) -> Result<Self, DraftError> {
        Ok(Self { name: Some(MessageName::parse(name).map_err(DraftError::Name)?), ..self })
    }

    /// Not shown to this client itself.
    #[must_use]
    pub fn without_echo(self) -> Self {
        Self { echo: false, ..self }
    }

    /// Tried for so long.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }
}

/// The server's acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The message's id.
    pub id: String,
    /// When it was stamped: Unix milliseconds.
    pub ts: u64,
    /// Its place, in a channel with history.
    pub position: Option<Position>,
    /// Whether an earlier attempt had succeeded.
    pub repeated: bool,
    /// The key that it was sent with.
    pub key: String,
}
