//! `[store]`: where data is kept.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Flag, Text},
    server::Server,
    span::Span,
    surroundings::Surroundings,
};

/// Where data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The data directory.
    pub path: PathBuf,
    /// Whether nothing is kept: the directory is neither read nor made.
    pub ephemeral: bool,
    /// How long after a start the members of before stay listed without a connection.
    pub return_window: Duration,
}

impl Default for Store {
    fn default() -> Self {
        let return_window = after_shutdown(&Server::default());
        Self { path: PathBuf::from("./rtmate-data"), ephemeral: false, return_window }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStore {
    path: Text,
    ephemeral: Flag,
    return_window: Option<Span>,
}

/// Clients spread their return over the shutdown window; these seconds are for their way back.
const WAY_BACK: Duration = Duration::from_secs(15);

fn after_shutdown(server: &Server) -> Duration {
    server.shutdown_window + WAY_BACK
}

impl RawStore {
    pub(crate) fn parse(
        self,
        path: &KeyPath,
        server: &Server,
        around: &Surroundings,
    ) -> Result<Store, Problem> {
        if self.path.is_empty() {
            return Err(Problem::value(&path.key("path"), "must name a directory"));
        }
        let window = self.return_window.map(|window| {
            within(&path.key("return_window"), window, Span::secs(0)..=Span::hours(1))
        });
        Ok(Store {
            path: around.resolve(self.path.as_ref()),
            ephemeral: self.ephemeral.0,
            return_window: window.transpose()?.map_or_else(|| after_shutdown(server), Span::get),
        })
    }
}
