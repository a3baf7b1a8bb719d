//! The merged layers: every value with the place that it comes from.

use config::{Map, Value, ValueKind};

use super::key_path::{KeyPath, Segment};

/// The effective configuration before it is parsed. Holds secrets in the clear: not for a log.
pub(crate) struct Tree(Value);

impl Tree {
    /// Takes what the layers add up to.
    pub(crate) fn new(root: Value) -> Self {
        Self(root)
    }

    /// Everything, for the deserializer.
    pub(crate) fn root(&self) -> &Value {
        &self.0
    }

    /// The value at a place.
    pub(crate) fn find(&self, path: &KeyPath) -> Option<&Value> {
        path.segments().iter().try_fold(&self.0, step)
    }

    /// Where the value at a place comes from; for a missing one, where the nearest table around it
    /// does.
    pub(crate) fn origin(&self, path: &KeyPath) -> Option<&str> {
        let mut value = &self.0;
        let mut origin = value.origin();
        for segment in path.segments() {
            let Some(next) = step(value, segment) else { break };
            value = next;
            origin = value.origin().or(origin);
        }
        origin
    }

    /// The tables of an array at the root's key, for filling in.
    pub(crate) fn tables_mut(
        &mut self,
        key: &str,
    ) -> impl Iterator<Item = &mut Map<String, Value>> {
        tables_mut(table_mut(&mut self.0), key)
    }

    /// Puts a value where the layers left none.
    pub(crate) fn put_default(&mut self, section: &str, key: &str, value: impl Into<ValueKind>) {
        let origin = super::layers::DEFAULT.to_owned();
        let section = table_mut(&mut self.0).and_then(|root| table_mut(root.get_mut(section)?));
        if let Some(section) = section {
            section.entry(key.to_owned()).or_insert_with(|| Value::new(Some(&origin), value));
        }
    }
}

fn step<'a>(value: &'a Value, segment: &Segment) -> Option<&'a Value> {
    match (&value.kind, segment) {
        (ValueKind::Table(table), Segment::Key(key)) => table.get(key),
        (ValueKind::Array(items), Segment::Index(index)) => items.get(*index),
        _ => None,
    }
}

/// The table that a value is.
pub(crate) fn table_mut(value: &mut Value) -> Option<&mut Map<String, Value>> {
    if let ValueKind::Table(table) = &mut value.kind { Some(table) } else { None }
}

/// The tables of the array under `key`; none where there is no such array.
pub(crate) fn tables_mut<'a>(
    table: Option<&'a mut Map<String, Value>>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = table.and_then(|table| {
        if let ValueKind::Array(items) = &mut table.get_mut(key)?.kind { Some(items) } else { None }
    });
    items.into_iter().flatten().filter_map(table_mut)
}
