//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::content::Content;

/// Puts RTMate under load and measures what that takes.
#[derive(Debug, Parser)]
#[command(name = "rtmate-bench", version)]
pub struct Command {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Runs one scenario against a server that is already there.
    Run(Box<RunArgs>),
    /// Serves as the least server that can be, to hold figures against.
    Floor(FloorArgs),
    /// Starts RTMate and floors by turns, and sets their figures side by side.
    Compare(CompareArgs),
    /// Measures what an app notices of another one that floods the same server.
    Fairness(FairnessArgs),
    /// Measures durable history on a server of its own: sends, returns, pages, a start.
    Durable(DurableArgs),
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScenarioName {
    /// One channel, all subscribers in it.
    Fanout,
    /// Many small channels, random publishes.
    Channels,
    /// Connections that do nothing: memory.
    Idle,
    /// Connect, authenticate, subscribe, close: CPU of a cycle.
    Churn,
    /// Some subscribers stop reading.
    Slow,
    /// A small channel beside a large fan-out.
    Beside,
}

/// `rtmate-bench run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// What is measured.
    pub scenario: ScenarioName,
    /// The server's address, ws:// or wss://.
    #[arg(long, default_value = "ws://127.0.0.1:3000/ws")]
    pub url: String,
    /// What lies between the frames and the wire.
    #[command(flatten)]
    pub transport: Transport,
    /// The app to authenticate for.
    #[arg(long)]
    pub app: String,
    /// How the run authenticates.
    #[command(flatten)]
    pub credentials: Credentials,
    /// The server's process on this machine, for its CPU time and memory.
    #[arg(long)]
    pub pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// How large the scenario is.
    #[command(flatten)]
    pub size: Size,
}

/// What lies between the frames and the wire.
#[derive(Debug, Clone, Default, Args)]
pub struct Transport {
    /// A PEM file with the certificates that wss:// trusts. It trusts no others.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Offer permessage-deflate without context takeover, and name the app in the address.
    #[arg(long)]
    pub compress: bool,
}

/// One of three.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Credentials {
    /// A token that may subscribe and send in bench:*.
    #[arg(long)]
    pub token: Option<String>,
    /// The file with such a token.
    #[arg(long)]
    pub token_file: Option<PathBuf>,
    /// The variable with the app's shared secret, to sign such a token with HS256.
    #[arg(long)]
    pub secret_env: Option<String>,
}

/// How large a scenario is. What is not given has the scenario's own default.
#[derive(Debug, Clone, Default, Args)]
pub struct Size {
    /// Subscribers (fanout 1000, slow 200, beside 10000), or connections (idle 10000).
    #[arg(long)]
    pub subscribers: Option<usize>,
    /// Messages under way at once (fanout 1, channels 16), or cycles (churn 16).
    #[arg(long)]
    pub in_flight: Option<usize>,
    /// Messages a second at fixed times, instead of waiting for those under way (slow 200).
    #[arg(long, conflicts_with = "in_flight")]
    pub rate: Option<f64>,
    /// Channels (channels 100, idle 1). Subscribers are spread over them.
    #[arg(long)]
    pub channels: Option<usize>,
    /// Bytes of a message's data (128; slow 16384).
    #[arg(long)]
    pub payload: Option<usize>,
    /// What that is made of.
    #[arg(long, value_enum, default_value_t)]
    pub content: Content,
    /// Subscribers who stop reading (slow 10).
    #[arg(long)]
    pub stalled: Option<usize>,
    /// Seconds that are measured (3; slow 6).
    #[arg(long)]
    pub seconds: Option<f64>,
    /// Measure so many messages instead of a time.
    #[arg(long, conflicts_with = "seconds")]
    pub messages: Option<u64>,
    /// Seconds before the measuring.
    #[arg(long, default_value_t = 1.0)]
    pub warmup: f64,
}

impl Size {
    pub(crate) fn warmup(&self) -> Duration {
        Duration::try_from_secs_f64(self.warmup).unwrap_or_default()
    }

    pub(crate) fn time(&self, default: f64) -> Duration {
        Duration::try_from_secs_f64(self.seconds.unwrap_or(default)).unwrap_or_default()
    }
}

/// `rtmate-bench floor`
#[derive(Debug, Args)]
pub struct FloorArgs {
    /// Where to serve; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Write once per subscriber and turn of the loop instead of once per delivery.
    #[arg(long)]
    pub gather: bool,
}

/// `rtmate-bench compare`
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The server's binary.
    #[arg(long, default_value = "target/release/rtmate")]
    pub server: PathBuf,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Which comparison, several by what they begin with (tls), or all; see docs/performance.md.
    #[arg(long, default_value = "all")]
    pub scenario: String,
    /// The core of the servers. Two workers get that of the generator too.
    #[arg(long, default_value_t = 0)]
    pub server_core: usize,
    /// The core of the generator.
    #[arg(long, default_value_t = 1)]
    pub generator_core: usize,
    /// Seconds of each measurement, where the comparison has no time of its own.
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
    /// End with 1 where a bar is missed.
    #[arg(long)]
    pub strict: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `rtmate-bench fairness`
#[derive(Debug, Args)]
pub struct FairnessArgs {
    /// The server's binary.
    #[arg(long, default_value = "target/release/rtmate")]
    pub server: PathBuf,
    /// How often everything is measured.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Slices that each of a round's three measurements is made of; they take turns.
    #[arg(long, default_value_t = 4)]
    pub slices: usize,
    /// Seconds of each slice.
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Messages a second that the flooding app may send, to 50 subscribers.
    #[arg(long, default_value_t = 200)]
    pub limit: u32,
    /// How many times that it tries to send.
    #[arg(long, default_value_t = 10.0)]
    pub flood: f64,
    /// Give the flooding app no limits: for a look at what they are good for.
    #[arg(long)]
    pub unlimited: bool,
    /// The core of the server.
    #[arg(long, default_value_t = 0)]
    pub server_core: usize,
    /// The core of both generators.
    #[arg(long, default_value_t = 1)]
    pub generator_core: usize,
    /// Worker threads of the server.
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
    /// End with 1 where the bar is missed.
    #[arg(long)]
    pub strict: bool,
}

/// What of durable history is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DurableScenario {
    /// All of them, one after the other.
    All,
    /// Sends a second with 1, 16 and 256 senders, beside the disk's own syncs a second.
    Sends,
    /// Clients that come back together to a server that was killed.
    Returns,
    /// Pages of history.
    History,
    /// A start after a kill.
    Start,
}

/// `rtmate-bench durable`
#[derive(Debug, Clone, Args)]
pub struct DurableArgs {
    /// The server's binary.
    #[arg(long, default_value = "target/release/rtmate")]
    pub server: PathBuf,
    /// What is measured.
    #[arg(long, value_enum, default_value = "all")]
    pub scenario: DurableScenario,
    /// Seconds of each measurement of sends and of pages.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Clients that come back.
    #[arg(long, default_value_t = 10_000)]
    pub clients: usize,
    /// Seconds within which they do.
    #[arg(long, default_value_t = 1.0)]
    pub within: f64,
    /// Messages of each channel that they have missed.
    #[arg(long, default_value_t = 20)]
    pub missed: u64,
    /// Channels of the store that is started.
    #[arg(long, default_value_t = 10_000)]
    pub channels: usize,
    /// Messages in it, over all channels.
    #[arg(long, default_value_t = 1_000_000)]
    pub messages: u64,
    /// Bytes of a message's data.
    #[arg(long, default_value_t = 128)]
    pub payload: usize,
    /// Where the server's data is, for a while [default: the system's temporary folder].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Print JSON, a line for each measurement.
    #[arg(long)]
    pub json: bool,
}
