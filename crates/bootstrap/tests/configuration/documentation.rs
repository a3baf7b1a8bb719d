//! The annotated default, the page of documentation and the compiled defaults say the same.

use std::collections::{BTreeMap, BTreeSet};

use bootstrap::settings::{DEFAULT_TOML, Settings};
use config::{Config, File, FileFormat, Value, ValueKind};
use domain::{AppLimits, EventOptions, Namespace};

use crate::scratch::load;

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// The default with every line switched on: prose begins with `# `, a setting with `#`.
fn switched_on() -> String {
    let line = |line: &'static str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting,
        _ => line,
    };
    DEFAULT_TOML.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Keys such as `apps[].jwt_keys[].alg`, with their values.
fn keys(text: &str) -> BTreeMap<String, String> {
    let file = File::from_str(text, FileFormat::Toml);
    let root = Config::builder().add_source(file).build().unwrap().cache;
    let mut keys = BTreeMap::new();
    flatten("", &root, &mut keys);
    keys
}

fn flatten(path: &str, value: &Value, keys: &mut BTreeMap<String, String>) {
    match &value.kind {
        // Its keys are patterns.
        ValueKind::Table(_) if path.ends_with("default_grants") => {
            keys.insert(path.to_owned(), String::new());
        }
        ValueKind::Table(table) => {
            for (key, value) in table {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(&format!("{path}{dot}{key}"), value, keys);
            }
        }
        ValueKind::Array(items)
            if items.iter().any(|item| matches!(item.kind, ValueKind::Table(_))) =>
        {
            for item in items {
                flatten(&format!("{path}[]"), item, keys);
            }
        }
        ValueKind::String(text) => {
            keys.insert(path.to_owned(), format!("\"{text}\""));
        }
        ValueKind::Array(items) => {
            let list = if items.is_empty() { "[]" } else { "[...]" };
            keys.insert(path.to_owned(), list.to_owned());
        }
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_) => {
            keys.insert(path.to_owned(), value.kind.to_string());
        }
    }
}

/// The rows of the page: key to default.
fn documented() -> BTreeMap<String, String> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
        let key = cells[0].trim_end_matches('`');
        (cells.len() >= 4 && key.contains('.')).then(|| (key.to_owned(), cells[2].to_owned()))
    };
    PAGE.lines().filter_map(row).collect()
}

#[test]
fn every_key_is_documented_and_every_documented_key_is_there() {
    let there: BTreeSet<String> = keys(&switched_on()).into_keys().collect();
    let documented: BTreeSet<String> = documented().into_keys().collect();
    let missing: Vec<_> = there.difference(&documented).collect();
    let surplus: Vec<_> = documented.difference(&there).collect();
    assert!(missing.is_empty(), "in default.toml, not in docs/configuration.md: {missing:?}");
    assert!(surplus.is_empty(), "in docs/configuration.md, not in default.toml: {surplus:?}");
}

/// The defaults of what stands under `[[apps]]`, as the program fills them in.
fn filled_in() -> BTreeMap<String, String> {
    let text = "[[apps]]\nid = 'a'\n\
                namespaces = [{ pattern = 'a', history = {} }]\n\
                webhooks = [{ name = 'a', url = 'https://a.example', secret = '0123456789abcdef0123456789abcdef' }]\n\
                jwt_keys = [{ alg = 'HS256', secret = '0123456789abcdef0123456789abcdef' }]\n";
    let loaded = load(text).unwrap_or_else(|line| panic!("{line}"));
    let shown = loaded.effective(false);
    let default = |line: &&str| !line.contains(" = ") || line.ends_with("# default");
    let shown: Vec<&str> = shown.lines().filter(default).collect();
    let mut keys = keys(&shown.join("\n"));
    // There because an app is.
    keys.remove("demo.enabled");
    keys
}

#[test]
fn documented_defaults_are_the_real_ones() {
    let real = filled_in();
    let example = keys(&switched_on());
    for (key, cell) in documented() {
        let documented = cell.strip_prefix('`').and_then(|cell| cell.split('`').next());
        assert_eq!(documented, real.get(&key).map(String::as_str), "docs/configuration.md, {key}");
        if let Some(real) = real.get(&key) {
            assert_eq!(example.get(&key), Some(real), "default.toml, {key}");
        }
    }
}

#[test]
fn the_compiled_defaults_are_those_of_the_annotated_default() {
    let read = load("").unwrap_or_else(|line| panic!("{line}")).settings;
    let compiled = Settings::default();
    let file_name = |settings: &Settings| settings.store.path.file_name().unwrap().to_owned();
    assert_eq!(file_name(&read), file_name(&compiled));
    let debug = |settings: &Settings| {
        let mut settings = settings.clone();
        settings.store.path = "x".into();
        format!("{settings:?}")
    };
    assert_eq!(debug(&read), debug(&compiled));
}

#[test]
fn an_apps_defaults_are_the_domains() {
    let text = "[[apps]]\nid = 'a'\nnamespaces = [{ pattern = 'a' }]\n";
    let app = load(text).unwrap_or_else(|line| panic!("{line}")).settings.apps.remove(0);
    assert_eq!(app.limits, AppLimits::default());
    assert_eq!(app.events, EventOptions::default());
    let mut namespace = Namespace::clone(&app.namespaces[0]);
    namespace.pattern = None;
    assert_eq!(namespace, Namespace::default());
    assert!(app.default_grants.is_empty() && app.origins.rules.is_empty());
}

/// The parser names the keys that it knows where one is unknown.
#[test]
fn every_key_that_the_parser_knows_is_in_the_annotated_default() {
    let there = keys(&switched_on());
    for (text, prefix) in [
        ("[server]", "server"),
        ("[server.tls]", "server.tls"),
        ("[store]", "store"),
        ("[log]", "log"),
        ("[limits]", "limits"),
        ("[debug]", "debug"),
        ("[demo]", "demo"),
        ("[[operator.keys]]", "operator.keys[]"),
        ("[[apps]]", "apps[]"),
        ("[[apps]]\n[apps.limits]", "apps[].limits"),
        ("[[apps]]\n[[apps.jwt_keys]]", "apps[].jwt_keys[]"),
        ("[[apps]]\n[[apps.pusher_keys]]", "apps[].pusher_keys[]"),
        ("[[apps]]\n[[apps.api_keys]]", "apps[].api_keys[]"),
        ("[[apps]]\n[[apps.namespaces]]", "apps[].namespaces[]"),
        ("[[apps]]\n[[apps.namespaces]]\n[apps.namespaces.history]", "apps[].namespaces[].history"),
        ("[[apps]]\n[apps.events]", "apps[].events"),
        ("[[apps]]\n[[apps.webhooks]]", "apps[].webhooks[]"),
        ("[[apps]]\n[[apps.webhooks]]\n[apps.webhooks.batch]", "apps[].webhooks[].batch"),
    ] {
        let line = crate::scratch::refusal(&format!("{text}\nqqqqqqqqqqqqqqqqqqqqqqqq = 1\n"));
        let (_, known) = line.split_once("known here: ").unwrap_or_else(|| panic!("{line}"));
        for key in known.split(", ") {
            let path = format!("{prefix}.{key}");
            let found = there.keys().any(|there| there.starts_with(&path));
            assert!(found, "{path} is not in default.toml");
        }
    }
}
