//! What subscribers' connections were given.

use std::ops::AddAssign;

use bytes::Bytes;
use domain::AppId;

use crate::{
    ports::{Meter, Reading},
    run::Mark,
};

/// Messages and the bytes of their frames, summed over subscribers before anybody is told: a
/// subscriber costs two additions.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Given {
    /// One frame that a connection took; nothing where it is no message.
    pub(crate) fn of(frame: &Bytes, mark: Mark) -> Self {
        if mark.is_message { Self { messages: 1, bytes: frame.len() } } else { Self::default() }
    }

    /// Nothing where whoever took it is in nobody's count.
    pub(crate) fn to(self, counts: bool) -> Self {
        if counts { self } else { Self::default() }
    }

    /// Tells the meter, where there is something to tell.
    pub(crate) fn note(self, app: &AppId, meter: &dyn Meter) {
        let Self { messages, bytes } = self;
        if messages > 0 {
            meter.note(&Reading::Delivered { app, messages, bytes });
        }
    }
}

impl AddAssign for Given {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.bytes += more.bytes;
    }
}
