//! The one shape of a frame: an event, where it belongs, and its data.

use json_writer::{Object, string};

/// Takes the writer of each frame, one after the other, and gives it a buffer of its own.
pub(crate) type EachFrame<'a> = &'a mut dyn FnMut(&dyn Fn(&mut Vec<u8>));

/// `{"event":...,"channel":...,"data":"..."}`: `data` is JSON inside a text.
pub(crate) fn write_text_data(
    out: &mut Vec<u8>,
    event: &str,
    channel: Option<&str>,
    data: impl FnOnce(&mut Object<'_>),
) {
    let mut inner = Vec::with_capacity(128);
    let mut object = Object::begin(&mut inner);
    data(&mut object);
    object.end();
    let mut frame = begin(out, event, channel);
    // A writer of texts wrote texts.
    string(frame.key("data"), &String::from_utf8_lossy(&inner));
    frame.end();
}

/// The same with `data` as an object, as errors have it.
pub(crate) fn write_object_data(
    out: &mut Vec<u8>,
    event: &str,
    channel: Option<&str>,
    data: impl FnOnce(&mut Object<'_>),
) {
    let mut frame = begin(out, event, channel);
    frame.object("data", data);
    frame.end();
}

/// The frame's beginning, up to where its data comes.
pub(crate) fn begin<'a>(out: &'a mut Vec<u8>, event: &str, channel: Option<&str>) -> Object<'a> {
    let mut frame = Object::begin(out);
    frame.text("event", event);
    if let Some(channel) = channel {
        frame.text("channel", channel);
    }
    frame
}

/// `pusher:error`; `code` is `null` where the protocol has no number.
pub(crate) fn write_error(out: &mut Vec<u8>, code: Option<u16>, message: &str) {
    write_object_data(out, "pusher:error", None, |data| {
        match code {
            Some(code) => data.number("code", code),
            None => data.raw("code", "null"),
        }
        data.text("message", message);
    });
}
