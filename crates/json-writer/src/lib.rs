//! A writer of JSON objects: keys in the given order, no white space, no intermediate tree. Every
//! wire format here writes with it.

use std::{fmt::Display, io::Write};

/// An object that is being written. Dropping it without [`Self::end`] leaves it open.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes a key, which is a plain word; the caller writes the value.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        // Keys are our own plain words.
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A text.
    pub fn text(&mut self, key: &str, value: &str) {
        string(self.key(key), value);
    }

    /// A value whose text needs no escapes.
    pub fn shown(&mut self, key: &str, value: &impl Display) {
        let written = write!(self.key(key), "\"{value}\"");
        debug_assert!(written.is_ok());
    }

    /// A whole number.
    pub fn number(&mut self, key: &str, value: impl Into<u64>) {
        number(self.key(key), value.into());
    }

    /// True or false.
    pub fn flag(&mut self, key: &str, value: bool) {
        self.raw(key, if value { "true" } else { "false" });
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key).extend_from_slice(json.as_bytes());
    }

    /// An object inside this one.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let mut inner = Object::begin(self.key(key));
        fill(&mut inner);
        inner.end();
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// A text by itself.
pub fn string(out: &mut Vec<u8>, value: &str) {
    // Writing to a vector can't fail, and a string has no part that can't be written.
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

fn number(out: &mut Vec<u8>, value: u64) {
    let written = write!(out, "{value}");
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.text("a", "say \"hi\"\n");
        object.number("b", 7u64);
        object.flag("c", true);
        object.raw("d", "[1,2]");
        object.object("e", |inner| inner.shown("f", &1.5));
        object.object("g", |_| ());
        object.end();
        let text = String::from_utf8(out).unwrap_or_default();
        let expected = r#"{"a":"say \"hi\"\n","b":7,"c":true,"d":[1,2],"e":{"f":"1.5"},"g":{}}"#;
        assert_eq!(text, expected);
    }
}
