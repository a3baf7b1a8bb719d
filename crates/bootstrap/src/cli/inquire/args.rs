//! What `rtmate explain` and `rtmate top` take.

use std::path::PathBuf;

use clap::Args;

use crate::settings::Span;

pub(crate) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  rtmate explain --client bob --message 01973f0e-8a1c-7d3e-9f5a-0b1c2d3e4f50
  rtmate explain --client bob --channel chat             the latest message there
  rtmate explain --client bob --channel chat --offset 7
  rtmate explain --client bob --channel chat --at 5m     what came nearest to five minutes ago
  rtmate explain --trace 4bf92f3577b34da6a3ce929d0e0e4736
  rtmate explain --client bob                            what became of its requests
  rtmate explain --connection 0123456789abcdef0123456789abcdef --json --app shop --key-file key

The server remembers what happened of late: the answer says since when.";

pub(crate) const TOP_EXAMPLES: &str = "\
Examples:
  rtmate top                                  the demo app
  rtmate top --key-file operator.key          all apps of the configuration
  rtmate top --app shop --key-file shop.key --url https://rt.example.com
  rtmate top --once                           one table, for a script";

/// Whom to ask, and as whom.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The server's address, http or https [default: the one that the configuration listens on]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A key of the app or of an operator with the scope read, which other users of this machine can
    /// see while the command runs [default for the demo app: its own]
    #[arg(long)]
    pub key: Option<String>,
    /// A file with the key
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub key_file: Option<PathBuf>,
}

/// What to explain.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The client: alone what became of its requests, else why it did or did not get a message
    #[arg(long)]
    pub client: Option<String>,
    /// The message's id
    #[arg(long, value_name = "ID", requires = "client")]
    pub message: Option<String>,
    /// The channel: alone what happened there, with a client its latest message there
    #[arg(long)]
    pub channel: Option<String>,
    /// The message at this place of the channel
    #[arg(long, value_name = "N", requires = "channel")]
    pub offset: Option<u64>,
    /// The message of the channel nearest to then: Unix milliseconds, or so long ago (90s, 5m)
    #[arg(long, value_name = "TIME", requires = "channel", conflicts_with = "offset")]
    pub at: Option<String>,
    /// A request, by its traceId or the trace id of its traceparent
    #[arg(long, value_name = "ID", conflicts_with_all = ["client", "channel", "connection"])]
    pub trace: Option<String>,
    /// A connection
    #[arg(long, value_name = "ID", conflicts_with_all = ["client", "channel"])]
    pub connection: Option<String>,
    /// The app
    #[arg(long, default_value = crate::demo_app::ID)]
    pub app: String,
    /// Print the answer as one JSON line
    #[arg(long)]
    pub json: bool,
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArgs,
}

/// What to watch.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// An app; may be repeated [default: with a key all apps of the configuration, else the demo app]
    #[arg(long = "app", value_name = "APP")]
    pub apps: Vec<String>,
    /// Print one table and end
    #[arg(long)]
    pub once: bool,
    /// Time between two looks, 500ms to 1m
    #[arg(long, value_name = "TIME", default_value = "2s")]
    pub interval: Span,
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArgs,
}
