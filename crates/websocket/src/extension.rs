//! The extension that compresses messages: what a client offers, what the server agrees to
//! (RFC 7692, 7.1).

use std::borrow::Cow;

use crate::window::Window;

const NAME: &str = "permessage-deflate";
const SERVER_NO_CONTEXT: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// How messages are compressed on one connection.
///
/// Each message for itself, on both sides: a message that is compressed once can then go to many,
/// and no connection owns a window. Messages of the client may use any window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// The largest window of the server's messages.
    pub window: Window,
    /// The client asked for that window, so the answer has to name it.
    named: bool,
}

impl Agreement {
    /// Agrees to the first offer that can be kept, among those in the values of all
    /// `Sec-WebSocket-Extensions` headers. Nothing where there is none.
    ///
    /// An offer with a parameter that is unknown, there twice or of a wrong value is declined, and
    /// one that limits the server to a window of 8 bits, which can't be written. With a header that
    /// isn't a list of offers there is no agreement.
    #[must_use]
    pub fn to<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut agreed = None;
        for header in headers {
            let mut list = List { rest: header };
            while list.begins_another() {
                let offer = list.offer()?;
                agreed = agreed.or_else(|| offer.accept());
            }
        }
        agreed
    }

    /// The value of the server's `Sec-WebSocket-Extensions`.
    #[must_use]
    pub fn answer(&self) -> String {
        let answer = format!("{NAME}; {SERVER_NO_CONTEXT}; {CLIENT_NO_CONTEXT}");
        if self.named {
            return format!("{answer}; {SERVER_BITS}={}", self.window.bits());
        }
        answer
    }
}

/// One extension of a list, with its parameters as they came.
struct Offer<'a> {
    name: &'a str,
    params: Vec<(&'a str, Option<Cow<'a, str>>)>,
}

impl Offer<'_> {
    fn accept(&self) -> Option<Agreement> {
        if self.name != NAME {
            return None;
        }
        let mut agreement = Agreement { window: Window::LARGEST, named: false };
        for (index, (name, value)) in self.params.iter().enumerate() {
            if self.params[..index].iter().any(|(before, _)| before == name) {
                return None;
            }
            match (*name, value.as_deref()) {
                (SERVER_NO_CONTEXT | CLIENT_NO_CONTEXT | CLIENT_BITS, None) => {}
                // Only a hint, as long as the answer doesn't repeat it.
                (CLIENT_BITS, Some(value)) => drop(bits(value)?),
                (SERVER_BITS, Some(value)) => {
                    agreement = Agreement { window: Window::new(bits(value)?)?, named: true };
                }
                _ => return None,
            }
        }
        Some(agreement)
    }
}

/// 8 to 15, without a leading zero.
fn bits(value: &str) -> Option<u8> {
    let bits: u8 = value.parse().ok().filter(|bits| (8..=15).contains(bits))?;
    (value == bits.to_string()).then_some(bits)
}

/// Reads the value of a header (RFC 6455, 9.1; the grammar is that of HTTP).
struct List<'a> {
    rest: &'a str,
}

impl<'a> List<'a> {
    /// Goes to the next element. Elements may be empty.
    fn begins_another(&mut self) -> bool {
        while self.eats(',') {}
        !self.rest.is_empty()
    }

    /// Reads one element to its end. Nothing where it is none.
    fn offer(&mut self) -> Option<Offer<'a>> {
        let name = self.token()?;
        let mut params = Vec::new();
        while self.eats(';') {
            let name = self.token()?;
            let value = if self.eats('=') { Some(self.value()?) } else { None };
            params.push((name, value));
        }
        let whole = self.rest.is_empty() || self.rest.starts_with(',');
        whole.then_some(Offer { name, params })
    }

    /// Eats this character where it comes next, and the white space around it.
    fn eats(&mut self, separator: char) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(separator) else {
            return false;
        };
        self.rest = rest;
        self.skip_space();
        true
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn token(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|byte| !is_token(byte)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    /// A token, or a token in quotes.
    fn value(&mut self) -> Option<Cow<'a, str>> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            return self.token().map(Cow::Borrowed);
        };
        let mut value = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => value.push(characters.next()?),
                character => value.push(character),
            }
        }
        self.rest = characters.as_str();
        (!value.is_empty() && value.chars().all(is_token)).then_some(Cow::Owned(value))
    }
}

fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    fn answer(header: &str) -> Option<String> {
        Agreement::to([header]).map(|agreement| agreement.answer())
    }

    #[test]
    fn an_answer_never_keeps_context() {
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate;client_max_window_bits=8",
            "permessage-deflate; client_max_window_bits=\"15\"",
            "permessage-deflate; server_no_context_takeover ; client_no_context_takeover",
            " ,, permessage-deflate\t,",
        ] {
            assert_eq!(answer(offer).as_deref(), Some(PLAIN), "{offer}");
        }
    }

    #[test]
    fn the_server_keeps_to_the_window_that_is_asked_for() {
        for bits in 9..=15 {
            let expected = Some(format!("{PLAIN}; server_max_window_bits={bits}"));
            let offer = format!("permessage-deflate; server_max_window_bits={bits}");
            assert_eq!(answer(&offer), expected);
            let quoted = format!("permessage-deflate; server_max_window_bits = \"{bits}\"");
            assert_eq!(answer(&quoted), expected);
            assert_eq!(Agreement::to([&*offer]).unwrap().window, Window::new(bits).unwrap());
        }
        let escaped = "permessage-deflate; server_max_window_bits=\"1\\0\"";
        assert_eq!(Agreement::to([escaped]).unwrap().window.bits(), 10);
    }

    #[test]
    fn an_offer_that_can_not_be_kept_is_declined() {
        for params in [
            "server_max_window_bits",
            "server_max_window_bits=8",
            "server_max_window_bits=7",
            "server_max_window_bits=16",
            "server_max_window_bits=09",
            "server_max_window_bits=+9",
            "server_max_window_bits=9; server_max_window_bits=9",
            "server_max_window_bits=9; server_max_window_bits=10",
            "client_max_window_bits=7",
            "client_max_window_bits=16",
            "client_max_window_bits=x",
            "client_max_window_bits; client_max_window_bits=10",
            "server_no_context_takeover=1",
            "client_no_context_takeover; client_no_context_takeover",
            "client_no_context_takeover=true",
            "unheard_of",
            "unheard_of=1",
        ] {
            let offer = format!("permessage-deflate; {params}");
            assert_eq!(answer(&offer), None, "{params}");
            // The next offer is the way out.
            let fallback = format!("{offer}, permessage-deflate");
            assert_eq!(answer(&fallback).as_deref(), Some(PLAIN), "{params}");
        }
        for other in ["", "x-webkit-deflate-frame", "permessage-bzip2; permessage-deflate"] {
            assert_eq!(answer(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_offer_that_can_be_kept_counts() {
        let two = "permessage-deflate; server_max_window_bits=8, \
                   permessage-deflate; server_max_window_bits=10, permessage-deflate";
        let ten = format!("{PLAIN}; server_max_window_bits=10");
        assert_eq!(answer(two).as_ref(), Some(&ten));
        let headers = ["foo; bar=\"a\"", "permessage-deflate; server_max_window_bits=10"];
        assert_eq!(Agreement::to(headers).map(|agreement| agreement.answer()), Some(ten));
        assert_eq!(Agreement::to([]), None);
    }

    #[test]
    fn what_is_no_list_of_offers_is_not_agreed_to() {
        for header in [
            "permessage-deflate;",
            "permessage-deflate; =9",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; server_max_window_bits=\"9",
            "permessage-deflate; server_max_window_bits=\"9\\",
            "permessage-deflate; server_max_window_bits=\"\"",
            "permessage-deflate; server_max_window_bits=\"9, 10\"",
            "permessage-deflate server_no_context_takeover",
            "permessage-deflate, (comment)",
            "permessage-deflate, ü",
            "; permessage-deflate",
        ] {
            assert_eq!(answer(header), None, "{header}");
        }
    }
}
