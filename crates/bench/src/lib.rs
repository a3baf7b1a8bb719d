//! A load generator for RTMate, a floor to hold its figures against, and the comparison of both.
//!
//! The major parts:
//!
//! * [`swarm`] drives all connections of the generator from one thread: [`frame`] is its WebSocket,
//!   [`compression`] what it reads of compressed messages, [`dialect`] what is spoken inside,
//!   [`content`] what its messages carry behind their [`stamp`].
//! * [`traffic`] lets publishers send to subscribers and watches: [`ledger`] for loss and order,
//!   [`histogram`] for latencies, [`process`] for what the server used.
//! * [`scenario`] has the situations that are measured, and [`figures`] what they found.
//! * [`floor`] is the least server that can be: one epoll loop that does no more than it must.
//! * [`durable`] measures durable history on a server of its own.
//! * [`fairness`] measures an app beside another one that floods.
//! * [`compare`] starts servers and floors by turns, measures each and sets them side by side.

pub mod args;
pub mod compare;
pub mod compression;
pub mod content;
mod cores;
pub mod dialect;
pub mod durable;
pub mod fairness;
pub mod fault;
pub mod figures;
pub mod floor;
pub mod frame;
pub mod histogram;
pub mod ledger;
mod link;
pub mod process;
pub mod scenario;
pub mod stamp;
pub mod swarm;
pub mod target;
pub mod token;
pub mod traffic;

use std::{fs, io::Write, process::ExitCode};

use args::{Command, Credentials, FloorArgs, RunArgs, Task};
use dialect::Native;
use fault::Fault;
use floor::Floor;
use process::Process;
use scenario::Scenario;
use target::Target;

/// Does what the command line asks for.
///
/// # Errors
///
/// Why there are no figures.
pub fn start(command: Command) -> Result<ExitCode, Fault> {
    cores::open_many_files();
    match command.task {
        Task::Run(args) => run(&args).map(|()| ExitCode::SUCCESS),
        Task::Floor(args) => serve_floor(&args).map(|()| ExitCode::SUCCESS),
        Task::Compare(args) => compare::run(&args),
        Task::Fairness(args) => fairness::run(&args),
        Task::Durable(args) => durable::run(&args).map(|()| ExitCode::SUCCESS),
    }
}

fn run(args: &RunArgs) -> Result<(), Fault> {
    let token = token(&args.credentials, &args.app)?;
    let target = Target::at(&args.url, Native { app: args.app.clone(), token }, &args.transport)?;
    let server = args.pid.map(Process::of_pid).transpose()?;
    let scenario = Scenario { name: args.scenario, size: args.size.clone() };
    let figures = scenario.run(&target, server.as_ref())?;
    let title = scenario.title();
    if args.json {
        say(&format!("{}\n", figures.json(&title)));
    } else {
        say(&figures.table(&title));
    }
    Ok(())
}

fn serve_floor(args: &FloorArgs) -> Result<(), Fault> {
    let mut floor = Floor::bind(args.listen, args.gather)?;
    say(&format!("floor serves ws://{}/ws\n", floor.address()?));
    floor.serve()
}

fn token(credentials: &Credentials, app: &str) -> Result<String, Fault> {
    if let Some(variable) = &credentials.secret_env {
        let secret = std::env::var(variable)
            .map_err(|error| Fault::Usage(format!("the variable {variable}: {error}")))?;
        return token::sign(app, &secret);
    }
    if let Some(file) = &credentials.token_file {
        let text = fs::read_to_string(file).map_err(Fault::io("reading the token's file"))?;
        return Ok(text.trim().to_owned());
    }
    Ok(credentials.token.clone().unwrap_or_default())
}

/// Prints. A reader that went away is no reason to fail.
pub(crate) fn say(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}
