//! A server that others can reach needs an app of its own.

use listener::Address;

use super::{
    Settings,
    key_path::KeyPath,
    layers::FILE_NAME,
    problem::{Problem, Refused},
    tree::Tree,
};
use crate::random;

/// The five lines that make an app, with a fresh secret.
fn five_lines() -> Result<String, random::NoRandomness> {
    let secret = random::hex_256()?;
    Ok(format!(
        "[[apps]]\n\
         id = \"my-app\"\n\
         jwt_keys = [{{ alg = \"HS256\", secret = \"{secret}\" }}]\n\
         default_grants = {{ \"*\" = [\"subscribe\", \"send\"] }}\n\
         origins = [\"*\"]\n"
    ))
}

/// Refuses a public address without an app: the demo app answers this same machine only, so
/// nobody could use the server, and who wants it public should choose secrets and grants.
pub(crate) fn check(settings: &Settings, tree: &Tree) -> Result<(), Refused> {
    if settings.server.is_loopback() || !settings.apps.is_empty() {
        return Ok(());
    }
    let others = match &settings.server.listen {
        Address::Tcp(_) => "others can reach this address",
        Address::Unix(_) => "a proxy can bring others to this socket",
    };
    let message = format!(
        "{others}, but there is no app for them (the demo app answers this \
         same machine only); an app of your own in {FILE_NAME} mends it, such as these five lines:"
    );
    let refused = Problem::value(&KeyPath::of("server.listen"), message).locate(tree);
    let lines = five_lines().map_err(|error| Refused::new(error.to_string()))?;
    Err(refused.with_mend(lines))
}
