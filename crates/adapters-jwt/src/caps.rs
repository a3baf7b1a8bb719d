//! The grants in a token.

use application::ports::TokenError;
use domain::{Action, Claims, Grant, GrantPattern};
use serde_json::value::RawValue;

use crate::object::{JsonObject, NotAnObject};

/// Reads `caps`: an object from patterns to lists of actions.
pub(crate) fn parse(caps: &RawValue) -> Result<Vec<Grant>, TokenError> {
    let object = JsonObject::parse(caps.get().as_bytes()).map_err(|error| match error {
        NotAnObject::Other => TokenError::Invalid { why: "`caps` is not an object" },
        NotAnObject::Duplicate => TokenError::Invalid { why: "`caps` has a pattern twice" },
    })?;
    let entries = object.entries();
    if entries.len() > Claims::CAPS_LIMIT {
        return Err(TokenError::Invalid { why: "`caps` has more than 128 patterns" });
    }
    entries.map(|(pattern, actions)| grant(pattern, actions)).collect()
}

fn grant(pattern: &str, actions: &RawValue) -> Result<Grant, TokenError> {
    let pattern = GrantPattern::parse(pattern)
        .map_err(|_| TokenError::Invalid { why: "`caps` has a pattern that is none" })?;
    let names: Vec<String> = serde_json::from_str(actions.get())
        .map_err(|_| TokenError::Invalid { why: "`caps` has actions that are no list of texts" })?;
    let actions = names.iter().map(|name| {
        Action::parse(name).ok_or(TokenError::Invalid { why: "`caps` has an unknown action" })
    });
    Ok(Grant { pattern, actions: actions.collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(text: &str) -> Result<Vec<Grant>, &'static str> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        parse(&raw).map_err(|error| {
            let TokenError::Invalid { why } = error else { panic!("{error:?}") };
            why
        })
    }

    #[test]
    fn patterns_and_actions() {
        let grants = caps(r#"{"chat:*":["subscribe","send"],"a":[]}"#).unwrap();
        assert_eq!(grants.len(), 2);
        assert_eq!(grants[0].pattern.to_string(), "chat:*");
        assert!(grants[0].actions.contains(Action::Send));
        assert!(!grants[0].actions.contains(Action::History));
        assert_eq!(grants[1].actions, std::iter::empty::<Action>().collect());
    }

    #[test]
    fn what_is_odd_is_refused() {
        assert_eq!(caps("null"), Err("`caps` is not an object"));
        assert_eq!(caps(r#"{"a":["fly"]}"#), Err("`caps` has an unknown action"));
        assert_eq!(caps(r#"{"a b":["send"]}"#), Err("`caps` has a pattern that is none"));
        assert_eq!(caps(r#"{"a":"send"}"#), Err("`caps` has actions that are no list of texts"));
        assert_eq!(caps(r#"{"a":[],"a":[]}"#), Err("`caps` has a pattern twice"));
        let many: Vec<String> = (0..129).map(|n| format!(r#""c{n}":[]"#)).collect();
        let many = format!("{{{}}}", many.join(","));
        assert_eq!(caps(&many), Err("`caps` has more than 128 patterns"));
    }
}
