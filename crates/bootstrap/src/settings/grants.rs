//! `default_grants`: what a token without `caps` allows.

use std::collections::BTreeMap;

use domain::{Action, Claims, Grant, GrantPattern};

use super::{bounds::at_most, key_path::KeyPath, problem::Problem, scalar::Text};

/// Parses a table of patterns to actions.
pub(crate) fn parse(
    raw: &BTreeMap<String, Vec<Text>>,
    path: &KeyPath,
) -> Result<Vec<Grant>, Problem> {
    at_most(path, raw.len(), Claims::CAPS_LIMIT)?;
    let grant = |(pattern, actions): (&String, &Vec<Text>)| {
        let path = path.key(pattern);
        let pattern =
            GrantPattern::parse(pattern).map_err(|error| Problem::at(&path, error.to_string()))?;
        let action = |(index, text): (usize, &Text)| {
            Action::parse(text).ok_or_else(|| {
                let names = Action::ALL.map(Action::name).join(", ");
                let message = format!("not an action; one of {names}");
                Problem::value(&path.index(index), message)
            })
        };
        let actions = actions.iter().enumerate().map(action).collect::<Result<_, _>>()?;
        Ok(Grant { pattern, actions })
    };
    raw.iter().map(grant).collect()
}
