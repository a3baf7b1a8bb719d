//! Starts what the command line asks for.

use std::process::ExitCode;

use bench::args::Command;
use clap::Parser;

fn main() -> ExitCode {
    bench::start(Command::parse()).unwrap_or_else(|fault| {
        eprintln!("rtmate-bench: {fault}");
        ExitCode::FAILURE
    })
}
