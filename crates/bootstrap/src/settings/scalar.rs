//! Texts, flags and numbers, taken strictly: the configuration library would turn one into
//! another, so each asks for the value as it stands. From the environment everything comes as
//! text, so a flag or number in quotes is taken too.

use std::{fmt, ops::Deref};

use secrecy::SecretString;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text.
#[derive(Clone)]
pub(crate) struct Text(String);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

/// A text that is never shown.
pub(crate) struct Hidden(pub(crate) SecretString);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(|text| Self(text.into()))
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text in quotes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

/// `true` or `false`.
#[derive(Clone, Copy)]
pub(crate) struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor).map(Self)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<bool, E> {
        Ok(flag)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        text.parse().map_err(|_| E::custom("must be true or false"))
    }
}

/// A whole number, 0 or more.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u32);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor).map(Self)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u32, E> {
        u32::try_from(number)
            .map_err(|_| E::custom(format!("must be a whole number from 0 to {}", u32::MAX)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u32, E> {
        text.replace('_', "")
            .parse()
            .map_err(|_| E::custom(format!("must be a whole number from 0 to {}", u32::MAX)))
    }
}

/// The same, of any size that the file can have.
#[derive(Clone, Copy)]
pub(crate) struct Large(pub(crate) u64);

impl<'de> Deserialize<'de> for Large {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LargeVisitor).map(Self)
    }
}

struct LargeVisitor;

impl Visitor<'_> for LargeVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number)
            .map_err(|_| E::custom(format!("must be a whole number from 0 to {}", i64::MAX)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        text.replace('_', "")
            .parse()
            .map_err(|_| E::custom(format!("must be a whole number from 0 to {}", i64::MAX)))
    }
}
