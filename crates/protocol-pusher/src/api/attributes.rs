//! What is asked of channels.

use domain::ChannelName;

use super::Fault;
use crate::ChannelKind;

/// What is asked of channels: `info=user_count,subscription_count`. Other words ask for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes {
    /// How many users are there; presence channels have such a number.
    pub users: bool,
    /// How many connections subscribe.
    pub subscriptions: bool,
}

impl Attributes {
    /// Reads the list.
    #[must_use]
    pub fn parse(info: Option<&str>) -> Self {
        let names =
            |name: &str| info.unwrap_or_default().split(',').any(|word| word.trim() == name);
        Self { users: names("user_count"), subscriptions: names("subscription_count") }
    }

    /// As they are for a channel that was sent to: users are counted where there are any.
    #[must_use]
    pub fn fitting(self, channel: &ChannelName) -> Self {
        Self { users: self.users && ChannelKind::of(channel).presence, ..self }
    }

    /// As they are for a channel that is asked for.
    ///
    /// # Errors
    /// `Invalid`: users of a channel that is no presence channel.
    pub fn of_channel(self, channel: &ChannelName) -> Result<Self, Fault> {
        self.presence_only(ChannelKind::of(channel).presence)
    }

    /// As they are for all channels that begin with `prefix`.
    ///
    /// # Errors
    /// `Invalid`: users, and the prefix does not leave presence channels only.
    pub fn of_prefix(self, prefix: &str) -> Result<Self, Fault> {
        self.presence_only(prefix.starts_with("presence-"))
    }

    fn presence_only(self, presence: bool) -> Result<Self, Fault> {
        if self.users && !presence {
            let text = "user_count is for presence channels only: ask for channels whose names \
                        begin with presence-";
            return Err(Fault::invalid(text));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_counted_in_presence_channels() {
        let both = Attributes::parse(Some("subscription_count, user_count,cache"));
        assert_eq!(both, Attributes { users: true, subscriptions: true });
        assert_eq!(Attributes::parse(None), Attributes::default());
        assert_eq!(Attributes::parse(Some("user_counts")), Attributes::default());
        let channel = |name| ChannelName::parse(name).unwrap();
        assert_eq!(both.of_channel(&channel("presence-a")), Ok(both));
        assert_eq!(both.of_channel(&channel("private-a")).unwrap_err().status(), 400);
        assert!(both.of_prefix("presence-x").is_ok());
        assert!(both.of_prefix("presence").is_err());
        assert!(both.of_prefix("").is_err());
        assert!(!both.fitting(&channel("a")).users);
        let subscriptions = Attributes::parse(Some("subscription_count"));
        assert_eq!(subscriptions.of_prefix(""), Ok(subscriptions));
    }
}
