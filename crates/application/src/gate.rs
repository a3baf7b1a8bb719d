//! Messages that came between joining a channel and the reply that says so.

use bytes::Bytes;
use domain::Offset;

use crate::run::Mark;

/// Holds messages back until the reply to `subscribe` is on its way, in order and up to a bound.
#[derive(Default)]
pub(crate) struct Gate {
    held: Vec<(Bytes, Mark)>,
    bytes: usize,
    ended: Option<Ending>,
    /// Whether the stream began anew for one who goes on with it: what is held since then has no
    /// place that could be compared with one of before.
    anew: bool,
}

/// More came before the gate opened than it holds: the subscription is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GateOverflow;

/// Why a subscription is over once its gate opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// More messages came than the gate holds.
    Overflow,
    /// The stream began anew.
    Gap,
}

impl Ending {
    /// What the client is told.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Overflow => "overflow",
            Self::Gap => "gap",
        }
    }
}

impl Gate {
    const MESSAGES: usize = 256;
    const BYTES: usize = 256 * 1024;

    pub(crate) fn hold(&mut self, frame: &Bytes, mark: Mark) {
        if frame.is_empty() {
            return;
        }
        if self.held.len() >= Self::MESSAGES || self.bytes + frame.len() > Self::BYTES {
            self.end(Ending::Overflow);
        }
        if self.ended.is_some() {
            return;
        }
        self.bytes += frame.len();
        let offset = mark.offset.filter(|_| !self.anew);
        self.held.push((frame.clone(), Mark { offset, ..mark }));
    }

    /// The stream began anew, and whoever waits here goes on with it.
    pub(crate) const fn begin_anew(&mut self) {
        self.anew = true;
    }

    /// Whether the stream began anew meanwhile.
    pub(crate) const fn began_anew(&self) -> bool {
        self.anew
    }

    /// Nothing is held any more: there will be no subscription to let it out to. The first reason
    /// counts.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.ended.get_or_insert(ending);
        self.held = Vec::new();
    }

    /// What was held and is behind `seen`, in order.
    pub(crate) fn open(self, seen: Offset) -> Result<Vec<(Bytes, Mark)>, Ending> {
        if let Some(ending) = self.ended {
            return Err(ending);
        }
        let is_new = |mark: &Mark| mark.offset.is_none_or(|offset| offset > seen);
        Ok(self.held.into_iter().filter(|(_, mark)| is_new(mark)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(offset: Option<u64>) -> Mark {
        let offset = match offset {
            Some(offset) => Some(Offset(offset)),
            None => None,
        };
        Mark { offset, is_message: true }
    }

    fn frames() -> Vec<(Bytes, Mark)> {
        (0..Gate::MESSAGES).map(|n| (n.to_string().into(), at(None))).collect()
    }

    #[test]
    fn holds_in_order_up_to_its_bound() {
        let mut gate = Gate::default();
        frames().iter().for_each(|(frame, offset)| gate.hold(frame, *offset));
        assert_eq!(gate.open(Offset(0)), Ok(frames()));
        let mut gate = Gate::default();
        let more = frames().into_iter().chain(frames().into_iter().take(2));
        more.for_each(|(frame, offset)| gate.hold(&frame, offset));
        assert_eq!(
            gate.open(Offset(0)),
            Err(Ending::Overflow),
            "what fits again behind a loss is not held"
        );
    }

    #[test]
    fn a_new_streams_messages_are_let_out_whatever_their_places() {
        let mut gate = Gate::default();
        gate.hold(&Bytes::from("old"), at(Some(7)));
        gate.hold(&Bytes::from("newer"), at(Some(8)));
        gate.begin_anew();
        assert!(gate.began_anew());
        gate.hold(&Bytes::from("anew"), at(Some(1)));
        let out =
            gate.open(Offset(7)).map(|held| held.into_iter().map(|(frame, _)| frame).collect());
        assert_eq!(out, Ok(vec![Bytes::from("newer"), Bytes::from("anew")]));
    }

    #[test]
    fn what_the_reply_covers_is_not_let_out() {
        let mut gate = Gate::default();
        for offset in 3..=6 {
            gate.hold(&Bytes::from(offset.to_string()), at(Some(offset)));
        }
        let out =
            gate.open(Offset(4)).map(|held| held.into_iter().map(|(frame, _)| frame).collect());
        assert_eq!(out, Ok(vec![Bytes::from("5"), Bytes::from("6")]));
    }
}
