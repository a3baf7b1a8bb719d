//! `rtmate webhooks`: how the webhooks of a running server stand, and their dead letters.

use std::{net::Ipv4Addr, process::ExitCode, time::Duration};

use application::ports::{TokenIssuer, TokenRequest};
use clap::{Args, Subcommand};
use domain::{ClientId, Scope, Timestamp};
use listener::Address;
use reqwest::{Client, Method, Url, redirect};
use serde_json::Value;

use super::{print, token};
use crate::settings::{Loaded, Refused, Settings};

/// How long an answer may take: a test waits for the receiver.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a token holds that is made for one request.
const LIFE: Duration = Duration::from_secs(60);

pub(crate) const EXAMPLES: &str = "\
Examples:
  rtmate webhooks list --app shop
  rtmate webhooks letters crm --app shop
  rtmate webhooks replay crm --app shop            all dead letters, from the oldest
  rtmate webhooks drop crm 17 --app shop
  rtmate webhooks test crm --app shop --url https://rt.example.com --key \"$KEY\"

Prints JSON: list and letters one line for each, the others one line.";

/// What to do, and with which server.
#[derive(Debug, Args)]
pub struct WebhooksArgs {
    /// What to do.
    #[command(subcommand)]
    command: WebhooksCommand,
    /// The server's address [default: the one that the configuration listens on]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// The app
    #[arg(long, global = true, default_value = crate::demo_app::ID)]
    app: String,
    /// A key of the server API, or a token with `api`, which other users of this machine can see
    /// while the command runs [default: a token that is made as `rtmate token` makes it]
    #[arg(long, global = true)]
    key: Option<String>,
}

#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    /// Say how each webhook stands
    List,
    /// Print requests that were given up
    Letters {
        /// The webhook
        webhook: String,
        /// Only letters with greater numbers
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Send dead letters again; exit code 1 where one is not taken
    Replay {
        /// The webhook
        webhook: String,
        /// One letter [default: all, from the oldest, until one is not taken]
        number: Option<u64>,
    },
    /// Drop dead letters
    Drop {
        /// The webhook
        webhook: String,
        /// One letter
        #[arg(required_unless_present = "all")]
        number: Option<u64>,
        /// All of them
        #[arg(long, conflicts_with = "number")]
        all: bool,
    },
    /// Send a request that tells nothing; exit code 1 where it is not taken
    Test {
        /// The webhook
        webhook: String,
    },
    /// Have a webhook that fails, or was switched off by 410, try at once
    Retry {
        /// The webhook
        webhook: String,
    },
}

/// One request of the server API.
struct Ask {
    method: Method,
    path: Vec<String>,
    query: Option<(&'static str, u64)>,
    /// The list in its answer that is printed line by line.
    list: Option<&'static str>,
}

impl WebhooksCommand {
    fn ask(&self) -> Ask {
        let (method, path, list): (_, &[&str], _) = match self {
            Self::List => (Method::GET, &[], Some("webhooks")),
            Self::Letters { webhook, .. } => (Method::GET, &[webhook, "letters"], Some("letters")),
            Self::Replay { webhook, number: None } => {
                (Method::POST, &[webhook, "letters", "replay"], None)
            }
            Self::Replay { webhook, number: Some(number) } => {
                (Method::POST, &[webhook, "letters", &number.to_string(), "replay"], None)
            }
            Self::Drop { webhook, number: None, .. } => {
                (Method::DELETE, &[webhook, "letters"], None)
            }
            Self::Drop { webhook, number: Some(number), .. } => {
                (Method::DELETE, &[webhook, "letters", &number.to_string()], None)
            }
            Self::Test { webhook } => (Method::POST, &[webhook, "test"], None),
            Self::Retry { webhook } => (Method::POST, &[webhook, "retry"], None),
        };
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        let query =
            if let Self::Letters { after, .. } = self { Some(("after", *after)) } else { None };
        Ask { method, path, query, list }
    }

    const fn scope(&self) -> Scope {
        match self {
            Self::List | Self::Letters { .. } => Scope::Read,
            Self::Replay { .. } | Self::Drop { .. } | Self::Test { .. } | Self::Retry { .. } => {
                Scope::Manage
            }
        }
    }
}

/// Why it was not done. One line each.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("can't begin: {0}")]
    System(#[from] std::io::Error),
    #[error("the server can't be asked ({0}); is it running?")]
    Request(reqwest::Error),
    #[error("the server refuses: {0}")]
    Refused(String),
    #[error("the server's answer is not understood")]
    Answer,
    #[error("letter {0} was not taken: {1}")]
    NotTaken(Value, String),
}

/// Asks the server and prints its answer: 0, or 1 and one line on standard error.
///
/// # Errors
/// The command line can't be used, or no token can be made.
pub(super) fn run(
    args: &WebhooksArgs,
    loaded: &Loaded,
    issuer: &dyn TokenIssuer,
    now: Timestamp,
) -> Result<ExitCode, Refused> {
    let url = url(args, &loaded.settings)?;
    let key = match &args.key {
        Some(key) => key.clone(),
        None => made(args, loaded, issuer, now)?,
    };
    let asked = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(ask(url, &key, args.command.ask()))
    };
    match asked() {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("rtmate: {error}");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn ask(url: Url, key: &str, ask: Ask) -> Result<(), NotDone> {
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    let client = client.timeout(PATIENCE).build().map_err(NotDone::Request)?;
    let one = || one(client.request(ask.method.clone(), url.clone()).bearer_auth(key));
    let mut data = one().await?;
    // The server sends what it can in some seconds, and says whether more are there.
    while ask.list.is_none() && data["more"] == true && data["failure"].is_null() {
        let next = one().await?;
        let done = [&data, &next].map(|data| data["done"].as_u64().unwrap_or_default());
        data = next;
        data["done"] = done.iter().sum::<u64>().into();
    }
    match ask.list.and_then(|list| data[list].as_array()) {
        Some(lines) => lines.iter().for_each(|line| print(&format!("{line}\n"))),
        None => print(&format!("{data}\n")),
    }
    if ask.list.is_some() && data["more"] == true {
        eprintln!("rtmate: more are there; go on with --after and the last number");
    }
    match data["failure"].as_str() {
        Some(why) => Err(NotDone::NotTaken(data["failed"].clone(), why.to_owned())),
        None => Ok(()),
    }
}

async fn one(request: reqwest::RequestBuilder) -> Result<Value, NotDone> {
    let failed = |error: reqwest::Error| NotDone::Request(error.without_url());
    let text = request.send().await.map_err(failed)?.text().await.map_err(failed)?;
    let mut answer: Value = serde_json::from_str(&text).map_err(|_| NotDone::Answer)?;
    if answer["code"] != 200 {
        let message = answer["message"].as_str().ok_or(NotDone::Answer)?;
        return Err(NotDone::Refused(message.to_owned()));
    }
    Ok(answer["data"].take())
}

/// The address of what is asked.
fn url(args: &WebhooksArgs, settings: &Settings) -> Result<Url, Refused> {
    let base = match &args.url {
        Some(url) => url.clone(),
        None => own_address(settings)?,
    };
    let mistake = || Refused::new(format!("--url {base}: not an address (https://host)"));
    let mut url = Url::parse(&base).map_err(|_| mistake())?;
    let ask = args.command.ask();
    url.path_segments_mut()
        .map_err(|()| mistake())?
        .pop_if_empty()
        .extend(["v1", "apps", &args.app, "webhooks"])
        .extend(&ask.path);
    if let Some((key, value)) = ask.query {
        url.query_pairs_mut().append_pair(key, &value.to_string());
    }
    Ok(url)
}

/// Where a server of this configuration has its server API, as this machine reaches it.
fn own_address(settings: &Settings) -> Result<String, Refused> {
    let server = &settings.server;
    let (address, sealed) = match &server.internal_listen {
        Some(internal) => (internal, ""),
        None => (&server.listen, if server.tls.is_some() { "s" } else { "" }),
    };
    let Address::Tcp(mut address) = *address else {
        let words = "the server API is on a Unix socket; say with --url how to come in";
        return Err(Refused::new(words));
    };
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http{sealed}://{address}"))
}

fn made(
    args: &WebhooksArgs,
    loaded: &Loaded,
    issuer: &dyn TokenIssuer,
    now: Timestamp,
) -> Result<String, Refused> {
    let app = token::app(&args.app, loaded)?;
    let request = TokenRequest {
        client: ClientId::parse("rtmate-cli").map_err(|error| Refused::new(error.to_string()))?,
        expires_at: now.after(LIFE),
        caps: Some(Vec::new()),
        channels: Vec::new(),
        info: None,
        api: vec![args.command.scope()],
    };
    let made = issuer.issue(&app, &request);
    made.map_err(|error| {
        Refused::new(format!("no token can be made: {error}; give one with --key"))
    })
}
