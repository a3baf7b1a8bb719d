//! What `rtmate app` and `rtmate reload` take.

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(crate) const APP_EXAMPLES: &str = "\
Examples:
  rtmate app create shop
  rtmate app change shop '{\"default_grants\": {\"chat:*\": [\"subscribe\", \"send\"]}}'
  rtmate app key add shop jwt k2
  rtmate app key add shop api backend --scope publish --scope read
  rtmate app key remove shop jwt k1
  rtmate app disable shop

Asks the running server and prints what it answers as JSON. The key of an operator comes from the
variable RTMATE_OPERATOR_KEY; without it, it is the demo app's, which is good on this machine.";

pub(crate) const RELOAD_EXAMPLES: &str = "\
Examples:
  rtmate reload --dry-run
  rtmate reload

Prints each setting that differs from what the server runs with, and whether it counts at once or
needs a restart. SIGHUP does the same, and tells the log. The key is found as for rtmate app.";

/// Which server.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// The server's address, such as https://rt.example.com [default: the one that the
    /// configuration listens on]
    #[arg(long, value_name = "URL", global = true)]
    pub url: Option<String>,
}

/// What to do with apps.
#[derive(Debug, Args)]
pub struct AppArgs {
    /// What.
    #[command(subcommand)]
    pub command: AppCommand,
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// What to do with apps.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// List all apps
    List,
    /// Show an app, without its secrets
    Show {
        /// Its id
        app: String,
    },
    /// Make an app
    Create {
        /// Its id
        app: String,
        /// What it is besides its id: JSON with the keys of [[apps]], - for standard input
        #[arg(long, value_name = "FILE")]
        document: Option<PathBuf>,
    },
    /// Change an app: tables are merged, lists replaced, null takes a key away
    Change {
        /// Its id
        app: String,
        /// JSON with keys of [[apps]]
        patch: String,
    },
    /// Refuse everybody, and end the app's connections
    Disable {
        /// Its id
        app: String,
    },
    /// Let them in again
    Enable {
        /// Its id
        app: String,
    },
    /// Delete an app and all that its channels have kept
    Delete {
        /// Its id
        app: String,
    },
    /// Give an app a key, or take one away
    #[command(subcommand)]
    Key(KeyCommand),
}

/// What to do with the keys of an app.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Give an app one more key; the secret that the server makes is printed this once
    Add {
        /// The app
        app: String,
        /// jwt, api or pusher
        kind: String,
        /// The kid of a jwt key, the name of an api key, the key of a pusher key
        name: Option<String>,
        /// What an api key may do: read, publish, manage; may be repeated
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// More of the key as JSON, such as '{"alg": "ES256", "public_key": "..."}'
        #[arg(long, value_name = "JSON")]
        entry: Option<String>,
    },
    /// Take a key away
    Remove {
        /// The app
        app: String,
        /// jwt, api or pusher
        kind: String,
        /// The key's name
        name: String,
    },
}

/// What to reload.
#[derive(Debug, Args)]
pub struct ReloadArgs {
    /// Only say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
}
