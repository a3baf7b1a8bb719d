//! What every `TokenIssuer` guarantees.

use std::{sync::Arc, time::Duration};

use application::ports::{Clock, TokenIssuer, TokenRequest, TokenVerifier};
use domain::{Action, App, ChannelName, ClientId, Grant, GrantPattern, Payload, Scope};

/// Guarantee 1: what it makes is verified by the verifier beside it, with the same claims. `app`
/// holds a shared secret.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_it_makes_is_verified(
    issuer: &dyn TokenIssuer,
    verifier: &dyn TokenVerifier,
    clock: &dyn Clock,
    app: &Arc<App>,
) {
    let caps = vec![Grant {
        pattern: GrantPattern::parse("chat:{client}:*").expect("a pattern"),
        actions: [Action::Subscribe, Action::Send].into_iter().collect(),
    }];
    for caps in [None, Some(Vec::new()), Some(caps)] {
        let request = TokenRequest {
            client: ClientId::parse("alice@example.com").expect("a client"),
            expires_at: clock.now().after(Duration::from_secs(60)),
            caps,
            channels: vec![ChannelName::parse("chat:lobby").expect("a channel")],
            info: Payload::parse(r#"{"name":"Alice"}"#, 100).ok(),
            api: vec![Scope::Publish, Scope::Read],
        };
        let token = issuer.issue(app, &request).expect("a token");
        let claims = verifier.verify(app, &token).await.expect("verified");
        assert_eq!(claims.client, request.client);
        assert_eq!(claims.expires_at.as_secs(), request.expires_at.as_secs());
        assert_eq!(claims.caps, request.caps);
        assert_eq!(claims.channels, request.channels);
        assert_eq!(claims.info, request.info);
        assert_eq!(claims.api, request.api);
    }
}
