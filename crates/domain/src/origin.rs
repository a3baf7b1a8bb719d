//! Which web origins may use an app.

use std::fmt;

/// The `Origin` header of a browser: `scheme://host[:port]`, or opaque (`null`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Scheme, host and port; the port is the scheme's own where none is written.
    Tuple {
        /// Lower-case scheme.
        scheme: Box<str>,
        /// Lower-case host, a literal IPv6 address in brackets.
        host: Box<str>,
        /// The port, written or implied by `http` and `https`.
        port: Option<u16>,
    },
    /// `null`: sandboxed frames and files.
    Opaque,
}

impl Origin {
    /// Parses a header value.
    ///
    /// Nothing where it is not an origin.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Opaque);
        }
        let (scheme, rest) = text.split_once("://")?;
        let (host, port) = split_port(rest)?;
        let port = match port {
            Some(digits) => Some(parse_port(digits)?),
            None => default_port(scheme),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        let valid = !scheme.is_empty() && !host.is_empty() && host.chars().all(plain);
        valid.then(|| Self::Tuple {
            scheme: scheme.to_ascii_lowercase().into(),
            host: host.to_ascii_lowercase().into(),
            port,
        })
    }
}

/// Digits without a sign or a leading zero, as browsers write them.
fn parse_port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

fn default_port(scheme: &str) -> Option<u16> {
    match &*scheme.to_ascii_lowercase() {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// Splits `host[:port]`, with the brackets of IPv6 kept. Nothing for more than one port.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let end = text.find(']')?;
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

/// One allowed set of origins: `https://app.example.com`, `https://*.example.com` (one or more
/// whole leftmost labels), `http://localhost:*` (any port), `null`, or `*` (any origin).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginRule {
    source: Box<str>,
    kind: RuleKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RuleKind {
    Any,
    Opaque,
    Tuple { scheme: Box<str>, host: Host, port: Port },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Exactly(Box<str>),
    /// Ends with this text, which begins with the dot; at least one label before it.
    Below(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Port {
    Any,
    Exactly(Option<u16>),
}

impl OriginRule {
    /// Parses a rule.
    ///
    /// Nothing where the text is no rule; `*` stands only for whole leftmost labels or the port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kind = match text {
            "*" => RuleKind::Any,
            "null" => RuleKind::Opaque,
            _ => Self::parse_tuple(text)?,
        };
        Some(Self { source: text.into(), kind })
    }

    fn parse_tuple(text: &str) -> Option<RuleKind> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, port) = split_port(rest)?;
        let port = match port {
            Some("*") => Port::Any,
            Some(digits) => Port::Exactly(Some(parse_port(digits)?)),
            None => Port::Exactly(default_port(scheme)),
        };
        let (below, plain) = match host.strip_prefix('*') {
            Some(rest) => (true, rest.strip_prefix('.')?),
            None => (false, host),
        };
        // The rest must be an origin by itself: no further wildcard, no stray character.
        let Origin::Tuple { scheme, host, .. } = Origin::parse(&format!("{scheme}://{plain}"))?
        else {
            return None;
        };
        let host = if below { Host::Below(format!(".{host}").into()) } else { Host::Exactly(host) };
        Some(RuleKind::Tuple { scheme, host, port })
    }

    fn allows(&self, origin: &Origin) -> bool {
        match (&self.kind, origin) {
            (RuleKind::Any, _) | (RuleKind::Opaque, Origin::Opaque) => true,
            (RuleKind::Opaque, Origin::Tuple { .. }) | (RuleKind::Tuple { .. }, Origin::Opaque) => {
                false
            }
            (
                RuleKind::Tuple { scheme, host, port },
                Origin::Tuple { scheme: s, host: h, port: p },
            ) => {
                let host_fits = match host {
                    Host::Exactly(host) => host == h,
                    Host::Below(suffix) => h.len() > suffix.len() && h.ends_with(&**suffix),
                };
                let port_fits = match port {
                    Port::Any => true,
                    Port::Exactly(port) => port == p,
                };
                scheme == s && host_fits && port_fits
            }
        }
    }
}

impl fmt::Display for OriginRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// An app's rules: without any, every origin passes (a token, not a cookie, is what admits).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OriginPolicy {
    /// The allowed sets; none means all.
    pub rules: Vec<OriginRule>,
    /// Whether a connection without an `Origin` (no browser) is refused.
    pub required: bool,
}

impl OriginPolicy {
    /// Whether a connection with this `Origin` header passes. A header that is no origin does not.
    #[must_use]
    pub fn allows(&self, header: Option<&str>) -> bool {
        let Some(header) = header else { return !self.required };
        if self.rules.is_empty() {
            return true;
        }
        Origin::parse(header)
            .is_some_and(|origin| self.rules.iter().any(|rule| rule.allows(&origin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rule: &str, origin: &str) -> bool {
        let policy =
            OriginPolicy { rules: vec![OriginRule::parse(rule).unwrap()], required: false };
        policy.allows(Some(origin))
    }

    #[test]
    fn wildcards_stand_for_whole_labels_or_the_port() {
        assert!(allows("https://app.example.com", "https://APP.example.com:443"));
        assert!(allows("https://app.example.com", "HTTPS://app.example.com"));
        assert!(allows("HTTPS://app.example.com", "https://app.example.com:443"));
        assert!(!allows("https://app.example.com", "http://app.example.com"));
        assert!(!allows("https://app.example.com", "https://app.example.com:8443"));
        assert!(allows("https://*.example.com", "https://a.b.example.com"));
        assert!(!allows("https://*.example.com", "https://example.com"));
        assert!(!allows("https://*.example.com", "https://evilexample.com"));
        assert!(allows("http://localhost:*", "http://localhost:5173"));
        assert!(allows("http://[::1]:*", "http://[::1]:3000"));
        assert!(!allows("http://localhost:*", "http://localhost.evil.com:5173"));
        assert!(!allows("https://*.example.com", "null"));
        assert!(allows("*", "null"));
    }

    #[test]
    fn rules_that_promise_more_are_refused() {
        for bad in [
            "",
            "example.com",
            "https://a*.example.com",
            "https://*",
            "https://*.*.com",
            "https://a.*.com",
            "https://x:99999",
            "https://a b",
            "https://x/path",
        ] {
            assert_eq!(OriginRule::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_missing_origin_passes_unless_required() {
        let mut policy =
            OriginPolicy { rules: vec![OriginRule::parse("null").unwrap()], required: false };
        assert!(policy.allows(None));
        assert!(!policy.allows(Some("garbage")));
        policy.required = true;
        assert!(!policy.allows(None));
    }
}
