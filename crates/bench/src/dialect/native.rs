//! The native protocol, as `docs/protocol.md` has it.

use super::Heard;

const REPLY: &[u8] = b"{\"code\":";
const MESSAGE: &[u8] = b"{\"event\":\"message\",";
const DISCONNECT: &[u8] = b"{\"event\":\"disconnect\",";
const DATA: &[u8] = b"\"data\":";
/// How RTMate begins a message, up to the channel's name.
const USUAL: &[u8] = b"{\"event\":\"message\",\"payload\":{\"channel\":\"";

/// Requests and answers of the native protocol. Names and tokens need no escapes in JSON.
#[derive(Debug, Clone)]
pub struct Native {
    /// The app that the run authenticates for.
    pub app: String,
    /// The token that it shows.
    pub token: String,
}

impl Native {
    /// Writes the request that authenticates.
    pub fn auth(&self, out: &mut Vec<u8>) {
        let (app, token) = (self.app.as_bytes(), self.token.as_bytes());
        let parts: [&[u8]; 5] = [
            b"{\"event\":\"auth\",\"payload\":{\"appId\":\"",
            app,
            b"\",\"token\":\"",
            token,
            b"\"}}",
        ];
        put(out, &parts);
    }

    /// Writes the request that subscribes to a channel.
    pub fn subscribe(&self, out: &mut Vec<u8>, channel: &str) {
        let before = b"{\"event\":\"subscribe\",\"payload\":{\"channel\":\"";
        put(out, &[before, channel.as_bytes(), b"\"}}"]);
    }

    /// Writes the request that comes back to a channel.
    pub fn come_back(&self, out: &mut Vec<u8>, channel: &str, epoch: &str, offset: u64) {
        let text = format!(
            "{{\"event\":\"subscribe\",\"payload\":{{\"channel\":\"{channel}\",\"position\":\
             {{\"epoch\":\"{epoch}\",\"offset\":{offset}}}}}}}"
        );
        put(out, &[text.as_bytes()]);
    }

    /// Writes the request for the last messages of a channel.
    pub fn history(&self, out: &mut Vec<u8>, channel: &str, limit: usize) {
        let text = format!(
            "{{\"event\":\"history\",\"payload\":{{\"channel\":\"{channel}\",\"limit\":{limit},\
             \"order\":\"desc\"}}}}"
        );
        put(out, &[text.as_bytes()]);
    }

    /// Writes the request that sends `data`, which is JSON, to a channel.
    pub fn publish(&self, out: &mut Vec<u8>, channel: &str, data: &[u8]) {
        let before = b"{\"event\":\"messageSend\",\"payload\":{\"channel\":\"";
        put(out, &[before, channel.as_bytes(), b"\",\"data\":", data, b"}}"]);
    }

    /// Understands a text of the server.
    #[must_use]
    pub fn hear<'a>(&self, text: &'a [u8]) -> Heard<'a> {
        if text.starts_with(MESSAGE) {
            return data(text).map_or(Heard::Other, Heard::Message);
        }
        match text.strip_prefix(REPLY) {
            Some([b'2', ..]) => Heard::Granted,
            Some(_) => Heard::Refused,
            None if text.starts_with(DISCONNECT) => Heard::Goodbye,
            None => Heard::Other,
        }
    }
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Where `data` begins: right behind the channel, or wherever it is.
fn data(text: &[u8]) -> Option<&[u8]> {
    usual_data(text).or_else(|| {
        let at = text.windows(DATA.len()).position(|window| window == DATA)?;
        text.get(at + DATA.len()..)
    })
}

fn usual_data(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(USUAL)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    rest.get(end..)?.strip_prefix(b"\",")?.strip_prefix(DATA)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native() -> Native {
        Native { app: "bench".into(), token: "a.b.c".into() }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn requests_are_those_of_the_protocol() {
        let native = native();
        assert_eq!(
            written(|out| native.auth(out)),
            r#"{"event":"auth","payload":{"appId":"bench","token":"a.b.c"}}"#
        );
        assert_eq!(
            written(|out| native.subscribe(out, "chat:lobby")),
            r#"{"event":"subscribe","payload":{"channel":"chat:lobby"}}"#
        );
        assert_eq!(
            written(|out| native.publish(out, "chat:lobby", b"\"hi\"")),
            r#"{"event":"messageSend","payload":{"channel":"chat:lobby","data":"hi"}}"#
        );
        assert_eq!(
            written(|out| native.come_back(out, "chat:lobby", "00000000000000aa", 3)),
            r#"{"event":"subscribe","payload":{"channel":"chat:lobby","position":{"epoch":"00000000000000aa","offset":3}}}"#
        );
        assert_eq!(
            written(|out| native.history(out, "chat:lobby", 50)),
            r#"{"event":"history","payload":{"channel":"chat:lobby","limit":50,"order":"desc"}}"#
        );
    }

    #[test]
    fn what_a_server_says_is_understood() {
        let native = native();
        let heard = |text: &'static str| native.hear(text.as_bytes());
        assert_eq!(heard(r#"{"code":200,"message":"success","data":{}}"#), Heard::Granted);
        assert_eq!(heard(r#"{"code":429,"message":"","data":null}"#), Heard::Refused);
        assert_eq!(
            heard(r#"{"event":"message","payload":{"channel":"c","data":"1","ts":2}}"#),
            Heard::Message(b"\"1\",\"ts\":2}}")
        );
        assert_eq!(
            heard(r#"{"event":"message","payload":{"ts":2,"data":"1","channel":"c"}}"#),
            Heard::Message(b"\"1\",\"channel\":\"c\"}}")
        );
        let goodbye = r#"{"event":"disconnect","payload":{"code":4101,"reason":"too_slow"}}"#;
        assert_eq!(heard(goodbye), Heard::Goodbye);
        assert_eq!(heard(r#"{"event":"heartbeat","payload":{"ts":2}}"#), Heard::Other);
    }
}
