//! Runs the server: build, announce, serve until a signal, drain with a deadline.

mod apps;
mod banner;
mod certificate;
mod codecs;
mod figures;
mod listeners;
mod logging;
mod memory;
mod metering;
mod reload;
mod shutdown;
mod store;
mod surface;
mod webhooks;
mod wiring;

use std::{io, process::ExitCode};

use crate::{demo_secrets::DemoSecretsError, exit, settings::Loaded};
use logging::Logging;
use reload::Reload;
use wiring::Server;

/// Why the server does not start, or does not go on. One line each, which says what to do.
#[derive(Debug, thiserror::Error)]
enum NotStarted {
    #[error(
        "{address} is in use by another process; stop it, or choose another address: \
         {program} --listen 127.0.0.1:3001 (port 0 takes a free one)"
    )]
    AddressInUse { address: listener::Address, program: String },
    #[error("can't listen on {address}: {error}")]
    NoListener { address: listener::Address, error: io::Error },
    #[error(
        "store.path {directory}: {error}; choose another directory, or keep nothing with --ephemeral"
    )]
    DemoSecrets { directory: String, error: DemoSecretsError },
    #[error("{0}; choose another directory with store.path, or keep nothing with --ephemeral")]
    Store(adapters_store::OpenError),
    #[error("{0}: {source}; choose another directory with store.path, or keep nothing with --ephemeral", source = cause(.0))]
    Leases(application::ports::LeaseError),
    #[error("{0}")]
    Revocations(adapters_store::RevocationsError),
    #[error("{0}{why}", why = because(.0))]
    Apps(application::NotBegun),
    #[error("{0}")]
    NoRandomness(#[from] crate::random::NoRandomness),
    #[error("the {what} ended by a fault; see the log")]
    Ended { what: &'static str },
    #[error("can't start a thread: {0}")]
    NoThread(io::Error),
}

impl NotStarted {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::AddressInUse { .. } => ExitCode::from(exit::ADDRESS_IN_USE),
            Self::DemoSecrets { .. }
            | Self::Revocations(_)
            | Self::Apps(application::NotBegun::Twice(_)) => ExitCode::from(exit::CONFIGURATION),
            Self::Store(adapters_store::OpenError::InUse { .. }) => {
                ExitCode::from(exit::STORE_LOCKED)
            }
            Self::Store(_)
            | Self::Apps(application::NotBegun::Store(_))
            | Self::Leases(_)
            | Self::NoListener { .. }
            | Self::NoRandomness(_)
            | Self::NoThread(_)
            | Self::Ended { .. } => ExitCode::FAILURE,
        }
    }
}

/// Where an error came from, in words.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(String::new, ToString::to_string)
}

/// The same behind a colon, where there is more to say.
fn because(error: &dyn std::error::Error) -> String {
    let deepest = std::iter::successors(error.source(), |error| error.source()).last();
    deepest.map_or_else(String::new, |error| format!(": {error}"))
}

/// Serves until a signal; 0 after a clean end.
#[must_use]
pub fn run(loaded: Loaded) -> ExitCode {
    let logging = logging::start(&loaded.settings.log);
    for warning in &loaded.settings.warnings {
        tracing::warn!(target: "rtmate", "{warning}");
    }
    match serve(&loaded, logging) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rtmate: {error}");
            error.exit_code()
        }
    }
}

fn serve(loaded: &Loaded, logging: Logging) -> Result<(), NotStarted> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(NotStarted::NoThread)?;
    runtime.block_on(async {
        // Asked for before the banner: whoever reads it may already send a signal.
        let signal = shutdown::Signals::listen().map_err(NotStarted::NoThread)?;
        let hangups = Reload::signals().map_err(NotStarted::NoThread)?;
        let server = Server::build(loaded, logging, hangups).await?;
        let (address, internal) = (server.address(), server.internal_address());
        tracing::info!(
            target: "rtmate", %address, internal = internal.map(tracing::field::display), "listening"
        );
        banner::print(&loaded.settings, address, internal);
        server.run(signal).await
    })
}
