//! What `rtmate publish` and `rtmate tail` take.

use clap::Args;

pub(crate) const PUBLISH_EXAMPLES: &str = "\
Examples:
  rtmate publish chat '{\"text\":\"hello\"}'
  rtmate publish prices 12.5 --name changed --app shop
  rtmate publish orders '{\"id\":7}' --key order-7 --url wss://rt.example.com/ws --token \"$TOKEN\"

Prints the receipt as one JSON line.";

pub(crate) const TAIL_EXAMPLES: &str = "\
Examples:
  rtmate tail chat
  rtmate tail chat --rewind 10 | jq .data
  rtmate tail prices --app shop --url wss://rt.example.com/ws --token \"$TOKEN\"

One JSON line for each message, until it is interrupted; it goes on over reconnects. What is said
of the connection goes to standard error.";

/// How to come in.
#[derive(Debug, Args)]
pub struct ReachArgs {
    /// The server's WebSocket address [default: the one that the configuration listens on]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The app
    #[arg(long, default_value = crate::demo_app::ID)]
    pub app: String,
    /// A token, which other users of this machine can see while the command runs [default: one that
    /// is made as `rtmate token` makes it, for this channel alone]
    #[arg(long)]
    pub token: Option<String>,
    /// The client that a token is made for
    #[arg(long, default_value = "rtmate-cli", conflicts_with = "token")]
    pub client: String,
}

/// What to publish.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The channel
    pub channel: String,
    /// The content: JSON, so a text needs its quotes
    pub data: String,
    /// What kind of message it is
    #[arg(long)]
    pub name: Option<String>,
    /// An idempotency key: with the same key and content the message is published once
    #[arg(long)]
    pub key: Option<String>,
    /// How to come in.
    #[command(flatten)]
    pub reach: ReachArgs,
}

/// What to read.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// The channel
    pub channel: String,
    /// Begin with so many earlier messages, 1 to 1000; the channel needs history
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rewind: Option<u32>,
    /// How to come in.
    #[command(flatten)]
    pub reach: ReachArgs,
}
