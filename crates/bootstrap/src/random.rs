//! Random secrets.

use std::fmt::Write;

/// The operating system gives no random bits; nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// 256 bits of the operating system's generator, as 64 hexadecimal digits.
pub(crate) fn hex_256() -> Result<String, NoRandomness> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    let mut hex = String::with_capacity(64);
    for byte in bits {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}
