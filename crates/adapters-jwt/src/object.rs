//! A JSON object whose names are unique.

use std::{borrow::Cow, fmt};

use application::ports::TokenError;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A JSON object in the order of its text, its values unread. A name that comes twice is refused:
/// whoever checks one of the two and uses the other can be fooled.
pub(crate) struct JsonObject<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Why bytes are not such an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAnObject {
    /// No JSON, or another value.
    Other,
    /// A name comes twice.
    Duplicate,
}

impl<'a> JsonObject<'a> {
    /// Parses an object.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, NotAnObject> {
        let object: Self = serde_json::from_slice(text).map_err(|_| NotAnObject::Other)?;
        let mut names: Vec<&str> = object.0.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(NotAnObject::Duplicate);
        }
        Ok(object)
    }

    /// The value of that name, unread.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(held, _)| held == name).map(|(_, value)| *value)
    }

    /// The value of that name, or nothing where the name is absent.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] with `why` for a value of another form, `null` among them.
    pub(crate) fn get<T: Deserialize<'a>>(
        &self,
        name: &str,
        why: &'static str,
    ) -> Result<Option<T>, TokenError> {
        self.raw(name)
            .map(|value| serde_json::from_str(value.get()).map_err(|_| TokenError::Invalid { why }))
            .transpose()
    }

    /// Names and values in the order of the text.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }
}

/// A name that is borrowed where the text has no escapes in it.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries).map(Self)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            entries.push((entry.0.0, entry.1));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        let parsed = JsonObject::parse(br#"{"exp":1,"a":2,"e\u0078p":3}"#);
        assert_eq!(parsed.err(), Some(NotAnObject::Duplicate));
    }

    #[test]
    fn other_values_are_refused() {
        for text in ["[]", "1", "{", "{\"a\":1}x", "\"{}\"", "", "\u{feff}{}"] {
            let parsed = JsonObject::parse(text.as_bytes());
            assert_eq!(parsed.err(), Some(NotAnObject::Other), "{text}");
        }
        assert!(JsonObject::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn values_keep_their_text() {
        let object = JsonObject::parse(br#"{"a": 1.50, "b": [1, 2]}"#).unwrap();
        assert_eq!(object.raw("a").unwrap().get(), "1.50");
        assert_eq!(object.get::<Vec<u8>>("b", "").unwrap(), Some(vec![1, 2]));
        assert!(object.get::<u8>("b", "no").is_err());
        assert!(object.raw("c").is_none());
    }
}
