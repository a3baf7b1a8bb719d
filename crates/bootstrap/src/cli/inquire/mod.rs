//! `rtmate explain` and `rtmate top`: questions to the server API of a running server.
//!
//! * `args` is what they take, `server` how they ask, `times` how a time is written.
//! * `explain` prints an explanation, `top` a live table, of which `table` makes the text and
//!   `screen` is where it goes.

mod args;
mod explain;
mod screen;
mod server;
mod table;
mod times;
mod top;

use std::process::ExitCode;

use domain::Timestamp;

pub use args::{AskArgs, ExplainArgs, TopArgs};
pub(crate) use args::{EXPLAIN_EXAMPLES, TOP_EXAMPLES};

use crate::settings::{Loaded, Refused};
use server::NotAnswered;

/// Says why something happened: 0, or 1 and one line on standard error.
///
/// # Errors
/// The command line can't be used.
pub(super) fn explain(
    args: &ExplainArgs,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<ExitCode, Refused> {
    let question = explain::Question::parse(args, loaded, now)?;
    Ok(end(run(explain::run(question))))
}

/// Shows what goes on: 0 when interrupted.
///
/// # Errors
/// The command line can't be used.
pub(super) fn top(args: &TopArgs, loaded: &Loaded) -> Result<ExitCode, Refused> {
    let watch = top::Watch::parse(args, loaded)?;
    Ok(end(run(top::run(watch))))
}

fn run(work: impl Future<Output = Result<(), NotAnswered>>) -> Result<(), NotAnswered> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

fn end(outcome: Result<(), NotAnswered>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rtmate: {error}");
            ExitCode::FAILURE
        }
    }
}
