//! Where an app wants to be told of events.

use secrecy::SecretString;

/// One receiver of an app's events.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// An https address.
    pub url: Box<str>,
    /// The kinds of events; none means all.
    pub events: Vec<Box<str>>,
    /// What signs the deliveries.
    pub secret: SecretString,
}
