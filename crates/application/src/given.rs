//! What subscribers' connections were given.

use std::ops::AddAssign;

use domain::AppId;

use crate::ports::{Meter, Reading};

/// Messages and the bytes of their frames, summed over subscribers before anybody is told: a
/// subscriber costs two additions.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Given {
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
