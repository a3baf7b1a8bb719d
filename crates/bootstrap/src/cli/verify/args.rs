//! What the command line takes.

use std::path::PathBuf;

use clap::Args;

use super::record::Promise;

pub(crate) const EXAMPLES: &str = "\
Examples:
  rtmate verify --spawn --seconds 60
  rtmate verify --spawn --webhooks --seconds 600
  rtmate verify --url ws://127.0.0.1:3000/ws --app shop --secret-env SHOP_SECRET --history none

With --spawn it starts a server of its own with a data directory of its own, kills it (SIGKILL) and
starts it again at random times. With --url it only breaks its own connections. With --webhooks
receivers of webhooks are killed, slow and wrong besides, and the usage ledger is looked into.

It ends with 0 where every promise was kept, with 1 and the findings where not.";

/// What is verified, and how.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A running server, such as ws://127.0.0.1:3000/ws
    #[arg(long, conflicts_with = "spawn", required_unless_present = "spawn")]
    pub url: Option<String>,
    /// Start, kill and restart a server of our own
    #[arg(long)]
    pub spawn: bool,
    /// Have webhooks and the usage ledger keep their promises too, with --spawn and durable history
    #[arg(long, requires = "spawn")]
    pub webhooks: bool,
    /// The app, for --url
    #[arg(long, value_name = "ID", requires = "url", required_unless_present = "spawn")]
    pub app: Option<String>,
    /// The variable that holds the app's HS256 secret, for --url
    #[arg(long, value_name = "NAME", requires = "url", conflicts_with = "token_file")]
    pub secret_env: Option<String>,
    /// A file that holds a token which may subscribe, send and read the history, for --url; read
    /// again whenever a new token is needed
    #[arg(long, value_name = "FILE", requires = "url")]
    pub token_file: Option<PathBuf>,
    /// What the channels promise
    #[arg(long, value_enum, default_value = "durable")]
    pub history: Promise,
    /// The beginning of the channels' names
    #[arg(long, default_value = "verify:")]
    pub prefix: String,
    /// How long to send and to break things
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// Repeats a schedule [default: a new one]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Clients that send
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub publishers: u16,
    /// Clients that read every channel
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub subscribers: u16,
    /// Channels
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub channels: u16,
}
