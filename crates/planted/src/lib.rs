//! The server with planted bugs, which `rtmate verify` must find: the tests of its checker.
//!
//! Each binary is `rtmate` with one bug, so that `verify --spawn` starts itself.

use std::{process::ExitCode, sync::Arc};

use adapters_jwt::JwtTokenIssuer;
use adapters_memory::SystemClock;
use application::ports::Clock;
use bootstrap::{cli, planted, serve, settings::Surroundings};

pub use bootstrap::planted::Bug;

/// `rtmate` with a bug.
#[must_use]
pub fn run(bug: Bug) -> ExitCode {
    planted::plant(bug);
    let clock = Arc::new(SystemClock::new());
    let issuer = JwtTokenIssuer::new(clock.clone());
    let around = Surroundings::of_process();
    cli::run(std::env::args_os(), &around, &issuer, clock.now(), serve::run)
}
