//! Tokens that are no longer good, although they have not expired.

use std::collections::HashMap;

use crate::{AppId, Claims, ClientId, Timestamp};

/// What a revocation looks at of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenMark {
    /// `jti`.
    pub id: Option<Box<str>>,
    /// `iat`; a token that does not say when it was issued counts as an old one.
    pub issued_at: Timestamp,
}

impl TokenMark {
    /// Of no token: what a guest has.
    pub const NONE: Self = Self { id: None, issued_at: Timestamp::from_millis(0) };

    /// That of a token with these claims.
    #[must_use]
    pub fn of(claims: &Claims) -> Self {
        let issued_at = claims.issued_at.unwrap_or(Self::NONE.issued_at);
        Self { id: claims.token_id.clone(), issued_at }
    }
}

/// Which tokens of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// The one with this `jti`.
    Token(Box<str>),
    /// Those of a client that were issued before.
    Client {
        /// Whose.
        client: ClientId,
        /// Before when.
        before: Timestamp,
    },
    /// All that were issued before.
    Everyone {
        /// Before when.
        before: Timestamp,
    },
}

impl Revoked {
    /// Whether this token of this client is one of them.
    #[must_use]
    pub fn names(&self, owner: &ClientId, token: &TokenMark) -> bool {
        match self {
            Self::Token(id) => token.id.as_ref() == Some(id),
            Self::Client { client, before } => client == owner && token.issued_at < *before,
            Self::Everyone { before } => token.issued_at < *before,
        }
    }
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Which tokens.
    pub what: Revoked,
    /// From when on none of them would be taken anyway; nothing where nobody said so.
    pub until: Option<Timestamp>,
}

/// The app has as many revocations as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the app has as many revocations as it may")]
pub struct RevocationsFull;

/// What is revoked, of all apps: no more than [`Self::PER_APP`] tokens and clients of each.
#[derive(Debug, Clone, Default)]
pub struct RevocationList(HashMap<AppId, OfApp>);

/// Until when; for ever where nobody said.
type Until = Option<Timestamp>;

#[derive(Debug, Clone, Default)]
struct OfApp {
    tokens: HashMap<Box<str>, Until>,
    clients: HashMap<ClientId, (Timestamp, Until)>,
    everyone: Option<(Timestamp, Until)>,
}

impl RevocationList {
    /// Tokens and clients of an app that can be revoked at once.
    pub const PER_APP: usize = 10_000;

    /// Adds a revocation. A second one of the same token or client makes the first one wider.
    ///
    /// # Errors
    /// The app has as many as it may, those that are over not counted: nothing was added.
    pub fn add(
        &mut self,
        app: &AppId,
        revocation: Revocation,
        now: Timestamp,
    ) -> Result<(), RevocationsFull> {
        let of_app = self.0.entry(app.clone()).or_default();
        if of_app.len() >= Self::PER_APP && !of_app.has(&revocation.what) {
            of_app.forget_old(now);
            if of_app.len() >= Self::PER_APP {
                return Err(RevocationsFull);
            }
        }
        of_app.add(revocation);
        Ok(())
    }

    /// Whether a token of this app and client is revoked.
    #[must_use]
    pub fn has(&self, app: &AppId, client: &ClientId, token: &TokenMark, now: Timestamp) -> bool {
        self.0.get(app).is_some_and(|of_app| of_app.names(client, token, now))
    }

    /// Everything that is not over, in no order.
    pub fn iter(&self, now: Timestamp) -> impl Iterator<Item = (&AppId, Revocation)> {
        let of_app = |(app, of_app): (_, &OfApp)| {
            let all: Vec<_> = of_app.iter().collect();
            all.into_iter().map(move |revocation| (app, revocation))
        };
        let all = self.0.iter().flat_map(of_app);
        all.filter(move |(_, revocation)| lasts(revocation.until, now))
    }
}

fn lasts(until: Until, now: Timestamp) -> bool {
    until.is_none_or(|until| until > now)
}

/// The later of two ends.
fn later(one: Until, other: Until) -> Until {
    Some(one?.max(other?))
}

impl OfApp {
    fn len(&self) -> usize {
        self.tokens.len() + self.clients.len()
    }

    /// Whether adding this adds no entry.
    fn has(&self, what: &Revoked) -> bool {
        match what {
            Revoked::Token(id) => self.tokens.contains_key(id),
            Revoked::Client { client, .. } => self.clients.contains_key(client),
            Revoked::Everyone { .. } => true,
        }
    }

    fn forget_old(&mut self, now: Timestamp) {
        self.tokens.retain(|_, until| lasts(*until, now));
        self.clients.retain(|_, (_, until)| lasts(*until, now));
    }

    fn add(&mut self, Revocation { what, until }: Revocation) {
        match what {
            Revoked::Token(id) => {
                let known = self.tokens.entry(id).or_insert(until);
                *known = later(*known, until);
            }
            Revoked::Client { client, before } => {
                let known = self.clients.entry(client).or_insert((before, until));
                *known = (known.0.max(before), later(known.1, until));
            }
            Revoked::Everyone { before } => {
                let known = self.everyone.get_or_insert((before, until));
                *known = (known.0.max(before), later(known.1, until));
                let (before, until) = *known;
                // What this says as well need not be said twice.
                if until.is_none() {
                    self.clients.retain(|_, (own, _)| *own > before);
                }
            }
        }
    }

    fn names(&self, client: &ClientId, token: &TokenMark, now: Timestamp) -> bool {
        let old = |entry: Option<&(Timestamp, Until)>| {
            entry.is_some_and(|(before, until)| token.issued_at < *before && lasts(*until, now))
        };
        let id = token.id.as_ref().and_then(|id| self.tokens.get(id));
        id.is_some_and(|until| lasts(*until, now))
            || old(self.clients.get(client))
            || old(self.everyone.as_ref())
    }

    fn iter(&self) -> impl Iterator<Item = Revocation> {
        let tokens = self
            .tokens
            .iter()
            .map(|(id, until)| Revocation { what: Revoked::Token(id.clone()), until: *until });
        let clients = self.clients.iter().map(|(client, (before, until))| Revocation {
            what: Revoked::Client { client: client.clone(), before: *before },
            until: *until,
        });
        let everyone = self.everyone.iter().map(|(before, until)| Revocation {
            what: Revoked::Everyone { before: *before },
            until: *until,
        });
        tokens.chain(clients).chain(everyone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn app() -> AppId {
        AppId::parse("shop").unwrap()
    }

    fn client(name: &str) -> ClientId {
        ClientId::parse(name).unwrap()
    }

    fn token(id: &str, issued_at: u64) -> TokenMark {
        TokenMark { id: Some(id.into()), issued_at: at(issued_at) }
    }

    fn list(entries: Vec<(Revoked, Until)>) -> RevocationList {
        let mut list = RevocationList::default();
        for (what, until) in entries {
            list.add(&app(), Revocation { what, until }, at(0)).unwrap();
        }
        list
    }

    #[test]
    fn the_list_says_what_its_entries_say() {
        let entries = vec![
            (Revoked::Token("a".into()), Some(at(100))),
            (Revoked::Client { client: client("alice"), before: at(50) }, None),
            (Revoked::Everyone { before: at(10) }, None),
        ];
        let list = list(entries.clone());
        for (now, who, id, issued_at) in [
            (0, "bob", "a", 60),
            (100, "bob", "a", 60),
            (0, "alice", "b", 49),
            (0, "alice", "b", 50),
            (0, "bob", "b", 9),
            (0, "bob", "b", 10),
        ] {
            let (who, token) = (client(who), token(id, issued_at));
            let named = entries.iter().filter(|(_, until)| lasts(*until, at(now)));
            let named = named.map(|(what, _)| what).any(|what| what.names(&who, &token));
            assert_eq!(list.has(&app(), &who, &token, at(now)), named, "{who} {token:?} {now}");
        }
        assert!(list.has(&app(), &client("bob"), &TokenMark::NONE, at(0)), "of no date: old");
        let other = AppId::parse("bazaar").unwrap();
        assert!(!list.has(&other, &client("alice"), &token("a", 0), at(0)));
        assert_eq!((list.iter(at(0)).count(), list.iter(at(100)).count()), (3, 2));
    }

    #[test]
    fn a_second_one_makes_the_first_wider() {
        let alice = |before| Revoked::Client { client: client("alice"), before: at(before) };
        let wider = list(vec![(alice(50), Some(at(90))), (alice(20), Some(at(95)))]);
        let only: Vec<_> = wider.iter(at(0)).map(|(_, revocation)| revocation).collect();
        assert_eq!(only, [Revocation { what: alice(50), until: Some(at(95)) }]);
        let ever = list(vec![(alice(50), None), (alice(60), Some(at(95)))]);
        assert_eq!(ever.iter(at(0)).next().unwrap().1, Revocation { what: alice(60), until: None });
        let all = list(vec![(alice(50), None), (Revoked::Everyone { before: at(50) }, None)]);
        assert_eq!(all.iter(at(0)).count(), 1);
    }

    #[test]
    fn a_full_list_takes_no_more_until_some_are_over() {
        let mut list = RevocationList::default();
        let one = |n: usize, until| Revocation {
            what: Revoked::Token(n.to_string().into()),
            until: Some(at(until)),
        };
        for n in 0..RevocationList::PER_APP {
            list.add(&app(), one(n, 10), at(0)).unwrap();
        }
        assert_eq!(list.add(&app(), one(RevocationList::PER_APP, 20), at(0)), Err(RevocationsFull));
        list.add(&app(), one(0, 10), at(0)).unwrap();
        let everyone = Revocation { what: Revoked::Everyone { before: at(1) }, until: None };
        list.add(&app(), everyone, at(0)).unwrap();
        list.add(&app(), one(RevocationList::PER_APP, 20), at(10)).unwrap();
        assert!(!list.has(&app(), &client("x"), &token("5", 5), at(10)));
    }
}
