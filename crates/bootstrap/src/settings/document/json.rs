//! Between JSON and the tree of the configuration.

use config::{Map, Value as Setting, ValueKind};
use serde_json::{Map as Object, Value, json};

use crate::settings::key_path::KeyPath;

/// What stands for a secret.
const HIDDEN: &str = "***";

/// A configuration of one app.
pub(super) fn one_app(app: Object<String, Value>, origin: &str) -> Setting {
    let apps = Value::Array(vec![Value::Object(app)]);
    setting(json!({ "apps": apps }), origin)
}

fn setting(value: Value, origin: &str) -> Setting {
    let kind = match value {
        Value::Null => ValueKind::Nil,
        Value::Bool(flag) => ValueKind::Boolean(flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => ValueKind::I64(whole),
            None => ValueKind::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => ValueKind::String(text),
        Value::Array(items) => {
            ValueKind::Array(items.into_iter().map(|item| setting(item, origin)).collect())
        }
        Value::Object(object) => {
            let table: Map<_, _> =
                object.into_iter().map(|(key, value)| (key, setting(value, origin))).collect();
            ValueKind::Table(table)
        }
    };
    Setting::new(Some(&origin.to_owned()), kind)
}

/// A setting as JSON, secrets included.
pub(crate) fn whole(setting: &Setting) -> Value {
    written(setting, &KeyPath::root(), &|_| false)
}

/// The same with a mark in the place of each secret.
pub(super) fn shown(setting: &Setting, path: &KeyPath) -> Value {
    written(setting, path, &KeyPath::is_secret)
}

fn written(setting: &Setting, path: &KeyPath, hides: &dyn Fn(&KeyPath) -> bool) -> Value {
    if hides(path) {
        return HIDDEN.into();
    }
    match &setting.kind {
        ValueKind::Nil => Value::Null,
        ValueKind::Boolean(flag) => (*flag).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::U64(number) => (*number).into(),
        // Beyond what JSON has, and beyond what any setting takes.
        ValueKind::I128(number) => number.to_string().into(),
        ValueKind::U128(number) => number.to_string().into(),
        ValueKind::Float(number) => (*number).into(),
        ValueKind::String(text) => text.as_str().into(),
        ValueKind::Table(table) => {
            let entry = |(key, value): (&String, &Setting)| {
                (key.clone(), written(value, &path.key(key), hides))
            };
            Value::Object(table.iter().map(entry).collect())
        }
        ValueKind::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| written(item, &path.index(index), hides)).collect()
        }
    }
}
