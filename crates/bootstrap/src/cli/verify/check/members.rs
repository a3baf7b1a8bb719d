//! Who is there, against what readers were told.

use super::{Finding, Records};

pub(super) fn check(records: &Records, findings: &mut Vec<Finding>) {
    for attended in &records.attended {
        let who = || (attended.reader.clone(), attended.channel.clone());
        for member in attended.seen.difference(&attended.here) {
            let ((reader, channel), member) = (who(), member.clone());
            findings.push(Finding::Ghost { reader, channel, member });
        }
        for member in attended.here.difference(&attended.seen) {
            let ((reader, channel), member) = (who(), member.clone());
            findings.push(Finding::Unseen { reader, channel, member });
        }
        for what in &attended.odd {
            let ((reader, channel), what) = (who(), what.clone());
            findings.push(Finding::OddMember { reader, channel, what });
        }
    }
}
