//! `[log]`: what is logged and how it looks.

use serde::Deserialize;

use super::{key_path::KeyPath, problem::Problem, scalar::Text};

/// What is logged and how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Levels, also by module: `info`, `warn,adapters_ws=debug`. Always a valid filter of
    /// `tracing-subscriber`.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLog {
    filter: Text,
    format: Text,
}

impl RawLog {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<Log, Problem> {
        let filter = path.key("filter");
        for directive in self.filter.split(',') {
            check_directive(&filter, directive.trim())?;
        }
        let format = match &*self.format {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => {
                let message = "not a format; one of text, json";
                return Err(Problem::value(&path.key("format"), message));
            }
        };
        Ok(Log { filter: self.filter.to_string(), format })
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A level, or `module=level`. The library would take a misspelt level for the name of a module
/// and log nothing else, so bare modules are refused.
fn check_directive(path: &KeyPath, directive: &str) -> Result<(), Problem> {
    let (module, level) = match directive.split_once('=') {
        Some((module, level)) => (Some(module), level),
        None => (None, directive),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let module_fits = module.is_none_or(|name| !name.is_empty() && name.chars().all(word));
    if module_fits && LEVELS.contains(&level) {
        return Ok(());
    }
    let levels = LEVELS.join(", ");
    let message = format!(
        "\"{directive}\" is neither a level ({levels}) nor a module with one, such as \
         adapters_ws=debug"
    );
    Err(Problem::value(path, message))
}
