//! Use cases, the session of one connection, the fan-out, and the ports they need.
