//! A TOML text as a layer whose values know their lines.

use config::{Map, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::{key_path::KeyPath, problem::Refused};

/// How a file's values name their origin.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// This text, for what has no lines that a reader could look up.
    Fixed(&'a str),
    /// The file's name and the line.
    Lines(&'a str),
}

/// Parses a text.
///
/// # Errors
/// Not TOML, or a number that no setting can hold: names the line.
pub(crate) fn parse(text: &str, origin: Origin<'_>) -> Result<Map<String, Value>, Refused> {
    let reader = Reader { text, origin };
    let document = DeTable::parse(text).map_err(|error| {
        let place = reader.origin(error.span().map_or(0, |span| span.start));
        Refused::new(format!("{place}: {}", error.message()))
    })?;
    reader.table(document.into_inner(), &KeyPath::root())
}

struct Reader<'a> {
    text: &'a str,
    origin: Origin<'a>,
}

impl Reader<'_> {
    fn origin(&self, at: usize) -> String {
        match self.origin {
            Origin::Fixed(name) => name.to_owned(),
            Origin::Lines(name) => {
                let before = self.text.as_bytes().iter().take(at);
                let line = 1 + before.filter(|byte| **byte == b'\n').count();
                format!("{name}:{line}")
            }
        }
    }

    fn table(&self, table: DeTable<'_>, path: &KeyPath) -> Result<Map<String, Value>, Refused> {
        let mut entries = Map::new();
        for (key, value) in table {
            // The key's line: that is where a reader looks for a value of many lines.
            let at = key.span().start;
            let key = key.into_inner().into_owned();
            let path = path.key(&key);
            // The layers take a root key for a path; none of ours has a dot or bracket.
            if key.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
                && path.segments().len() == 1
            {
                let place = self.origin(at);
                return Err(Refused::new(format!("{place}: {path}: unknown section")));
            }
            entries.insert(key, self.value(value.into_inner(), at, &path)?);
        }
        Ok(entries)
    }

    fn value(&self, value: DeValue<'_>, at: usize, path: &KeyPath) -> Result<Value, Refused> {
        let origin = self.origin(at);
        let number = |text: &dyn std::fmt::Display| {
            Refused::new(format!("{origin}: {path} = {text}: the number is too large"))
        };
        let kind = match value {
            DeValue::String(text) => ValueKind::String(text.into_owned()),
            DeValue::Integer(digits) => ValueKind::I64(
                i64::from_str_radix(digits.as_str(), digits.radix())
                    .map_err(|_| number(&digits.as_str()))?,
            ),
            DeValue::Float(digits) => {
                ValueKind::Float(digits.as_str().parse().map_err(|_| number(&digits.as_str()))?)
            }
            DeValue::Boolean(flag) => ValueKind::Boolean(flag),
            DeValue::Datetime(time) => ValueKind::String(time.to_string()),
            DeValue::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(index, item)| {
                    let at = item.span().start;
                    self.value(item.into_inner(), at, &path.index(index))
                });
                ValueKind::Array(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => ValueKind::Table(self.table(table, path)?),
        };
        Ok(Value::new(Some(&origin), kind))
    }
}
