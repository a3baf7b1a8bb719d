//! Where log lines go: standard error, as text or as JSON.

use std::{io::IsTerminal, sync::Arc};

use tracing_subscriber::{EnvFilter, fmt, reload::Handle};

use crate::settings::{Log, LogFormat};

/// What of the log can be changed while it is written.
pub(super) struct Logging(Arc<dyn Fn(EnvFilter) + Send + Sync>);

impl Logging {
    /// From now on lines pass this filter, which the settings checked.
    pub(super) fn filter(&self, filter: &str) {
        if let Ok(filter) = EnvFilter::try_new(filter) {
            (self.0)(filter);
        }
    }

    fn of<S: 'static>(handle: Handle<EnvFilter, S>) -> Self {
        // It fails where the log is gone: then there is nothing to filter.
        Self(Arc::new(move |filter| drop(handle.reload(filter))))
    }
}

/// Starts the log. A second start in one process changes nothing.
pub(super) fn start(log: &Log) -> Logging {
    // The settings checked the filter; one that is refused all the same must not silence the log.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => {
            let lines = lines.with_ansi(std::io::stderr().is_terminal()).with_filter_reloading();
            let logging = Logging::of(lines.reload_handle());
            drop(lines.try_init());
            logging
        }
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_filter_reloading();
            let logging = Logging::of(lines.reload_handle());
            drop(lines.try_init());
            logging
        }
    }
}
