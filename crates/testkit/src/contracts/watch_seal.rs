//! What every `WatchSeal` guarantees.

use std::time::Duration;

use application::ports::{Clock, TokenError, WatchSeal};
use domain::{AppId, ChannelName, ClientId, Epoch, WatchPass};
use secrecy::ExposeSecret;

use crate::ManualClock;

fn pass(clock: &ManualClock, letters: usize) -> WatchPass {
    WatchPass {
        app: AppId::parse(&"a".repeat(letters.min(AppId::LIMIT))).expect("an app"),
        life: Epoch::from_random(7),
        channel: ChannelName::parse(&"c".repeat(letters.min(ChannelName::LIMIT)))
            .expect("a channel"),
        client: ClientId::parse(&"w".repeat(letters.min(ClientId::LIMIT))).expect("a client"),
        id: "0123456789abcdef0123456789abcdef".into(),
        issued_at: clock.now(),
        expires_at: clock.now().after(WatchPass::LIFE),
    }
}

/// Guarantee 1: what was sealed is opened as it was, for as long as it is good.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn what_is_sealed_is_opened(seal: &dyn WatchSeal, clock: &ManualClock) {
    let pass = pass(clock, 3);
    let token = seal.seal(&pass);
    clock.advance(WatchPass::LIFE - Duration::from_millis(1));
    assert_eq!(seal.open(token.expose_secret()).expect("it is good"), pass);
    clock.advance(Duration::from_millis(1));
    assert!(matches!(seal.open(token.expose_secret()), Err(TokenError::Expired)));
}

/// Guarantee 2: nothing else is opened. `other` is another instance.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn nothing_else_is_opened(seal: &dyn WatchSeal, other: &dyn WatchSeal, clock: &ManualClock) {
    let forged = |token: &str| matches!(seal.open(token), Err(TokenError::SignatureInvalid { .. }));
    let pass = pass(clock, 3);
    assert!(forged(other.seal(&pass).expose_secret()), "another instance's");
    let token = seal.seal(&pass).expose_secret().to_owned();
    for place in 0..token.len() {
        for byte in [b'A', b'B', b'.', b'_'] {
            let mut bytes = token.clone().into_bytes();
            if bytes[place] == byte {
                continue;
            }
            bytes[place] = byte;
            let changed = String::from_utf8(bytes).expect("a text");
            assert!(forged(&changed), "byte {place} of {token} changed to {byte}");
        }
        assert!(forged(&token[..place]), "cut off at {place}");
    }
    for odd in ["", WatchPass::MARK, "rtw_.", "rtw_..", &format!("{token}A"), &format!("{token}.")]
    {
        assert!(forged(odd), "{odd}");
    }
}

/// Guarantee 3: a token is marked and short; a longer one is refused unread.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_token_is_marked_and_short(seal: &dyn WatchSeal, clock: &ManualClock) {
    let token = seal.seal(&pass(clock, 1000));
    let token = token.expose_secret();
    assert!(WatchPass::is_marked(token) && token.len() <= 1024, "{} bytes", token.len());
    assert!(seal.open(token).is_ok(), "the longest names");
    let long = format!("{token}{}", "A".repeat(1025 - token.len()));
    assert!(matches!(seal.open(&long), Err(TokenError::SignatureInvalid { .. })));
}

/// Guarantee 4: nothing of the token is in an error.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn an_error_says_nothing_of_the_token(seal: &dyn WatchSeal) {
    let error = seal.open("rtw_telltale.telltale").expect_err("nobody sealed it");
    assert!(!format!("{error} {error:?}").contains("telltale"), "{error:?}");
}
