//! What forgotten apps leave behind beside their streams, erased bit by bit.

use std::collections::HashMap;

use domain::AppId;

use crate::{
    engine::{EngineError, View},
    group::Group,
    space::{AppNumber, Space, app_key, split_app},
};

/// Where it lies. Streams, keys and leases go with the app, messages as garbage.
const SPACES: [Space; 5] =
    [Space::Events, Space::Live, Space::Deliveries, Space::Dead, Space::Usage];

/// Rows that a group erases of one keyspace.
const ERASED_AT_ONCE: usize = 1024;

/// The apps that have rows and no name: those that were being erased when the server ended. Looks at
/// one row of each app.
pub(crate) fn nameless(
    view: &View,
    names: &HashMap<AppNumber, AppId>,
) -> Result<Vec<AppNumber>, EngineError> {
    let mut found = Vec::new();
    for space in SPACES {
        let mut from = 0;
        while let Some(row) = view.range(space, &app_key(from), &END).next() {
            let Some((number, _)) = split_app(&row?.0) else { break };
            if !names.contains_key(&number) && !found.contains(&number) {
                found.push(number);
            }
            let Some(next) = number.checked_add(1) else { break };
            from = next;
        }
    }
    Ok(found)
}

/// Behind every key of any app.
const END: [u8; 5] = [u8::MAX; 5];

impl Group<'_> {
    /// Nobody finds any more what an app has there; it is erased later.
    pub(crate) fn bury_app(&mut self, app: &AppId, number: AppNumber) {
        self.staged.batch.remove_all(&SPACES, &app_key(number));
        self.staged.logs.remove(app);
        self.staged.used.forget(number);
        self.ledger.logs.remove(app);
        self.ledger.dead.retain(|endpoint, _| endpoint.app != *app);
        self.ledger.usage.remove(&number);
        self.ledger.graves.push(number);
    }

    /// The same in a sweep. What can't be read now is read by the next one: a store that can't be
    /// read tells so by its next commit.
    pub(crate) fn tend_graves(&mut self) -> bool {
        self.erase_graves().unwrap_or(false)
    }

    /// Erases a share of the app that was forgotten last. Says whether there is more.
    fn erase_graves(&mut self) -> Result<bool, EngineError> {
        let Some(number) = self.ledger.graves.last().copied() else { return Ok(false) };
        let view = self.staged.batch.view();
        let mut empty = true;
        for space in SPACES {
            for row in view.range(space, &app_key(number), &END).take(ERASED_AT_ONCE) {
                let (key, _) = row?;
                if split_app(&key).is_none_or(|(other, _)| other != number) {
                    break;
                }
                self.staged.batch.remove(space, &key);
                empty = false;
            }
        }
        if empty {
            self.ledger.graves.pop();
        }
        Ok(!self.ledger.graves.is_empty())
    }
}
