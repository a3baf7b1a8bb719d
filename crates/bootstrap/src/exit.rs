//! Exit codes, as `docs/configuration.md` lists them.

/// The command line or the configuration can't be used.
pub const CONFIGURATION: u8 = 64;
/// The address to listen on is in use.
pub const ADDRESS_IN_USE: u8 = 69;
/// Another process has the store.
pub const STORE_LOCKED: u8 = 73;
