//! Who may do what in which channel, and which rule decided.

use std::{fmt, sync::Arc};

use crate::{ChannelName, ClientId, GrantPattern};

/// What a grant can allow in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Receive messages.
    Subscribe,
    /// Send messages; needs no subscription.
    Send,
    /// See who is present, and be seen.
    Presence,
    /// Read earlier messages and recover.
    History,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Subscribe, Self::Send, Self::Presence, Self::History];

    /// The action's name in a token's `caps` and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Send => "send",
            Self::Presence => "presence",
            Self::History => "history",
        }
    }

    /// Nothing where no action has the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// A set of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Actions(u8);

impl Actions {
    /// Every action.
    #[must_use]
    pub fn all() -> Self {
        Action::ALL.into_iter().collect()
    }

    /// Whether the set has the action.
    #[must_use]
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u8) != 0
    }
}

impl FromIterator<Action> for Actions {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(actions.into_iter().fold(0, |set, action| set | (1 << action as u8)))
    }
}

/// One rule: these actions in these channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The channels.
    pub pattern: GrantPattern,
    /// The actions.
    pub actions: Actions,
}

/// Where a client's rules come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantSource {
    /// The token's `caps`.
    Token,
    /// The app's `default_grants`, for a token without `caps`.
    AppDefault,
    /// What a protocol allows who shows no token.
    Guest,
    /// What the app's backend signed for one connection and channel.
    Signature,
    /// A pass of the server's own, to watch a channel.
    Watch,
}

impl GrantSource {
    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::AppDefault => "default_grants",
            Self::Guest => "guest",
            Self::Signature => "signature",
            Self::Watch => "watch",
        }
    }
}

/// A client's rules. Overlapping rules add up; what no rule allows is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    source: GrantSource,
    rules: Arc<[Grant]>,
}

impl Grants {
    /// The rules and where they come from.
    #[must_use]
    pub fn new(source: GrantSource, rules: impl Into<Arc<[Grant]>>) -> Self {
        Self { source, rules: rules.into() }
    }

    /// Where the rules come from.
    #[must_use]
    pub const fn source(&self) -> GrantSource {
        self.source
    }

    /// The same rules, each with this action or each without it.
    #[must_use]
    pub fn allowing(&self, action: Action, allowed: bool) -> Self {
        let change = |rule: &Grant| {
            let others = Action::ALL.into_iter().filter(|other| *other != action);
            let kept = others.filter(|other| rule.actions.contains(*other));
            Grant {
                pattern: rule.pattern.clone(),
                actions: kept.chain(allowed.then_some(action)).collect(),
            }
        };
        Self { source: self.source, rules: self.rules.iter().map(change).collect() }
    }

    /// Whether `client` may do `action` in `channel`.
    ///
    /// # Errors
    /// No: with the rule that decided.
    pub fn check(
        &self,
        action: Action,
        channel: &ChannelName,
        client: &ClientId,
    ) -> Result<(), Denial> {
        if channel.is_reserved() && matches!(action, Action::Subscribe | Action::Send) {
            return Err(self.denial(action, DenialRule::Reserved));
        }
        let mut nearest = None;
        for rule in self.rules.iter().filter(|rule| rule.pattern.matches(channel, client)) {
            if rule.actions.contains(action) {
                return Ok(());
            }
            nearest = Some(&rule.pattern);
        }
        let rule = nearest.map_or(DenialRule::NoPattern, |pattern| DenialRule::ActionMissing {
            pattern: pattern.clone(),
        });
        Err(self.denial(action, rule))
    }

    fn denial(&self, action: Action, rule: DenialRule) -> Denial {
        Denial { action, source: self.source, rule }
    }
}

/// A refusal and the rule that decided it; shown in the log and, for the demo app, in the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What was refused.
    pub action: Action,
    /// Whose rules were asked.
    pub source: GrantSource,
    /// Which rule decided.
    pub rule: DenialRule,
}

/// Which rule decided a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenialRule {
    /// No pattern names the channel. `private-`, `presence-` and `#` channels must be named.
    NoPattern,
    /// A pattern names the channel, without this action.
    ActionMissing {
        /// The last such pattern.
        pattern: GrantPattern,
    },
    /// The channel is reserved to the server.
    Reserved,
    /// The token made the subscription, so only the token ends it.
    MadeByToken,
    /// The app's backend made the subscription, so only that ends it.
    MadeByServer,
}

impl DenialRule {
    /// The stable machine name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoPattern => "no_pattern",
            Self::ActionMissing { .. } => "action_missing",
            Self::Reserved => "reserved",
            Self::MadeByToken => "made_by_token",
            Self::MadeByServer => "made_by_server",
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.name();
        let source = match self.source {
            GrantSource::Token => "the token's caps",
            GrantSource::AppDefault => "the app's default_grants",
            GrantSource::Guest => "what a guest may",
            GrantSource::Signature => "the channel's signature",
            GrantSource::Watch => "what a watcher may",
        };
        match &self.rule {
            DenialRule::NoPattern => {
                write!(f, "{action}: no pattern of {source} names this channel")
            }
            DenialRule::ActionMissing { pattern } => {
                write!(f, "{action}: `{pattern}` of {source} does not allow it")
            }
            DenialRule::Reserved => {
                write!(f, "{action}: channels with a leading # are the server's")
            }
            DenialRule::MadeByToken => f.write_str("the token's channels made this subscription"),
            DenialRule::MadeByServer => f.write_str("the app's backend made this subscription"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grants(rules: &[(&str, &[Action])]) -> Grants {
        let rules = rules.iter().map(|(pattern, actions)| Grant {
            pattern: GrantPattern::parse(pattern).unwrap(),
            actions: actions.iter().copied().collect(),
        });
        Grants::new(GrantSource::Token, rules.collect::<Vec<_>>())
    }

    fn check(grants: &Grants, action: Action, channel: &str) -> Result<(), String> {
        let channel = ChannelName::parse(channel).unwrap();
        let client = ClientId::parse("alice").unwrap();
        grants.check(action, &channel, &client).map_err(|denial| denial.to_string())
    }

    #[test]
    fn overlapping_rules_add_up() {
        let grants = grants(&[("chat:*", &[Action::Subscribe]), ("*:lobby", &[Action::Send])]);
        assert_eq!(check(&grants, Action::Subscribe, "chat:lobby"), Ok(()));
        assert_eq!(check(&grants, Action::Send, "chat:lobby"), Ok(()));
        assert!(check(&grants, Action::Send, "chat:other").is_err());
    }

    #[test]
    fn a_denial_names_its_rule() {
        let grants = grants(&[("chat:*", &[Action::Subscribe])]);
        let denial = check(&grants, Action::Send, "chat:x").unwrap_err();
        assert_eq!(denial, "send: `chat:*` of the token's caps does not allow it");
        let denial = check(&grants, Action::Send, "news").unwrap_err();
        assert_eq!(denial, "send: no pattern of the token's caps names this channel");
    }

    #[test]
    fn the_servers_channels_are_nobodys() {
        let grants = grants(&[("#*", &Action::ALL)]);
        assert!(check(&grants, Action::Subscribe, "#x").is_err());
        assert!(check(&grants, Action::Send, "#x").is_err());
    }

    proptest! {
        #[test]
        fn allowed_exactly_when_some_rule_allows(
            rules in prop::collection::vec((prop::sample::select(vec!["*", "a*", "*b", "ab", "private-*"]), 0u8..16), 0..5),
            channel in "(private-)?[ab]{1,3}",
            action in prop::sample::select(Action::ALL.to_vec()),
        ) {
            let built: Vec<Grant> = rules.iter().map(|(pattern, bits)| Grant {
                pattern: GrantPattern::parse(pattern).unwrap(),
                actions: Action::ALL.into_iter().filter(|a| bits & (1 << *a as u8) != 0).collect(),
            }).collect();
            let naive = rules.iter().any(|(pattern, bits)| {
                let named = match *pattern {
                    "*" => !channel.starts_with("private-"),
                    "a*" => channel.starts_with('a'),
                    "*b" => channel.ends_with('b') && !channel.starts_with("private-"),
                    "ab" => channel == "ab",
                    _ => channel.starts_with("private-"),
                };
                named && bits & (1 << action as u8) != 0
            });
            let grants = Grants::new(GrantSource::AppDefault, built);
            let channel = ChannelName::parse(&channel).unwrap();
            let client = ClientId::parse("c").unwrap();
            prop_assert_eq!(grants.check(action, &channel, &client).is_ok(), naive);
        }
    }
}
