//! What the generator asks for, found by where it stands.

/// A request in exactly the spelling of the generator.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    Auth,
    Subscribe { channel: &'a str },
    Send { channel: &'a str, data: &'a str },
}

impl<'a> Request<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("{\"event\":\"")?;
        if let Some(rest) = rest.strip_prefix("messageSend\",\"payload\":{\"channel\":\"") {
            let (channel, rest) = rest.split_once('"')?;
            let data = rest.strip_prefix(",\"data\":")?.strip_suffix("}}")?;
            return Some(Self::Send { channel, data });
        }
        if let Some(rest) = rest.strip_prefix("subscribe\",\"payload\":{\"channel\":\"") {
            return Some(Self::Subscribe { channel: rest.strip_suffix("\"}}")? });
        }
        rest.starts_with("auth\"").then_some(Self::Auth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Native;

    #[test]
    fn the_generators_requests_are_understood() {
        let native = Native { app: "a".into(), token: "t".into() };
        let text = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(Request::read(&text(&|out| native.auth(out))), Some(Request::Auth));
        assert_eq!(
            Request::read(&text(&|out| native.subscribe(out, "c"))),
            Some(Request::Subscribe { channel: "c" })
        );
        assert_eq!(
            Request::read(&text(&|out| native.publish(out, "c", b"\"d\""))),
            Some(Request::Send { channel: "c", data: "\"d\"" })
        );
        assert_eq!(Request::read("{}"), None);
    }
}
