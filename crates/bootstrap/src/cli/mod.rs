//! The command line: `args` says what there is, the other files do it.

mod args;
mod config;
mod inquire;
mod operate;
mod own_address;
mod store;
mod talk;
pub mod token;
mod usage;
mod verify;
mod webhooks;

use std::{ffi::OsString, io::Write, process::ExitCode};

use application::ports::TokenIssuer;
use clap::Parser;
use domain::Timestamp;

pub use args::{Cli, Command, ConfigCommand, StoreCommand, TokenArgs};
pub use inquire::{AskArgs, ExplainArgs, TopArgs};
pub use operate::{AppArgs, AppCommand, KeyCommand, ReloadArgs, ServerArgs};
pub use talk::{PublishArgs, ReachArgs, TailArgs};
pub use usage::UsageArgs;
pub use verify::VerifyArgs;
pub use webhooks::WebhooksArgs;

use crate::{
    exit,
    settings::{self, Loaded, Refused, Surroundings},
};

/// Runs what the command line asks for; `serve` is called with a checked configuration, `issuer` makes
/// tokens, whose life begins `now`.
///
/// A mistake of command line or configuration is one line on standard error and exit code 64.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    around: &Surroundings,
    issuer: &dyn TokenIssuer,
    now: Timestamp,
    serve: impl FnOnce(Loaded) -> ExitCode,
) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(help_or_mistake) => return help(&help_or_mistake),
    };
    match dispatch(cli, around, issuer, now, serve) {
        Ok(code) => code,
        Err(refused) => {
            eprintln!("rtmate: {refused}");
            if let Some(mend) = refused.mend() {
                eprint!("\n{mend}");
            }
            ExitCode::from(exit::CONFIGURATION)
        }
    }
}

fn dispatch(
    cli: Cli,
    around: &Surroundings,
    issuer: &dyn TokenIssuer,
    now: Timestamp,
    serve: impl FnOnce(Loaded) -> ExitCode,
) -> Result<ExitCode, Refused> {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Config(ConfigCommand::Default) = command {
        print(settings::DEFAULT_TOML);
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Verify(args) = &command {
        return verify::run(args, around);
    }
    let loaded = settings::load(&cli.flags.into(), around)?;
    match command {
        Command::Serve => {
            loaded.check_exposure()?;
            return Ok(serve(loaded));
        }
        Command::Token(args) => {
            let token = token::run(&args, &loaded, issuer, now)?;
            print(&format!("{token}\n"));
        }
        Command::Config(ConfigCommand::Check) => {
            loaded.check_exposure()?;
            print(&config::check(&loaded));
        }
        Command::Config(ConfigCommand::Show { secrets }) => {
            print(&config::show(&loaded, secrets)?);
        }
        Command::Publish(args) => return talk::publish(&args, &loaded),
        Command::Tail(args) => return talk::tail(&args, &loaded),
        Command::App(args) => return operate::app(&args, &loaded),
        Command::Reload(args) => return operate::reload(&args, &loaded),
        Command::Explain(args) => return inquire::explain(&args, &loaded, now),
        Command::Top(args) => return inquire::top(&args, &loaded),
        Command::Usage(args) => return usage::run(&args, &loaded, around),
        Command::Webhooks(args) => return webhooks::run(&args, &loaded, issuer, now),
        Command::Store(command) => return store::run(&command, &loaded, now),
        Command::Config(ConfigCommand::Default) | Command::Verify(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// A reader that went away (`| head`) is no error.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Help and version are answers; anything else is a mistake of the command line.
fn help(answer: &clap::Error) -> ExitCode {
    let _ = answer.print();
    if answer.use_stderr() { ExitCode::from(exit::CONFIGURATION) } else { ExitCode::SUCCESS }
}
