//! Why a run ends without figures.

use std::io;

/// Why a run ends without figures. One line each, for the person at the keyboard.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// An operation of the system failed.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
    /// The command line or the environment can't be used.
    #[error("{0}")]
    Usage(String),
    /// The server did not agree to speak WebSocket.
    #[error("the server did not upgrade the connection: {0}")]
    NotUpgraded(String),
    /// The server refused a request that the run needs.
    #[error("the server refused a request: {0}")]
    Refused(String),
    /// The server sent what no server may send.
    #[error("the server broke the framing rules: {0}")]
    BadFrame(&'static str),
    /// TLS was not to be had, or broke off.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The server did not agree to the compression that the run is about.
    #[error(
        "the server did not agree to compression without context takeover; the app needs \
         compression = true"
    )]
    NotCompressed,
    /// A connection ended while all of them were needed.
    #[error("a connection ended before the run began{}", code(*.0))]
    Ended(Option<u16>),
    /// Nothing happened for too long.
    #[error("nothing came for {seconds} s while {what}")]
    Stuck {
        /// What was waited for.
        what: &'static str,
        /// For how long.
        seconds: u64,
    },
    /// A server that this program started did not come up.
    #[error("{program} did not start: {why}")]
    NotStarted {
        /// What was started.
        program: String,
        /// What it said.
        why: String,
    },
}

impl Fault {
    /// Names what was tried, for `map_err`.
    pub(crate) fn io(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Io { what, error }
    }
}

fn code(code: Option<u16>) -> String {
    code.map_or_else(String::new, |code| format!(", with close code {code}"))
}
