//! Domain events as log lines.
