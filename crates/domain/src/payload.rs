//! JSON that travels: compacted on the way in, so that it can't forge a frame anywhere.

use serde_json::value::RawValue;

/// Why a JSON text is not taken as a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Compacted, it has more bytes than the limit.
    #[error("has more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// Arrays and objects are nested deeper than [`Payload::DEPTH_LIMIT`].
    #[error("is nested deeper than {} levels", Payload::DEPTH_LIMIT)]
    TooDeep,
    /// A `\uD800`-like escape without its other half: no text in the world.
    #[error("contains a lone surrogate")]
    LoneSurrogate,
    /// Not JSON.
    #[error("is not valid JSON")]
    NotJson,
}

/// Any JSON value, without insignificant white space: no byte below 0x20, depth at most
/// [`Self::DEPTH_LIMIT`], no lone surrogates (`docs/protocol.md`, names and sizes). Numbers and
/// strings keep the spelling that the sender gave them.
///
/// Some protocols carry text, not JSON (the Pusher protocol's `data`): what came so remembers its
/// text, where that is another one, so that such a protocol gives it back unchanged
/// ([`Self::from_text`]).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payload {
    json: Box<str>,
    /// The text that it came as, where that is not `json`.
    text: Option<Box<str>>,
}

impl Payload {
    /// The deepest nesting of arrays and objects.
    pub const DEPTH_LIMIT: usize = 64;

    /// Compacts a JSON value whose grammar the JSON library already checked.
    ///
    /// # Errors
    /// Too large once compacted, too deep, or with a lone surrogate.
    pub fn compact(value: &RawValue, limit_bytes: usize) -> Result<Self, PayloadError> {
        let mut compactor = Compactor::new(value.get(), limit_bytes);
        compactor.run()?;
        Ok(Self { json: compactor.out.into_boxed_str(), text: None })
    }

    /// Takes a text as what it says: a JSON object or array as that JSON, everything else as a
    /// string.
    ///
    /// # Errors
    /// The text has more bytes than the limit.
    pub fn from_text(text: &str, limit_bytes: usize) -> Result<Self, PayloadError> {
        if text.len() > limit_bytes {
            return Err(PayloadError::TooLarge { limit_bytes });
        }
        let structured = text.trim_ascii_start().starts_with(['{', '[']);
        // What is too deep or no text for others is still text.
        let json = structured.then(|| Self::parse(text, limit_bytes).ok()).flatten();
        let json =
            json.map_or_else(|| serde_json::Value::from(text).to_string().into(), |it| it.json);
        Ok(Self { text: (*json != *text).then(|| text.into()), json })
    }

    /// Gives a payload of a store the text back that it came as.
    #[must_use]
    pub fn with_text(self, text: Option<&str>) -> Self {
        Self { text: text.map(Into::into), ..self }
    }

    /// Parses and compacts a JSON text.
    ///
    /// # Errors
    /// Not JSON, or what [`Self::compact`] refuses.
    pub fn parse(text: &str, limit_bytes: usize) -> Result<Self, PayloadError> {
        let value: &RawValue = serde_json::from_str(text).map_err(|_| PayloadError::NotJson)?;
        Self::compact(value, limit_bytes)
    }

    /// `null`: in the place of content that is not told.
    #[must_use]
    pub fn null() -> Self {
        Self { json: "null".into(), text: None }
    }

    /// The compact JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// What a protocol of texts gives: the text that it came as, else the JSON.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.json)
    }

    /// The text that it came as, where that is not the JSON: what a store keeps beside it.
    #[must_use]
    pub fn own_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Bytes of the JSON and of the text beside it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json.len() + self.text.as_ref().map_or(0, |text| text.len())
    }
}

/// Shows the size only: a payload is never for a log.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.json.len())
    }
}

/// One pass over grammatical JSON: drops white space between tokens, counts depth, pairs
/// surrogates.
struct Compactor<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    limit_bytes: usize,
    out: String,
}

impl<'a> Compactor<'a> {
    fn new(text: &'a str, limit_bytes: usize) -> Self {
        let out = String::with_capacity(text.len().min(limit_bytes));
        Self { text, at: 0, depth: 0, limit_bytes, out }
    }

    fn run(&mut self) -> Result<(), PayloadError> {
        let bytes = self.text.as_bytes();
        let mut kept_from = 0;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    self.keep(kept_from)?;
                    kept_from = self.at + 1;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > Payload::DEPTH_LIMIT {
                        return Err(PayloadError::TooDeep);
                    }
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b'"' => self.skip_string()?,
                _ => {}
            }
            self.at += 1;
        }
        self.keep(kept_from)
    }

    fn keep(&mut self, from: usize) -> Result<(), PayloadError> {
        let piece = &self.text[from..self.at];
        if self.out.len() + piece.len() > self.limit_bytes {
            return Err(PayloadError::TooLarge { limit_bytes: self.limit_bytes });
        }
        self.out.push_str(piece);
        Ok(())
    }

    /// From the opening quote to the closing one.
    fn skip_string(&mut self) -> Result<(), PayloadError> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.skip_escape()?,
                _ => self.at += 1,
            }
        }
        Err(PayloadError::NotJson)
    }

    fn skip_escape(&mut self) -> Result<(), PayloadError> {
        match self.unit_at(self.at) {
            None => self.at += 2,
            Some(0xD800..=0xDBFF) => match self.unit_at(self.at + 6) {
                Some(0xDC00..=0xDFFF) => self.at += 12,
                _ => return Err(PayloadError::LoneSurrogate),
            },
            Some(0xDC00..=0xDFFF) => return Err(PayloadError::LoneSurrogate),
            Some(_) => self.at += 6,
        }
        Ok(())
    }

    /// The UTF-16 unit that a `\uXXXX` at `at` stands for.
    fn unit_at(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compact(text: &str) -> Result<String, PayloadError> {
        Payload::parse(text, 1000).map(|payload| payload.as_str().to_owned())
    }

    #[test]
    fn white_space_goes_and_spelling_stays() {
        let text = "{ \"a\" :\n[ 1.50 , 1e3,\t\"x y\\n\\\" z\" ] , \"π\": null }\r\n";
        assert_eq!(compact(text).unwrap(), r#"{"a":[1.50,1e3,"x y\n\" z"],"π":null}"#);
        assert_eq!(compact("  12  ").unwrap(), "12");
    }

    #[test]
    fn lone_surrogates_are_refused_and_pairs_pass() {
        assert_eq!(compact(r#""\ud83d\ude00""#).unwrap(), r#""\ud83d\ude00""#);
        for bad in
            [r#""\ud83d""#, r#""\ud83d\n""#, r#""\ude00""#, r#""\ud83d\ud83d""#, r#"{"\udc00":1}"#]
        {
            assert_eq!(compact(bad), Err(PayloadError::LoneSurrogate), "{bad}");
        }
        assert_eq!(compact(r#""\\ud83d""#).unwrap(), r#""\\ud83d""#);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(compact(&nested(64)).is_ok());
        assert_eq!(compact(&nested(65)), Err(PayloadError::TooDeep));
        assert!(Payload::parse("[1,  2]", 5).is_ok());
        assert_eq!(Payload::parse("[1,22]", 5), Err(PayloadError::TooLarge { limit_bytes: 5 }));
    }

    #[test]
    fn control_characters_are_no_json() {
        assert_eq!(compact("\"a\u{1}b\""), Err(PayloadError::NotJson));
        assert_eq!(compact("\"a\nb\""), Err(PayloadError::NotJson));
        assert_eq!(compact("{\"a\":}"), Err(PayloadError::NotJson));
    }

    #[test]
    fn a_text_is_what_it_says_and_stays_as_it_came() {
        let json = |text: &str| Payload::from_text(text, 1000).unwrap().as_str().to_owned();
        assert_eq!(json("{\"a\": [1]}"), "{\"a\":[1]}");
        assert_eq!(json(" [1, 2] "), "[1,2]");
        for plain in ["", "7", "null", "hé \"you\"\n", "{not json", "[1,"] {
            assert_eq!(json(plain), serde_json::Value::from(plain).to_string(), "{plain}");
        }
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_eq!(json(&deep), format!("\"{deep}\""), "too deep to be JSON here, but still text");
        let plain = Payload::from_text("{\"a\":1}", 7).unwrap();
        assert_eq!((plain.own_text(), plain.bytes()), (None, 7));
        let long = Payload::from_text("{\"a\": 1}", 7);
        assert_eq!(long, Err(PayloadError::TooLarge { limit_bytes: 7 }), "by what came");
    }

    proptest! {
        #[test]
        fn a_text_is_given_back(text in "[ \\[\\]{}\":,a1\\\\n\u{7f}é\n]{0,30}") {
            let payload = Payload::from_text(&text, 1000).unwrap();
            prop_assert_eq!(payload.text(), &text);
            let again = Payload::parse(payload.as_str(), 10_000).unwrap();
            prop_assert_eq!(again.as_str(), payload.as_str());
            let kept = again.with_text(payload.own_text());
            prop_assert_eq!(kept, payload);
        }

        #[test]
        fn compacting_changes_no_value_and_no_second_time(
            text in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ":", ",", "\"a\"", "\"b c\"", "1", "-2.5", "true", "null", " ", "\n",
                "\"\\u00e9\"", "\"\\\\\"",
            ]), 0..24).prop_map(|parts| parts.concat())
        ) {
            if let Ok(payload) = Payload::parse(&text, 10_000) {
                let before: serde_json::Value = serde_json::from_str(&text).unwrap();
                let after: serde_json::Value = serde_json::from_str(payload.as_str()).unwrap();
                prop_assert_eq!(before, after);
                prop_assert_eq!(Payload::parse(payload.as_str(), 10_000).unwrap(), payload.clone());
                prop_assert!(payload.as_str().bytes().all(|byte| byte >= 0x20));
            } else {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
            }
        }
    }
}
