//! What breaks a rule, collected, so that one run shows all of it.

/// A rule with its mend.
pub(crate) struct Rule {
    rule: &'static str,
    mend: &'static str,
    broken: Vec<String>,
}

impl Rule {
    pub(crate) fn new(rule: &'static str, mend: &'static str) -> Self {
        Self { rule, mend, broken: Vec::new() }
    }

    /// Notes where the rule is broken.
    pub(crate) fn broken_by(&mut self, place: impl Into<String>) {
        self.broken.push(place.into());
    }

    /// Notes where the rule is broken, unless it is kept.
    pub(crate) fn demand(&mut self, kept: bool, place: impl FnOnce() -> String) {
        if !kept {
            self.broken.push(place());
        }
    }

    /// Fails where anything broke the rule.
    pub(crate) fn judge(self) {
        assert!(
            self.broken.is_empty(),
            "\n\n  rule: {}\n  mend: {}\n  broken by:\n    {}\n",
            self.rule,
            self.mend,
            self.broken.join("\n    ")
        );
    }
}
