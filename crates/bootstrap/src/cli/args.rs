//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    AppArgs, ExplainArgs, PublishArgs, ReloadArgs, TailArgs, TopArgs, UsageArgs, VerifyArgs,
    WebhooksArgs,
};
use crate::settings::{Flags, Span};

const EXAMPLES: &str = "\
Examples:
  rtmate                                     serve http://127.0.0.1:3000 with the demo app
  rtmate token --client alice                a token for the demo app, for one hour
  rtmate tail chat                           what comes to a channel of the running server
  rtmate publish chat '{\"text\":\"hello\"}'     a message to it
  rtmate explain --client bob --channel chat why bob did not get the latest message
  rtmate --listen 0.0.0.0:3000               serve the apps of rtmate.toml to everybody
  rtmate config show                         what is in effect, and where it comes from
  rtmate config default > rtmate.toml        begin a configuration

Files:
  ./rtmate.toml        the configuration, if it is there
  ./rtmate-data/       the data directory (store.path): made at the first start

Environment:
  RTMATE__SECTION__KEY sets section.key, such as RTMATE__LOG__FILTER=debug
  It is stronger than the file and weaker than the flags. Lists (apps, keys) stand in the file.

Exit codes:
  0   done, or stopped as asked
  1   anything else that failed
  64  the command line or the configuration can't be used; one line says why
  69  the address is in use
  73  another process has the store";

/// RTMate, a self-hosted realtime server: clients connect over WebSocket, subscribe to channels
/// and send messages.
#[derive(Debug, Parser)]
#[command(name = "rtmate", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What is said about the configuration.
    #[command(flatten)]
    pub flags: FlagArgs,
    /// What to do; without one, serve.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub struct FlagArgs {
    /// Configuration file, which must exist [default: ./rtmate.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to listen on, such as 127.0.0.1:3000 or [::]:3000
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Keep nothing on disk: all data ends with the process
    #[arg(long, global = true)]
    pub ephemeral: bool,
}

impl From<FlagArgs> for Flags {
    fn from(args: FlagArgs) -> Self {
        Self { file: args.config, listen: args.listen, ephemeral: args.ephemeral }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until a signal; what rtmate does without a command
    Serve,
    /// Make a token and print it, alone, on standard output
    #[command(after_help = TOKEN_EXAMPLES)]
    Token(TokenArgs),
    /// Publish a message to a channel of a running server
    #[command(after_help = super::talk::PUBLISH_EXAMPLES)]
    Publish(PublishArgs),
    /// Print the messages of a channel of a running server as they come
    #[command(after_help = super::talk::TAIL_EXAMPLES)]
    Tail(TailArgs),
    /// Make, change and delete apps of a running server, and rotate their keys
    #[command(after_help = super::operate::APP_EXAMPLES)]
    App(AppArgs),
    /// Have a running server read its configuration anew
    #[command(after_help = super::operate::RELOAD_EXAMPLES)]
    Reload(ReloadArgs),
    /// Say why a request was refused, or why a client did not get a message
    #[command(after_help = super::inquire::EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Watch apps, channels and rates of a running server
    #[command(after_help = super::inquire::TOP_EXAMPLES)]
    Top(TopArgs),
    /// Print what an app used, or its bill, as a running server says it
    #[command(after_help = super::usage::EXAMPLES)]
    Usage(UsageArgs),
    /// Check, show or begin a configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at the store of channels that are kept on disk, or copy it; the server must be stopped
    #[command(subcommand, after_help = STORE_HELP)]
    Store(StoreCommand),
    /// Look at the webhooks of a running server, and at requests that they did not take
    #[command(after_help = super::webhooks::EXAMPLES)]
    Webhooks(WebhooksArgs),
    /// Break connections and servers, and see whether every promise is kept
    #[command(after_help = super::verify::EXAMPLES)]
    Verify(VerifyArgs),
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration: exit code 64 and one line if the server would refuse it
    Check,
    /// Print what is in effect, each value with its origin
    Show {
        /// Print secrets too, those of the demo app included
        #[arg(long)]
        secrets: bool,
    },
    /// Print the annotated default
    Default,
}

/// What to do with the store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Read everything, say what is there, and exit with 1 if something is damaged
    ///
    /// Opening a store mends it, here as when the server starts: damaged rows are left out, streams
    /// whose end was lost begin anew with another epoch, and a store that can't be opened at all is
    /// set aside for a new one. So what a check reports as mended, a second one no longer finds.
    Check,
    /// Print how much there is and how large it is, without reading it all
    Stats,
    /// Let go what is too old and write the rest anew, so that it takes less room on disk
    ///
    /// Takes as long as reading and writing all of it, and needs room for the largest part twice.
    Compact,
    /// Write a copy to a directory that is empty or not there yet
    Backup {
        /// Where to
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Make a store of a copy; the data directory must have none
    ///
    /// Every stream begins anew with another epoch, for what was sent after the copy was made is
    /// lost: clients that come back are told that their position can't be recovered.
    Restore {
        /// What `rtmate store backup` wrote
        #[arg(value_name = "DIR")]
        from: PathBuf,
    },
}

const STORE_HELP: &str = "\
The store is the folder `store` of the data directory (store.path). Run these as the user that the
server runs as, while the server is stopped: a store in use is refused with exit code 73.
Opening mends what is damaged, whatever the command; see rtmate store check --help.

Examples:
  rtmate store check
  rtmate store backup /var/backups/rtmate-monday
  RTMATE__STORE__PATH=/var/lib/other rtmate store restore /var/backups/rtmate-monday";

const TOKEN_EXAMPLES: &str = "\
Examples:
  rtmate token --client alice
  rtmate token --app shop --client bob --ttl 15m --grant 'chat:*=subscribe,send'
  rtmate token --client carol --channel chat:lobby --info '{\"name\":\"Carol\"}'

Without --grant the app's default_grants decide what the client may do.";

/// What a token shall say.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The app
    #[arg(long, default_value = crate::demo_app::ID)]
    pub app: String,
    /// The client that the token names
    #[arg(long)]
    pub client: String,
    /// How long it holds: 30s, 15m, 24h, 7d; at most 30d
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub ttl: Span,
    /// What it allows, such as 'chat:*=subscribe,send' (subscribe, send, presence, history); may
    /// be repeated
    #[arg(long = "grant", value_name = "PATTERN=ACTIONS")]
    pub grants: Vec<String>,
    /// Allow nothing but the subscriptions of --channel, whatever the app's default_grants say
    #[arg(long, conflicts_with = "grants")]
    pub no_caps: bool,
    /// What its holder may do by the server API, such as read,publish (read, publish, manage)
    #[arg(long, value_name = "SCOPES", value_delimiter = ',')]
    pub api: Vec<String>,
    /// A subscription that the token makes by itself; may be repeated
    #[arg(long = "channel", value_name = "CHANNEL")]
    pub channels: Vec<String>,
    /// What others may see of the client: JSON, at most 1 KiB
    #[arg(long, value_name = "JSON")]
    pub info: Option<String>,
}
