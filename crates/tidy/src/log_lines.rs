//! Reads what `adapters-tracing` writes: `info!(target: "rtmate", %a, b, c = %d, "message");`.

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// One row per line of the log: message, level, fields.
pub(crate) fn of(source: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("!(target: \"rtmate\",") {
        let level = LEVELS.into_iter().find(|level| before.ends_with(level)).unwrap();
        let (arguments, after) = after.split_once(");").unwrap();
        rows.push(row(level, arguments));
        rest = after;
    }
    rows
}

fn row(level: &str, arguments: &str) -> Vec<String> {
    let mut arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
    let message = arguments.pop().unwrap().trim_matches('"').to_owned();
    let name = |argument: &&str| {
        let name = argument.split('=').next().unwrap_or_default();
        format!("`{}`", name.trim().trim_start_matches(['%', '?']))
    };
    let fields: Vec<String> = arguments.iter().map(name).collect();
    // A cell of one field has no marks inside: see `markdown::table`.
    vec![message, level.to_owned(), fields.join(", ").trim_matches('`').to_owned()]
}

#[test]
fn a_call_is_understood() {
    let source = "x => { info!(target: \"rtmate\", %connection, app, rule = %denial,\n  ?n, \"it \
        happened\"); }";
    assert_eq!(of(source), [["it happened", "info", "connection`, `app`, `rule`, `n"]]);
}
