//! Every source file says what it is, stays small and has a name that says something.

use crate::{
    repository::{files, read},
    rule::Rule,
};

/// Lines of a file that is still read in one go.
const LINES: usize = 400;

/// Longer files, each with its reason. None so far.
const LONG: [(&str, &str); 0] = [];

const EMPTY_NAMES: [&str; 4] = ["Manager", "Handler", "Helper", "Util"];

const KINDS: [&str; 6] = ["struct ", "enum ", "trait ", "type ", "union ", "class "];

#[test]
fn every_rust_file_says_what_it_is() {
    let mut rule = Rule::new(
        "every .rs file begins with a //! line that says what is in it",
        "write one sentence at the top of the file",
    );
    for path in files(&[".rs"]) {
        rule.demand(read(&path).starts_with("//! "), || path.clone());
    }
    rule.judge();
}

#[test]
fn files_stay_small() {
    let mut rule = Rule::new(
        "a source file has at most 400 lines",
        "split it by what it is about, or add it to LONG in crates/tidy/src/sources.rs with the \
         reason",
    );
    for path in files(&[".rs", ".js", ".mjs", ".css", ".sh"]) {
        let lines = read(&path).lines().count();
        let exempt = LONG.iter().any(|(long, _)| *long == path);
        rule.demand(lines <= LINES || exempt, || format!("{path}: {lines} lines"));
        rule.demand(lines > LINES || !exempt, || format!("{path}: needs no exemption any more"));
    }
    rule.judge();
}

#[test]
fn names_say_something() {
    let mut rule = Rule::new(
        "no Manager, Handler, Helper or Util in the name of a file or type",
        "name it after what it is or does",
    );
    for path in files(&[".rs", ".js", ".mjs"]) {
        let file = path.rsplit('/').next().unwrap_or(&path).to_lowercase();
        for empty in EMPTY_NAMES {
            rule.demand(!file.contains(&empty.to_lowercase()), || path.clone());
        }
        for (index, line) in read(&path).lines().enumerate() {
            let Some(name) = declared(line) else { continue };
            let says_nothing = EMPTY_NAMES.iter().any(|empty| name.contains(empty));
            rule.demand(!says_nothing, || format!("{path}:{}: {name}", index + 1));
        }
    }
    rule.judge();
}

/// The type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let visible = ["pub(crate) ", "pub(super) ", "pub ", "export default ", "export "];
    let line = visible.iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    let rest = KINDS.iter().find_map(|kind| line.strip_prefix(kind))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn declarations_are_found() {
    assert_eq!(declared("    pub(crate) struct Room<T> {"), Some("Room"));
    assert_eq!(declared("export class Connection {"), Some("Connection"));
    assert_eq!(declared("let struct_ = 1;"), None);
}
