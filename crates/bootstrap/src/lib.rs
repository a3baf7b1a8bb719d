//! The binary `rtmate`: settings, wiring, command line.
//!
//! * [`cli`] reads the command line and runs what it asks for.
//! * [`settings`] reads the configuration and parses it into the domain's words.
//! * [`demo_app`] is there before anything is configured, [`demo_secrets`] are its random
//!   secrets, [`data_dir`] is where they are kept.
//! * [`serve`] runs the server.

pub mod cli;
pub mod data_dir;
pub mod demo_app;
pub mod demo_secrets;
pub mod exit;
#[cfg(feature = "planted")]
pub mod planted;
pub mod random;
pub mod serve;
pub mod settings;
