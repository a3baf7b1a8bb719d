//! What the floor says: the same number of bytes as RTMate, made once.

use websocket::{Opcode, header};

pub(super) const AUTH: &[u8] = br#"{"code":200,"message":"success","data":{"state":true,"client_id":"bench","connection_id":"3efc9f74d7227151a74a021e8a5c56d4","session":"3efc9f74d7227151a74a021e8a5c56d4","expires_at":1795420889132,"ping_interval_ms":25000,"limits":{"frame_bytes":131072,"payload_bytes":65536,"channels":128,"requests_per_second":100,"requests_burst":200},"protocol":1,"server":"rtmate/0.1.0","ts":1795420889132}}"#;
pub(super) const GRANTED: &[u8] =
    br#"{"code":200,"message":"success","data":{"channel":"bench:00000000:00000"}}"#;
pub(super) const SENT: &[u8] = br#"{"code":200,"message":"success","data":{"channel":"bench:00000000:00000","id":"01a2076c-a02c-751a-aa6b-14ab6974c647","ts":1795420889132}}"#;
pub(super) const REFUSED: &[u8] = br#"{"code":400,"message":"the floor knows auth, subscribe and messageSend of rtmate-bench","data":null}"#;

const BEFORE: &str = r#"{"event":"message","payload":{"channel":""#;
const BETWEEN: &str = r#"","data":"#;
/// An id, a time and a sender as RTMate shows them.
const AFTER: &str = r#","id":"01a2076c-a02c-751a-aa6b-14ab6974c647","ts":1795420889132,"from":{"client":"bench","connection":"3efc9f74d7227151a74a021e8a5c56d4"}}}"#;

/// Writes the frame of a message.
pub(super) fn push(frame: &mut Vec<u8>, channel: &str, data: &str) {
    let parts = [BEFORE, channel, BETWEEN, data, AFTER];
    let length = parts.iter().map(|part| part.len()).sum();
    frame.extend_from_slice(header(Opcode::Text, length).as_slice());
    parts.iter().for_each(|part| frame.extend_from_slice(part.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dialect::Heard, dialect::Native, frame};

    #[test]
    fn the_generator_understands_it() {
        let native = Native { app: String::new(), token: String::new() };
        for granted in [AUTH, GRANTED, SENT] {
            assert_eq!(native.hear(granted), Heard::Granted);
            assert!(serde_json::from_slice::<serde_json::Value>(granted).is_ok());
        }
        assert_eq!(native.hear(REFUSED), Heard::Refused);
        let mut bytes = Vec::new();
        push(&mut bytes, "c", "\"hello\"");
        let frame = frame::first(&bytes).unwrap().unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(frame.payload).is_ok());
        let Heard::Message(data) = native.hear(frame.payload) else { panic!() };
        assert!(data.starts_with(b"\"hello\","));
    }
}
