//! `[debug]`: for who works on clients and on the server itself.

use serde::Deserialize;

use super::scalar::Flag;

/// For who works on clients and on the server itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Debug {
    /// Whether `/debug/echo` is served.
    pub echo: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDebug {
    echo: Flag,
}

impl RawDebug {
    pub(crate) fn parse(self) -> Debug {
        Debug { echo: self.echo.0 }
    }
}
