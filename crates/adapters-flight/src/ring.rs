//! Bytes that overwrite the oldest, with chains through them.

use crate::record::Record;

/// Records of variable length in a fixed piece of memory: a new one takes the room of the oldest.
///
/// Each belongs to a subject, of which it knows the hash. A record names the one before it whose
/// subject has the same bucket, and a table of fixed size the last one of each bucket: so what there
/// is of one subject is found without looking at all, and no subject costs memory of its own.
///
/// A place counts all bytes ever written; it is still there while it is not before `tail`.
pub(crate) struct Ring {
    bytes: Box<[u8]>,
    /// Where the next record goes.
    next: u64,
    /// Where the oldest one is.
    tail: u64,
    /// The last record of each bucket; [`Self::NOWHERE`] where there was none.
    heads: Box<[u64]>,
}

impl Ring {
    /// Chains.
    pub(crate) const BUCKETS: usize = 1024;
    /// Bytes that the chains' beginnings take.
    pub(crate) const INDEX: usize = Self::BUCKETS * size_of::<u64>();
    /// A place that no record ever has.
    const NOWHERE: u64 = u64::MAX;
    /// Records begin at multiples of it, so that a gap at the end has room for its own length.
    const STEP: usize = 8;

    /// Of so many bytes, a multiple of 8. All of them are touched: what the process takes does not
    /// grow later.
    pub(crate) fn new(bytes: usize) -> Self {
        debug_assert!(bytes.is_multiple_of(Self::STEP) && bytes > 2 * Record::MOST);
        let begin = wide(bytes);
        let bytes = vec![0xff; bytes].into_boxed_slice();
        // Not 0: an allocator gives zeros without touching them.
        let heads = vec![Self::NOWHERE; Self::BUCKETS].into_boxed_slice();
        Self { bytes, next: begin, tail: begin, heads }
    }

    fn offset(&self, place: u64) -> usize {
        usize::try_from(place % wide(self.bytes.len())).unwrap_or(0)
    }

    const fn bucket(subject: u64) -> usize {
        (subject >> 32) as usize % Self::BUCKETS
    }

    /// Appends a record.
    pub(crate) fn push(&mut self, record: &mut Record) {
        let length = record.bytes().len().next_multiple_of(Self::STEP);
        let left = self.bytes.len() - self.offset(self.next);
        if left < length {
            self.make_room(left);
            let gap = self.offset(self.next);
            self.bytes[gap..gap + 2].copy_from_slice(&short(left).to_le_bytes());
            self.bytes[gap + 2] = Record::GAP;
            self.next += wide(left);
        }
        self.make_room(length);
        let bucket = Self::bucket(record.subject());
        record.complete(short(length), self.heads[bucket]);
        let begin = self.offset(self.next);
        let bytes = record.bytes();
        self.bytes[begin..begin + bytes.len()].copy_from_slice(bytes);
        self.heads[bucket] = self.next;
        self.next += wide(length);
    }

    /// Lets the oldest records go until so many bytes are free.
    fn make_room(&mut self, bytes: usize) {
        while self.next + wide(bytes) - self.tail > wide(self.bytes.len()) {
            self.tail += wide(self.length_at(self.tail));
        }
    }

    fn length_at(&self, place: u64) -> usize {
        let begin = self.offset(place);
        let length = u16::from_le_bytes([self.bytes[begin], self.bytes[begin + 1]]);
        usize::from(length).max(Self::STEP)
    }

    fn at(&self, place: u64) -> &[u8] {
        let begin = self.offset(place);
        &self.bytes[begin..begin + self.length_at(place)]
    }

    /// The records of a subject's bucket, the latest first.
    pub(crate) fn chain(&self, subject: u64) -> impl Iterator<Item = &[u8]> {
        let there = move |place: &u64| *place >= self.tail && *place < self.next;
        let mut place = Some(self.heads[Self::bucket(subject)]).filter(there);
        std::iter::from_fn(move || {
            let record = self.at(place?);
            place = Some(Record::before(record)).filter(there);
            Some(record)
        })
    }

    /// A copy of all records, the oldest first: to be looked at without keeping others waiting.
    pub(crate) fn copy_into(&self, copy: &mut Vec<u8>) {
        copy.clear();
        let (tail, next) = (self.offset(self.tail), self.offset(self.next));
        if self.next == self.tail {
            return;
        }
        if tail < next {
            copy.extend_from_slice(&self.bytes[tail..next]);
        } else {
            copy.extend_from_slice(&self.bytes[tail..]);
            copy.extend_from_slice(&self.bytes[..next]);
        }
    }

    /// The records of a copy, in its order.
    pub(crate) fn records(copy: &[u8]) -> impl Iterator<Item = &[u8]> {
        let mut rest = copy;
        std::iter::from_fn(move || {
            loop {
                let length = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
                let (record, after) = rest.split_at_checked(length.max(Self::STEP))?;
                rest = after;
                if record[2] != Record::GAP {
                    return Some(record);
                }
            }
        })
    }

    /// The oldest record, where an older one was overwritten.
    pub(crate) fn oldest_of_overwritten(&self) -> Option<&[u8]> {
        if self.tail == wide(self.bytes.len()) {
            return None;
        }
        let mut place = self.tail;
        while place < self.next {
            let record = self.at(place);
            if record[2] != Record::GAP {
                return Some(record);
            }
            place += wide(record.len());
        }
        None
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// No record, and no gap before one, is longer.
fn short(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(subject: u64, order: u64, text: &str) -> Record {
        let mut record = Record::new(1, subject, order, order);
        record.text(text);
        record
    }

    fn order_of(record: &[u8]) -> u64 {
        Record::order(record)
    }

    proptest! {
        /// Whatever is written: the latest are there, whole and in order, each chain has what is
        /// there of its subject, and nothing else is ever read.
        #[test]
        fn the_latest_are_there(lengths in prop::collection::vec((0usize..255, 0u64..5), 1..200)) {
            let mut ring = Ring::new(4096);
            let mut written = Vec::new();
            for (order, (length, subject)) in lengths.iter().enumerate() {
                let order = order as u64;
                let mut record = record(subject << 32, order, &"x".repeat(*length));
                ring.push(&mut record);
                written.push((order, *subject, *length));
                let mut copy = Vec::new();
                ring.copy_into(&mut copy);
                let there: Vec<u64> = Ring::records(&copy).map(order_of).collect();
                let begin = there.first().copied().unwrap_or(0);
                prop_assert_eq!(&there, &(begin..=order).collect::<Vec<_>>());
                for (record, (_, _, length)) in Ring::records(&copy).zip(&written[begin as usize..]) {
                    prop_assert_eq!(usize::from(record[Record::HEAD]), *length);
                }
                let chained: Vec<u64> = ring.chain(subject << 32).map(order_of).collect();
                let mut expected: Vec<u64> = written[begin as usize..]
                    .iter().filter(|(_, of, _)| of == subject).map(|(order, ..)| *order).collect();
                expected.reverse();
                prop_assert_eq!(chained, expected);
                let oldest = ring.oldest_of_overwritten().map(order_of);
                prop_assert_eq!(oldest, (begin > 0).then_some(begin));
            }
        }
    }
}
