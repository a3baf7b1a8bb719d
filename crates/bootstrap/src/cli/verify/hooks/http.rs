//! Requests, as far as a receiver needs to read them.

use tokio::{io::AsyncReadExt, net::TcpStream};

/// The longest head and body that are read.
const HEAD: usize = 64 << 10;
const BODY: usize = 8 << 20;

/// What stands before the body.
pub(super) struct Head {
    pub(super) path: String,
    fields: Vec<(String, String)>,
    /// Bytes of the body.
    pub(super) length: usize,
}

impl Head {
    /// A field's value; empty where it is not there.
    pub(super) fn field(&self, name: &str) -> &str {
        let mut fields = self.fields.iter();
        fields.find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let path = lines.next()?.strip_prefix("POST ")?.split(' ').next()?.to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let mut head = Self { path, fields: lines.filter_map(field).collect(), length: 0 };
        head.length = head.field("content-length").parse().ok()?;
        (head.length <= BODY).then_some(head)
    }
}

/// Reads a head; nothing where the connection is over, or what comes is no request. What came behind
/// it stays.
pub(super) async fn head(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Head> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = Head::parse(str::from_utf8(&buffer[..end]).ok()?);
            buffer.drain(..end + 4);
            return head;
        }
        if buffer.len() > HEAD || socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Reads so many bytes.
pub(super) async fn body(
    socket: &mut TcpStream,
    buffer: &mut Vec<u8>,
    length: usize,
) -> Option<Vec<u8>> {
    while buffer.len() < length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let rest = buffer.split_off(length);
    Some(std::mem::replace(buffer, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_understood_and_nothing_else() {
        let head = Head::parse("POST /hook HTTP/1.1\r\nContent-Length: 12\r\nWebhook-Id: msg_1");
        let head = head.unwrap();
        assert_eq!(
            (head.path.as_str(), head.length, head.field("webhook-id")),
            ("/hook", 12, "msg_1")
        );
        assert_eq!(head.field("webhook-timestamp"), "");
        for bad in
            ["", "GET / HTTP/1.1", "POST / HTTP/1.1", "POST / HTTP/1.1\r\ncontent-length: 99999999"]
        {
            assert!(Head::parse(bad).is_none(), "{bad}");
        }
    }
}
