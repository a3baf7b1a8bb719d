//! Single values of a payload, and what is wrong with them. No text of the frame is in a fault.

use std::borrow::Cow;

use domain::{ChannelName, Epoch, ErrorCode, NameError, Offset, Position};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A value that can't be taken: the row of the error table and where, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: ErrorCode,
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn params(detail: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidParams, detail: detail.into() }
    }

    fn name(key: &str, error: &NameError) -> Self {
        Self::params(format!("payload.{key} {error}"))
    }
}

/// A payload's value, also `null`, which an `Option` would take for absent.
pub(crate) fn present<'de: 'a, 'a, D>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    <&RawValue>::deserialize(deserializer).map(Some)
}

pub(crate) fn required<'a>(key: &str, value: Option<&'a RawValue>) -> Result<&'a RawValue, Fault> {
    value.ok_or_else(|| Fault::params(format!("payload.{key} is missing")))
}

/// A JSON string; borrowed where it has no escapes.
pub(crate) fn text<'a>(key: &str, value: &'a RawValue) -> Result<Cow<'a, str>, Fault> {
    let not_text = || Fault::params(format!("payload.{key} is not a string"));
    let json = value.get();
    let inner = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner.ok_or_else(not_text)? {
        plain if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
        _ => serde_json::from_str(json).map(Cow::Owned).map_err(|_| not_text()),
    }
}

/// A name of one of the domain's kinds.
pub(crate) fn name<T>(
    key: &str,
    value: &RawValue,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
) -> Result<T, Fault> {
    parse(&text(key, value)?).map_err(|error| Fault::name(key, &error))
}

/// A channel's name has a reason of its own in the error table.
pub(crate) fn channel(key: &str, value: Option<&RawValue>) -> Result<ChannelName, Fault> {
    let text = text(key, required(key, value)?)?;
    ChannelName::parse(&text).map_err(|error| Fault {
        code: ErrorCode::InvalidChannel,
        detail: format!("payload.{key} {error}"),
    })
}

pub(crate) fn flag(key: &str, value: &RawValue) -> Result<bool, Fault> {
    match value.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Fault::params(format!("payload.{key} is not true or false"))),
    }
}

/// A whole number from `least` to `most`.
pub(crate) fn number(key: &str, value: &RawValue, least: u64, most: u64) -> Result<u64, Fault> {
    let number = value.get().parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        Fault::params(format!("payload.{key} is not a whole number from {least} to {most}"))
    })
}

#[derive(Deserialize)]
struct PositionFields<'a> {
    #[serde(borrow)]
    epoch: Option<&'a RawValue>,
    #[serde(borrow)]
    offset: Option<&'a RawValue>,
}

/// `{epoch, offset}`.
pub(crate) fn position(key: &str, value: &RawValue) -> Result<Position, Fault> {
    let fields: PositionFields<'_> = object(key, value)?;
    let epoch_key = format!("{key}.epoch");
    let epoch = epoch(&epoch_key, required(&epoch_key, fields.epoch)?)?;
    let offset_key = format!("{key}.offset");
    let offset = offset(&offset_key, required(&offset_key, fields.offset)?)?;
    Ok(Position { epoch, offset })
}

/// The name of a stream's life.
pub(crate) fn epoch(key: &str, value: &RawValue) -> Result<Epoch, Fault> {
    Epoch::parse(&text(key, value)?)
        .ok_or_else(|| Fault::params(format!("payload.{key} is not 16 hex digits")))
}

/// A place in a stream, up to the greatest number that every JSON reader keeps exactly.
pub(crate) fn offset(key: &str, value: &RawValue) -> Result<Offset, Fault> {
    number(key, value, 0, (1 << 53) - 1).map(Offset)
}

/// An object with the keys of `T`; others are ignored.
pub(crate) fn object<'a, T: Deserialize<'a>>(key: &str, value: &'a RawValue) -> Result<T, Fault> {
    let name = if key.is_empty() { "payload".to_owned() } else { format!("payload.{key}") };
    if !value.get().starts_with('{') {
        return Err(Fault::params(format!("{name} is not an object")));
    }
    serde_json::from_str(value.get())
        .map_err(|_| Fault::params(format!("{name} has a key twice or text that is not text")))
}
