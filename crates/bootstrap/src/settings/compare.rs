//! Where two configurations differ, by the place of each setting.

use std::collections::BTreeMap;

use application::ports::{Difference, SettingChange};
use config::{Value, ValueKind};

use super::{toml_text, tree::Tree};

/// Every setting by its place, secrets included: not for a log. Apps stand under their ids, so that
/// one that moved in the file is the same.
#[derive(Clone, Default)]
pub(crate) struct Places(BTreeMap<String, String>);

impl Places {
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut places = Self::default();
        places.add(String::new(), tree.root());
        places
    }

    fn add(&mut self, path: String, value: &Value) {
        match &value.kind {
            ValueKind::Table(table) => {
                for (key, value) in table {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.add(format!("{path}{dot}{}", toml_text::key(key)), value);
                }
            }
            ValueKind::Array(items) if items.iter().any(is_table) => {
                for (index, item) in items.iter().enumerate() {
                    let name = id(&path, item).unwrap_or_else(|| index.to_string());
                    self.add(format!("{path}[{name}]"), item);
                }
            }
            ValueKind::Nil
            | ValueKind::Boolean(_)
            | ValueKind::I64(_)
            | ValueKind::I128(_)
            | ValueKind::U64(_)
            | ValueKind::U128(_)
            | ValueKind::Float(_)
            | ValueKind::String(_)
            | ValueKind::Array(_) => drop(self.0.insert(path, toml_text::value(value))),
        }
    }

    /// What is different in `next`, in the order of the places.
    pub(crate) fn differences(&self, next: &Self) -> Vec<Difference> {
        let difference = |setting: &String, change| {
            let live = is_live(setting);
            Difference { setting: setting.clone(), change, live }
        };
        let mut differences = Vec::new();
        for (setting, value) in &self.0 {
            match next.0.get(setting) {
                None => differences.push(difference(setting, SettingChange::Removed)),
                Some(now) if now != value => {
                    differences.push(difference(setting, SettingChange::Changed));
                }
                Some(_) => {}
            }
        }
        let new = next.0.keys().filter(|setting| !self.0.contains_key(*setting));
        differences.extend(new.map(|setting| difference(setting, SettingChange::Added)));
        differences.sort_by(|one, other| one.setting.cmp(&other.setting));
        differences
    }

    /// What counts at once does; the rest stays as the server runs with it.
    pub(crate) fn adopt(&mut self, next: &Self) {
        self.0.retain(|setting, _| !is_live(setting));
        let live = next.0.iter().filter(|(setting, _)| is_live(setting));
        self.0.extend(live.map(|(setting, value)| (setting.clone(), value.clone())));
    }
}

/// Whether a setting counts without a restart.
fn is_live(setting: &str) -> bool {
    setting.starts_with("apps[") || setting == "log.filter"
}

fn is_table(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Table(_))
}

/// What an app is called.
fn id(path: &str, item: &Value) -> Option<String> {
    let ValueKind::Table(table) = &item.kind else { return None };
    let ValueKind::String(id) = &table.get("id").filter(|_| path == "apps")?.kind else {
        return None;
    };
    Some(id.clone())
}
