//! `rtmate publish` and `rtmate tail`: a client of a running server, for daily work.
//!
//! * `args` is what they take, `reach` how they come in, `line` what they print.

mod args;
mod line;
mod publish;
mod reach;
mod tail;

use std::process::ExitCode;

pub(crate) use args::{PUBLISH_EXAMPLES, TAIL_EXAMPLES};
pub use args::{PublishArgs, ReachArgs, TailArgs};

use crate::settings::{Loaded, Refused};
use reach::Way;

/// Why it was not done. One line each.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("can't begin: {0}")]
    System(#[from] std::io::Error),
    #[error("{url} did not answer within {seconds} s; is the server running?", seconds = reach::PATIENCE.as_secs())]
    NoAnswer { url: String },
    #[error("{0}")]
    Stopped(client::StopReason),
    #[error("{0}")]
    Send(client::SendError),
    #[error("{0}")]
    Ask(client::AskError),
    #[error("{0}")]
    Subscribe(client::SubscribeError),
    #[error("the subscription ended: {0}")]
    Unsubscribed(String),
    #[error("the server's answer is not understood: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Publishes one message and prints its receipt: 0, or 1 and one line on standard error.
///
/// # Errors
/// The command line can't be used, or no token can be made.
pub(super) fn publish(args: &PublishArgs, loaded: &Loaded) -> Result<ExitCode, Refused> {
    let message = publish::Message::parse(args)?;
    let way = Way::new(&args.reach, loaded, &args.channel, publish::ACTIONS)?;
    Ok(end(run(publish::run(way, message))))
}

/// Prints the messages of a channel as they come: 0 when interrupted.
///
/// # Errors
/// The command line can't be used, or no token can be made.
pub(super) fn tail(args: &TailArgs, loaded: &Loaded) -> Result<ExitCode, Refused> {
    let way = Way::new(&args.reach, loaded, &args.channel, tail::ACTIONS)?;
    Ok(end(run(tail::run(way, args.channel.clone(), args.rewind))))
}

fn run(work: impl Future<Output = Result<(), NotDone>>) -> Result<(), NotDone> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

fn end(outcome: Result<(), NotDone>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rtmate: {error}");
            ExitCode::FAILURE
        }
    }
}
