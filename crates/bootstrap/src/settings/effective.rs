//! The effective configuration as TOML, each value with a comment of its origin.

use config::{Map, Value, ValueKind};

use super::{key_path::KeyPath, layers::DEFAULT, toml_text, tree::Tree};

/// What stands for a secret.
const REDACTED: &str = "\"***\"";

/// Prints everything; secrets only if `reveal`.
pub(crate) fn print(tree: &Tree, reveal: bool) -> String {
    let mut printer = Printer { out: String::new(), reveal };
    if let ValueKind::Table(sections) = &tree.root().kind {
        printer.table(&KeyPath::root(), sections, None);
    }
    printer.out
}

struct Printer {
    out: String,
    reveal: bool,
}

/// The brackets of a table's header.
#[derive(Clone, Copy)]
enum Header {
    Single,
    Double,
}

impl Printer {
    /// A table: its own values first, since after a deeper header they would belong to that.
    fn table(&mut self, path: &KeyPath, table: &Map<String, Value>, header: Option<Header>) {
        let values = table.iter().filter(|(_, value)| !is_tables(value));
        let values: Vec<_> = values.collect();
        let name = path.header();
        match header {
            Some(Header::Double) => self.line(&format!("\n[[{name}]]")),
            Some(Header::Single) if !values.is_empty() || table.is_empty() => {
                self.line(&format!("\n[{name}]"));
            }
            Some(Header::Single) | None => {}
        }
        for (key, value) in values {
            self.entry(&path.key(key), key, value);
        }
        for (key, value) in table.iter().filter(|(_, value)| is_tables(value)) {
            self.deeper(&path.key(key), value);
        }
    }

    fn entry(&mut self, path: &KeyPath, key: &str, value: &Value) {
        let hidden = path.is_secret() && !self.reveal;
        let shown = if hidden { REDACTED.to_owned() } else { toml_text::value(value) };
        let origin = value.origin().unwrap_or(DEFAULT);
        self.line(&format!("{} = {shown} # {origin}", toml_text::key(key)));
    }

    fn deeper(&mut self, path: &KeyPath, value: &Value) {
        if let ValueKind::Table(table) = &value.kind {
            self.table(path, table, Some(Header::Single));
        }
        if let ValueKind::Array(items) = &value.kind {
            for (index, item) in items.iter().enumerate() {
                if let ValueKind::Table(table) = &item.kind {
                    self.table(&path.index(index), table, Some(Header::Double));
                }
            }
        }
    }

    fn line(&mut self, line: &str) {
        // The first header needs no empty line above it.
        self.out.push_str(if self.out.is_empty() { line.trim_start() } else { line });
        self.out.push('\n');
    }
}

fn is_tables(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(_) => true,
        ValueKind::Array(items) => {
            !items.is_empty() && items.iter().all(|item| matches!(item.kind, ValueKind::Table(_)))
        }
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)
        | ValueKind::String(_) => false,
    }
}
