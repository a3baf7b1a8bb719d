//! What subscriptions with `rewind` were given.

use super::{Finding, Records};
use crate::cli::verify::record::Rewind;

/// Each got the last messages before its place: as many as it asked for, or all that were kept.
pub(super) fn check(records: &Records, findings: &mut Vec<Finding>) {
    for rewind in records.rewinds.iter().filter(|rewind| !is_right(records, rewind)) {
        let offsets = offsets(rewind).map(|offset| offset.to_string());
        findings.push(Finding::Rewound {
            channel: rewind.channel.clone(),
            asked: rewind.asked,
            position: rewind.position,
            given: offsets.collect::<Vec<_>>().join(", "),
        });
    }
}

/// 0 where there was none.
fn offsets(rewind: &Rewind) -> impl Iterator<Item = u64> {
    rewind.messages.iter().map(|copy| copy.position.map_or(0, |place| place.offset.0))
}

fn is_right(records: &Records, rewind: &Rewind) -> bool {
    let top = rewind.position.offset.0;
    let (count, most) = (rewind.messages.len() as u64, rewind.asked.min(top));
    let last_ones = count <= most && offsets(rewind).eq(top - count + 1..=top);
    last_ones && (count == most || may_be_gone(records, rewind, top - count))
}

/// Whether the stream need not have kept the message at this offset.
fn may_be_gone(records: &Records, rewind: &Rewind, offset: u64) -> bool {
    let kept = records.kept.iter().find(|kept| kept.channel == rewind.channel);
    kept.and_then(|kept| kept.messages.as_ref().ok()).is_none_or(|kept| {
        kept.after.epoch != rewind.position.epoch || offset <= kept.after.offset.0
    })
}
