//! `rtmate` that acknowledges a send before its group reaches the store.

use std::process::ExitCode;

fn main() -> ExitCode {
    planted::run(planted::Bug::AcknowledgesEarly)
}
