//! The tables of the documents are those of the code.

use adapters_metrics::FAMILIES;
use domain::{CloseReason, ErrorCode, Family, Language};
use protocol_native::close_code;

use crate::{log_lines, markdown::table, repository::read, rule::Rule};

const ERRORS: &str = "docs/errors.md";
const PROTOCOL: &str = "docs/protocol.md";
const OPERATIONS: &str = "docs/operations.md";

/// Row by row, the first cells only: what a client should do is prose.
fn compare(document: &str, heading: &str, mend: &'static str, wanted: &[Vec<String>]) {
    let mut rule = Rule::new("a table in a document has exactly the rows of the code", mend);
    let written = table(&read(document), heading);
    let width = wanted.first().map_or(0, Vec::len);
    let cut = |row: &Vec<String>| row.iter().take(width).cloned().collect::<Vec<_>>();
    let written: Vec<_> = written.iter().map(cut).collect();
    for row in wanted {
        rule.demand(written.contains(row), || format!("{document} lacks {row:?}"));
    }
    for row in &written {
        rule.demand(wanted.contains(row), || format!("{document} has {row:?}, the code has not"));
    }
    rule.demand(!same_rows(&written, wanted) || written == wanted, || {
        format!("{document}: the rows stand in another order than in the code")
    });
    rule.judge();
}

fn same_rows(one: &[Vec<String>], other: &[Vec<String>]) -> bool {
    one.len() == other.len() && one.iter().all(|row| other.contains(row))
}

#[test]
fn errors_are_the_documented_ones() {
    let row = |code: ErrorCode| {
        let text = |language| code.message(language).to_owned();
        let class = code.class().to_string();
        let (chinese, english) = (text(Language::Chinese), text(Language::English));
        vec![class, code.reason().to_owned(), chinese, english]
    };
    let wanted: Vec<_> = ErrorCode::ALL.into_iter().map(row).collect();
    compare(
        ERRORS,
        "Errors",
        "write the row of crates/domain/src/error_code.rs into docs/errors.md, in its order",
        &wanted,
    );
}

#[test]
fn close_codes_are_the_documented_ones() {
    let row = |reason: CloseReason| {
        let come_back = match reason.family() {
            Family::Final => "no",
            Family::Backoff => "after a backoff",
            Family::AfterDelay => "after the given delay",
        };
        [close_code(reason).to_string(), reason.name().to_owned(), come_back.to_owned()].to_vec()
    };
    let wanted: Vec<_> = CloseReason::TOLD.into_iter().map(row).collect();
    for document in [ERRORS, PROTOCOL] {
        compare(
            document,
            "Close codes",
            "write the rows of crates/domain/src/close_reason.rs, with the numbers of \
             crates/protocol-native/src/close_code.rs, in their order",
            &wanted,
        );
    }
}

#[test]
fn log_lines_are_the_documented_ones() {
    let wanted = log_lines::of(&read("crates/adapters-tracing/src/lib.rs"));
    assert!(wanted.len() >= 8, "the lines of adapters-tracing are not understood: {wanted:?}");
    compare(
        OPERATIONS,
        "Log lines",
        "write message, level and fields as crates/adapters-tracing/src/lib.rs has them",
        &wanted,
    );
}

#[test]
fn metrics_are_the_documented_ones() {
    let mut wanted = Vec::new();
    for family in FAMILIES {
        let labels =
            if family.labels.is_empty() { "none".to_owned() } else { family.labels.join(", ") };
        let cells = [family.name, family.kind.name(), &labels, family.help];
        wanted.push(cells.map(str::to_owned).to_vec());
    }
    compare(
        OPERATIONS,
        "All metrics",
        "write name, kind, labels and meaning as crates/adapters-metrics/src/family.rs has them",
        &wanted,
    );
}
