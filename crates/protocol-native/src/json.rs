//! A writer of JSON objects: keys in the given order, no white space, no intermediate tree.

use std::{fmt::Display, io::Write};

/// An object that is being written. Dropping it without [`Self::end`] leaves it open.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes a key; the caller writes the value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
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

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        string(self.key(key), value);
    }

    /// A value whose text needs no escapes.
    pub(crate) fn shown(&mut self, key: &str, value: &impl Display) {
        let written = write!(self.key(key), "\"{value}\"");
        debug_assert!(written.is_ok());
    }

    pub(crate) fn number(&mut self, key: &str, value: impl Into<u64>) {
        number(self.key(key), value.into());
    }

    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        self.raw(key, if value { "true" } else { "false" });
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.key(key).extend_from_slice(json.as_bytes());
    }

    pub(crate) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let mut inner = Object::begin(self.key(key));
        fill(&mut inner);
        inner.end();
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

pub(crate) fn string(out: &mut Vec<u8>, value: &str) {
    // Writing to a vector can't fail, and a string has no part that can't be written.
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

fn number(out: &mut Vec<u8>, value: u64) {
    let written = write!(out, "{value}");
    debug_assert!(written.is_ok());
}
