//! `rtmate usage`: what an app used, and what that costs, as a running server says it.

use std::{process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use domain::{AppId, Hour, Month};
use secrecy::{ExposeSecret, SecretString};

use super::own_address;
use crate::settings::{Loaded, Refused, Settings, Surroundings};

pub(crate) const EXAMPLES: &str = "\
Examples:
  RTMATE_KEY=... rtmate usage --app shop
  rtmate usage --app shop --from 2026-11-01 --to 2026-12-01 --step hour --format csv > november.csv
  rtmate usage --app shop --bill 2026-11
  rtmate usage --app shop --url https://rt.example.com --format cloudevents

RTMATE_KEY is a key of the app or of an operator with the scope read. Prints the answer as it comes.";

/// The variable that has the key: a flag would show it to other users of this machine.
const KEY: &str = "RTMATE_KEY";

/// So long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to ask for.
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// The app
    #[arg(long, default_value = crate::demo_app::ID)]
    pub app: String,
    /// The first day or hour, UTC: 2026-11-23 or 2026-11-23T10:00:00Z [default: that of the month]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// The one behind the last [default: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// How long the time of each row is [default: day]
    #[arg(long, value_enum)]
    pub step: Option<Step>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// The bill of this month instead, such as 2026-11
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to", "step", "format"])]
    pub bill: Option<String>,
    /// The server's HTTP address [default: the one that the configuration listens on]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// How long a row's time is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Step {
    /// An hour
    Hour,
    /// A day
    Day,
    /// A month
    Month,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// A table
    Csv,
    /// The server's usual answer
    Json,
    /// Events for a metering system
    Cloudevents,
}

/// Why there is no answer. One line each.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("can't begin: {0}")]
    System(#[from] std::io::Error),
    #[error("{url} did not answer; is the server running? ({cause})")]
    NoAnswer { url: String, cause: String },
    #[error("{status}: {body}")]
    Refused { status: u16, body: String },
}

/// Prints what the server answers: 0, or 1 and one line on standard error.
///
/// # Errors
/// The command line can't be used, or there is no key.
pub(super) fn run(
    args: &UsageArgs,
    loaded: &Loaded,
    around: &Surroundings,
) -> Result<ExitCode, Refused> {
    let url = address(args, &loaded.settings)?;
    let key = around.variable(KEY).and_then(|key| key.to_str()).filter(|key| !key.is_empty());
    let key: SecretString = key
        .ok_or_else(|| Refused::new(format!("{KEY} is not set: a key with the scope read")))?
        .into();
    Ok(match ask(&url, &key) {
        Ok(answer) => {
            super::print(&answer);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("rtmate: {error}");
            ExitCode::FAILURE
        }
    })
}

fn address(args: &UsageArgs, settings: &Settings) -> Result<String, Refused> {
    let mistake = |flag: &str, text: &str, error: &dyn std::fmt::Display| {
        Refused::new(format!("{flag} {text}: {error}"))
    };
    AppId::parse(&args.app).map_err(|error| mistake("--app", &args.app, &error))?;
    let server = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => own_address::for_operators(settings)?,
    };
    let base = format!("{server}/v1/apps/{}", args.app);
    if let Some(month) = &args.bill {
        Month::parse(month).map_err(|error| mistake("--bill", month, &error))?;
        return Ok(format!("{base}/bill?month={month}&lang=en"));
    }
    let mut url = format!("{base}/usage?lang=en");
    for (name, time) in [("from", &args.from), ("to", &args.to)] {
        let Some(time) = time else { continue };
        Hour::parse(time).map_err(|error| mistake(&format!("--{name}"), time, &error))?;
        url.push_str(&format!("&{name}={time}"));
    }
    let name = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
        value().map_or_else(String::new, |value| value.get_name().to_owned())
    };
    url.push_str(&format!("&format={}", name(&|| args.format.to_possible_value())));
    if let Some(step) = args.step {
        url.push_str(&format!("&step={}", name(&|| step.to_possible_value())));
    }
    Ok(url)
}

fn ask(url: &str, key: &SecretString) -> Result<String, NotDone> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let unanswered = |error: reqwest::Error| {
        // Its own text repeats the address; what is behind it says why.
        let cause = std::error::Error::source(&error)
            .map_or_else(|| "no cause".to_owned(), ToString::to_string);
        NotDone::NoAnswer { url: url.to_owned(), cause }
    };
    runtime.block_on(async {
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        let client =
            client.redirect(reqwest::redirect::Policy::none()).build().map_err(unanswered)?;
        let asked = client.get(url).bearer_auth(key.expose_secret()).send().await;
        let answer = asked.map_err(unanswered)?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(unanswered)?;
        if status == 200 { Ok(body) } else { Err(NotDone::Refused { status, body }) }
    })
}
