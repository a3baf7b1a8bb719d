//! Rates: so many a second, and so many at once.

use domain::Rate;

use super::{bounds::within, key_path::KeyPath, problem::Problem, scalar::Count};

/// A key and its value, where it is given.
type Given<'a> = (&'a str, Option<Count>);

/// The rate of two keys of a table; nothing where it is not given. Without a burst of its own it is
/// what one second has.
pub(super) fn rate(
    table: &KeyPath,
    (key, per_second): Given<'_>,
    (burst_key, burst): Given<'_>,
) -> Result<Option<Rate>, Problem> {
    let Some(per_second) = per_second else {
        return match burst {
            None => Ok(None),
            Some(_) => Err(Problem::value(&table.key(burst_key), format!("needs {key} beside it"))),
        };
    };
    let per_second = within(&table.key(key), per_second.0, 1..=10_000_000)?;
    let burst = burst.map(|burst| within(&table.key(burst_key), burst.0, 1..=10_000_000));
    Ok(Some(Rate::new(per_second, burst.transpose()?.unwrap_or(per_second))))
}
