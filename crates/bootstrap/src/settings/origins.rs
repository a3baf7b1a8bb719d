//! `origins` and `origin_required`: which web pages may use an app.

use domain::{OriginPolicy, OriginRule};

use super::{bounds::at_most, key_path::KeyPath, problem::Problem, scalar::Text};

/// Parses the rules of the app at `path`.
pub(crate) fn parse(
    rules: &[Text],
    required: bool,
    path: &KeyPath,
) -> Result<OriginPolicy, Problem> {
    let path = path.key("origins");
    at_most(&path, rules.len(), 100)?;
    let rule = |(index, text): (usize, &Text)| {
        OriginRule::parse(text).ok_or_else(|| {
            let message = "not an origin, such as https://app.example.com, \
                           https://*.example.com, http://localhost:*, null or *";
            Problem::value(&path.index(index), message)
        })
    };
    let rules = rules.iter().enumerate().map(rule).collect::<Result<_, _>>()?;
    Ok(OriginPolicy { rules, required })
}
