//! Starts what the command line asks for.

use std::{process::ExitCode, sync::Arc};

use adapters_jwt::JwtTokenIssuer;
use adapters_memory::SystemClock;
use application::ports::Clock;
use bootstrap::{cli, serve, settings::Surroundings};

fn main() -> ExitCode {
    let clock = Arc::new(SystemClock::new());
    let issuer = JwtTokenIssuer::new(clock.clone());
    let around = Surroundings::of_process();
    cli::run(std::env::args_os(), &around, &issuer, clock.now(), serve::run)
}
