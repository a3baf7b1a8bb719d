//! The layer of `RTMATE__SECTION__KEY` variables.

use config::{Environment, Map, Source, Value};

use super::{key_path::KeyPath, problem::Refused, surroundings::Surroundings};

const PREFIX: &str = "RTMATE";
const SEPARATOR: &str = "__";

/// What no variable can hold: arrays of tables.
const ARRAYS: [&str; 2] = ["apps", "operator"];

/// One variable: its name, and what it sets.
pub(crate) struct Variable {
    /// As it stands in the environment.
    pub(crate) name: String,
    /// Path to value.
    pub(crate) values: Map<String, Value>,
}

/// The variables that set something, by name.
///
/// # Errors
/// A variable that no section's scalar has, or whose value is no text.
pub(crate) fn read(surroundings: &Surroundings) -> Result<Vec<Variable>, Refused> {
    let ours = |name: &str| {
        let prefix = format!("{PREFIX}{SEPARATOR}");
        name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(&prefix))
    };
    let mut variables = Vec::new();
    for (name, value) in surroundings.variables() {
        let Some(name) = name.to_str().filter(|name| ours(name)) else { continue };
        let value =
            value.to_str().ok_or_else(|| Refused::new(format!("{name}: is not UTF-8 text")))?;
        variables.push(Variable { name: name.to_owned(), values: collect(name, value)? });
    }
    Ok(variables)
}

/// What one variable sets, stamped with its name: the library's own stamp is the same for all.
fn collect(name: &str, value: &str) -> Result<Map<String, Value>, Refused> {
    let one = Map::from_iter([(name.to_owned(), value.to_owned())]);
    let source = Environment::with_prefix(PREFIX).separator(SEPARATOR).source(Some(one));
    let collected = source.collect().map_err(|error| Refused::new(format!("{name}: {error}")))?;
    let mut stamped = Map::new();
    for (path, value) in collected {
        refuse_array(name, &path)?;
        stamped.insert(path, Value::new(Some(&name.to_owned()), value.kind));
    }
    Ok(stamped)
}

fn refuse_array(name: &str, path: &str) -> Result<(), Refused> {
    let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(path.len());
    let section = &path[..end];
    if !ARRAYS.contains(&section) {
        return Ok(());
    }
    let section = KeyPath::root().key(section);
    Err(Refused::new(format!(
        "{name}: {section}: lists are not read from the environment; write them into rtmate.toml \
         (a secret may still come from a variable: secret_env)"
    )))
}
