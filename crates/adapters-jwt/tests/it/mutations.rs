//! Whatever comes, nothing breaks; what was changed is not verified.

use std::sync::LazyLock;

use domain::JwtAlgorithm;
use proptest::prelude::*;

use crate::{
    keys::TestKey,
    stage::{Stage, app, claims, header},
};

struct Desk {
    runtime: tokio::runtime::Runtime,
    stage: Stage,
    app: std::sync::Arc<domain::App>,
    tokens: Vec<String>,
}

static DESK: LazyLock<Desk> = LazyLock::new(|| {
    let kinds = [JwtAlgorithm::Hs256, JwtAlgorithm::Es256, JwtAlgorithm::EdDsa];
    let keys = kinds.map(|algorithm| TestKey::named("desk", algorithm));
    let more = r#","caps":{"a*":["send"]},"channels":["b"],"info":[1],"jti":"j","iat":1"#;
    let tokens =
        kinds.iter().zip(&keys).map(|(kind, key)| key.sign(&header(*kind, None), &claims(more)));
    Desk {
        runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        stage: Stage::new(),
        tokens: tokens.collect(),
        app: app(keys.iter().map(|key| key.configured(None))),
    }
});

impl Desk {
    fn takes(&self, token: &str) -> bool {
        self.runtime.block_on(self.stage.verify(&self.app, token)).is_ok()
    }
}

#[test]
fn the_tokens_are_good_before_they_are_changed() {
    for token in &DESK.tokens {
        assert!(DESK.takes(token));
    }
}

#[test]
fn no_single_character_can_be_changed_left_out_or_put_in() {
    let token = &DESK.tokens[0];
    for at in 0..token.len() {
        let (front, back) = token.split_at(at);
        assert!(!DESK.takes(&format!("{front}{}", &back[1..])), "without {at}");
        for character in ["A", "_", "=", ".", " ", "é"] {
            if !back.starts_with(character) {
                assert!(!DESK.takes(&format!("{front}{character}{}", &back[1..])), "change {at}");
            }
            assert!(!DESK.takes(&format!("{front}{character}{back}")), "more at {at}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_anything(text in "\\PC{0,300}") {
        prop_assert!(!DESK.takes(&text));
    }

    #[test]
    fn no_three_parts_break_anything(parts in prop::array::uniform3("[A-Za-z0-9_-]{0,80}")) {
        prop_assert!(!DESK.takes(&parts.join(".")));
    }

    #[test]
    fn no_signed_claims_break_anything(text in "\\PC{0,100}", header in "\\PC{0,60}") {
        let key = TestKey::named("desk", JwtAlgorithm::Hs256);
        let odd_claims = key.sign(r#"{"alg":"HS256"}"#, &text);
        prop_assert!(!DESK.takes(&odd_claims));
        let odd_header = key.sign(&header, &text);
        prop_assert!(!DESK.takes(&odd_header));
    }

    #[test]
    fn no_changed_token_is_verified(
        which in 0..3usize,
        at in any::<prop::sample::Index>(),
        with in "[A-Za-z0-9_.=-]{0,3}",
        cut in 0..4usize,
    ) {
        let token = &DESK.tokens[which];
        let from = at.index(token.len());
        let to = (from + cut).min(token.len());
        let changed = format!("{}{with}{}", &token[..from], &token[to..]);
        prop_assume!(changed != *token);
        prop_assert!(!DESK.takes(&changed));
    }
}
