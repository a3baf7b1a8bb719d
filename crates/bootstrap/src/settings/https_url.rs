//! Addresses that the server calls.

use super::{key_path::KeyPath, name, problem::Problem};

/// The most characters of an address.
const LIMIT: usize = 2000;

/// Takes an `https://` address with a host, without a password in it.
pub(crate) fn parse(path: &KeyPath, text: &str) -> Result<Box<str>, Problem> {
    name::check(path, text, LIMIT)?;
    let rest = text.strip_prefix("https://");
    let rest = rest.ok_or_else(|| Problem::value(path, "must begin with https://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Problem::at(path, "must not hold a user name or password"));
    }
    if authority.is_empty() || authority.starts_with(':') || text.contains(char::is_whitespace) {
        return Err(Problem::value(path, "not an address with a host"));
    }
    Ok(text.into())
}
