//! Values written as TOML.

use config::{Value, ValueKind};

/// A key, in quotes where it needs them.
pub(crate) fn key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { text(key) }
}

/// A text in quotes. JSON escapes as a basic string of TOML does, but for DEL.
pub(crate) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A value on one line.
pub(crate) fn value(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(string) => text(string),
        ValueKind::Array(items) => {
            format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Table(entries) => {
            let entry =
                |(name, item): (&String, &Value)| format!("{} = {}", key(name), self::value(item));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_) => value.kind.to_string(),
    }
}
