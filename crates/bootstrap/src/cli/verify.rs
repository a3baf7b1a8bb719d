//! `rtmate verify`: whether a server keeps its promises while connections and, where it is our own,
//! the server itself break.
//!
//! * `args` and `plan` say what is done, `tokens` makes the clients' tokens.
//! * `server` is a server of our own, `disorder` breaks things by a schedule that a seed repeats.
//! * `publisher`, `reader`, `rewinder`, `members` and `history` record what they know as `record`s.
//! * `hooks` is told by webhooks, breaks down, and asks the ledger.
//! * `check` reads the records and gives `finding`s, `report` prints.

mod args;
mod check;
mod disorder;
mod finding;
mod history;
mod hooks;
mod members;
mod plan;
mod publisher;
mod reader;
mod record;
mod report;
mod rewinder;
mod server;
mod tokens;
mod trial;

use std::process::ExitCode;

pub(crate) use args::EXAMPLES;
pub use args::VerifyArgs;

use crate::settings::{Refused, Surroundings};
use plan::Plan;

/// Why there is no verdict. One line each.
#[derive(Debug, thiserror::Error)]
enum NoVerdict {
    #[error("can't begin: {0}")]
    System(#[from] std::io::Error),
    #[error("the server did not start: {0}")]
    NotStarted(String),
    #[error("{who} can't go on: {why}")]
    Stopped { who: String, why: client::StopReason },
    #[error("{who} could not subscribe to every channel")]
    NotSubscribed { who: String },
    #[error("interrupted")]
    Interrupted,
    #[error("a webhook was told nothing at all")]
    Untold,
    #[error("the server does not answer: {0}")]
    Unanswered(String),
    #[error("a subscription with rewind: {0}")]
    Rewind(String),
    #[error("{0} ended by a fault")]
    Fault(&'static str),
}

/// Runs a trial and prints what it did and saw: 0 where every promise was kept, else 1.
///
/// # Errors
/// The command line can't be used.
pub(super) fn run(args: &VerifyArgs, around: &Surroundings) -> Result<ExitCode, Refused> {
    let plan = Plan::new(args, around)?;
    println!("seed: {} (--seed {} repeats the schedule)", plan.seed, plan.seed);
    match trial(plan) {
        Ok(clean) => Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        Err(none) => {
            eprintln!("rtmate: no verdict: {none}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn trial(plan: Plan) -> Result<bool, NoVerdict> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (report, server) = runtime.block_on(async {
        tokio::select! {
            outcome = trial::run(plan) => outcome,
            _ = tokio::signal::ctrl_c() => Err(NoVerdict::Interrupted),
        }
    })?;
    let findings = check::check(&report.records);
    print!("{}", report.text(&findings));
    if let Some(server) = server.filter(|_| !findings.is_empty()) {
        server.keep();
    }
    Ok(findings.is_empty())
}
