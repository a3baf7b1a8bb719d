//! Messages that came between joining a channel and the reply that says so.

use bytes::Bytes;

/// Holds messages back until the reply to `subscribe` is on its way, in order and up to a bound.
#[derive(Default)]
pub(crate) struct Gate {
    held: Vec<Bytes>,
    bytes: usize,
    overflowed: bool,
}

/// More messages came before the gate opened than it holds: the subscription is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GateOverflow;

impl Gate {
    const MESSAGES: usize = 256;
    const BYTES: usize = 256 * 1024;

    pub(crate) fn hold(&mut self, frame: &Bytes) {
        if self.held.len() >= Self::MESSAGES || self.bytes + frame.len() > Self::BYTES {
            self.overflowed = true;
        }
        if self.overflowed {
            self.held = Vec::new();
            return;
        }
        self.bytes += frame.len();
        self.held.push(frame.clone());
    }

    /// What was held, in order.
    pub(crate) fn open(self) -> Result<Vec<Bytes>, GateOverflow> {
        if self.overflowed { Err(GateOverflow) } else { Ok(self.held) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_in_order_up_to_its_bound() {
        let mut gate = Gate::default();
        let frames: Vec<Bytes> = (0..Gate::MESSAGES).map(|n| n.to_string().into()).collect();
        frames.iter().for_each(|frame| gate.hold(frame));
        assert_eq!(gate.open(), Ok(frames.clone()));
        let mut gate = Gate::default();
        frames.iter().chain(&frames[..2]).for_each(|frame| gate.hold(frame));
        assert_eq!(gate.open(), Err(GateOverflow), "what fits again behind a loss is not held");
    }
}
