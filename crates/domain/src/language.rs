//! Languages of human-readable texts.

/// The language of a reply's `message`. Clients decide by `code` and `reason`, never by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese, the protocol's default.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Reads a language tag (`zh`, `en`, also with a region as in `en-GB`).
    ///
    /// Nothing where the language is another one.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next() {
            Some("zh") => Some(Self::Chinese),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }

    /// The text of success, in the same words in both languages, as the founding frames have it.
    #[must_use]
    pub const fn success(self) -> &'static str {
        "success"
    }
}
