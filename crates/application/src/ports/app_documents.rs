//! The port that reads and writes the documents of apps.

use std::sync::Arc;

use domain::{App, AppId};
use secrecy::SecretString;

/// What is wrong with a document, in words for whoever wrote it: names the place, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadDocument(pub String);

/// A kind of an app's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Of tokens; named by its `kid`, one that is fetched by its `jwks_url`.
    Jwt,
    /// Of the server API; named by its `name`.
    Api,
    /// Of the Pusher protocol; named by its `key`.
    Pusher,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Jwt, Self::Api, Self::Pusher];

    /// What it is called in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Api => "api",
            Self::Pusher => "pusher",
        }
    }

    /// Nothing where no kind has the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A change of a document.
pub enum Edit<'a> {
    /// What this JSON object says takes the place of what was there, table by table; null takes a
    /// key away (RFC 7396).
    Merge(&'a str),
    /// One more key, as this JSON object says; what it leaves to the server is made of `fresh`.
    AddKey {
        /// Of which kind.
        kind: KeyKind,
        /// What the caller says of it.
        entry: &'a str,
        /// Random, 64 hexadecimal digits.
        fresh: &'a SecretString,
    },
    /// A key goes.
    RemoveKey {
        /// Of which kind.
        kind: KeyKind,
        /// Which.
        name: &'a str,
    },
}

/// A document that was changed.
pub struct Edited {
    /// As it is now.
    pub document: SecretString,
    /// The key that was added: its name, and the secret where the server made one.
    pub added: Option<(String, Option<SecretString>)>,
}

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotEdited {
    /// There is no such key to take away.
    #[error("no such key")]
    NoSuchKey,
    /// It does not say what it must.
    #[error("{0}")]
    Bad(BadDocument),
}

/// Understands the documents of apps: what the configuration file calls `[[apps]]`, as JSON.
///
/// Guarantees of every adapter:
///
/// 1. A document is an app, or the mistake is named: nothing in it is passed over, and nothing it
///    leaves out is without its default.
/// 2. An app has nothing that must be one app's alone and is another's: no Pusher key, and no
///    audience with the same key.
/// 3. What is shown is the whole document, defaults included, and none of its secrets.
/// 4. An edit changes what it says and nothing else, secrets included; what it leaves may still be
///    no app.
pub trait AppDocuments: Send + Sync {
    /// The app that a document describes, if it may be beside these others; one of them that has
    /// its id is not looked at.
    ///
    /// # Errors
    /// What is wrong with it.
    fn parse(&self, document: &SecretString, others: &[Arc<App>]) -> Result<App, BadDocument>;

    /// The id that a document gives its app.
    ///
    /// # Errors
    /// It has none.
    fn id(&self, document: &SecretString) -> Result<AppId, BadDocument>;

    /// The document as JSON for people and programs, without secrets.
    ///
    /// # Errors
    /// It is no document.
    fn show(&self, document: &SecretString) -> Result<String, BadDocument>;

    /// The document after a change.
    ///
    /// # Errors
    /// The change can't be made; the document is as it was.
    fn edit(&self, document: &SecretString, edit: Edit<'_>) -> Result<Edited, NotEdited>;
}
