//! What receivers, snapshots and clients know to be there.

use super::super::hooks::record::{Comparison, HookFinding, HookRecords};

pub(super) fn check(hooks: &HookRecords, findings: &mut Vec<HookFinding>) {
    for comparison in hooks.snapshots.iter().chain(&hooks.last) {
        let Comparison { who, whose, cursor, known, wanted } = comparison;
        let found = |thing: &String, how| HookFinding::Live {
            who,
            cursor: *cursor,
            thing: thing.clone(),
            how,
            whose: whose.clone(),
        };
        findings.extend(known.difference(wanted).map(|thing| found(thing, "there, and not by")));
        findings
            .extend(wanted.difference(known).map(|thing| found(thing, "missing, and there by")));
    }
}
