//! Links resolve, decisions are listed, the two READMEs say the same.

use std::collections::BTreeSet;

use crate::{
    markdown::{anchor, blocks, headings, links},
    repository::{files, packages, read, root},
    rule::Rule,
};

const ADRS: &str = "docs/adr/";

#[test]
fn links_resolve() {
    let mut rule = Rule::new(
        "a relative link leads to a file, and to a heading where it names one",
        "correct the link, or write what it leads to",
    );
    for path in files(&[".md"]) {
        let text = read(&path);
        for (line, target) in links(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            rule.demand(resolves(&path, target), || format!("{path}:{line}: {target}"));
        }
    }
    rule.judge();
}

#[test]
fn nothing_is_left_to_fill_in() {
    let mut rule = Rule::new(
        "a document has no placeholder",
        "measure or decide, and write it in place of the placeholder",
    );
    for path in files(&[".md"]) {
        for (line, text) in read(&path).lines().enumerate() {
            let open = text.contains("<<") && text.contains(">>");
            rule.demand(!open, || format!("{path}:{}: {text}", line + 1));
        }
    }
    rule.judge();
}

fn resolves(from: &str, target: &str) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if file.is_empty() { root().join(from) } else { root().join(folder).join(file) };
    if heading.is_empty() {
        return path.exists();
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    headings(&text).into_iter().any(|known| anchor(known) == heading)
}

#[test]
fn decisions_are_listed_and_complete() {
    let mut rule = Rule::new(
        "each decision has a number, says context, decision and consequences, and is listed",
        "complete it, and link it in docs/adr/README.md",
    );
    let list = read("docs/adr/README.md");
    let listed: BTreeSet<&str> = links(&list).into_iter().map(|(_, target)| target).collect();
    let adrs = files(&[".md"]).into_iter().filter(|path| path.starts_with(ADRS));
    let mut number = 0;
    for path in adrs.filter(|path| !path.ends_with("/README.md")) {
        number += 1;
        let name = path.trim_start_matches(ADRS);
        rule.demand(name.starts_with(&format!("{number:04}-")), || {
            format!("{path}: the number is not {number:04}")
        });
        rule.demand(listed.contains(name), || format!("{path}: not in docs/adr/README.md"));
        let text = read(&path);
        let headings = headings(&text);
        for part in ["Context", "Decision", "Consequences"] {
            rule.demand(headings.contains(&part), || format!("{path}: no heading `{part}`"));
        }
    }
    rule.judge();
}

#[test]
fn the_two_readmes_say_the_same() {
    let (english, chinese) = (read("README.md"), read("README.zh-CN.md"));
    let mut rule = Rule::new(
        "README.md and README.zh-CN.md have the same parts and the same commands",
        "change both; blocks of code are the same to the letter",
    );
    let counts = (headings(&english).len(), headings(&chinese).len());
    rule.demand(counts.0 == counts.1, || format!("{} and {} headings", counts.0, counts.1));
    let (ours, theirs) = (blocks(&english), blocks(&chinese));
    rule.demand(ours.len() == theirs.len(), || {
        format!("{} and {} blocks of code", ours.len(), theirs.len())
    });
    for (one, other) in ours.iter().zip(&theirs) {
        rule.demand(one == other, || format!("a block differs:\n{}---\n{}", one.1, other.1));
    }
    rule.judge();
}

#[test]
fn the_map_is_short_and_whole() {
    let mut rule = Rule::new(
        "ARCHITECTURE.md has at most 150 lines and names every crate",
        "say it shorter, or put the crate on the map",
    );
    let map = read("ARCHITECTURE.md");
    let lines = map.lines().count();
    rule.demand(lines <= 150, || format!("{lines} lines"));
    for package in packages() {
        rule.demand(map.contains(&format!("`{}`", package.name)), || package.name.clone());
    }
    rule.judge();
}
