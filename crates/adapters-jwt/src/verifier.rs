//! Verifies tokens.

use std::{io, sync::Arc, time::Duration};

use application::ports::{Clock, TokenError, TokenVerifier};
use async_trait::async_trait;
use domain::{App, Claims};

use crate::{
    claims,
    jwks::JwksOptions,
    key_set::Candidate,
    key_sets::KeySets,
    pool::{Pool, PoolError},
    terms::Terms,
    token::{Signed, Token},
};

/// When to try again where too many verifications are waiting.
const BUSY: Duration = Duration::from_secs(1);

/// Verifies tokens with the keys of their app: shared secrets, public keys, key sets.
///
/// How a key is chosen: one whose configured algorithm is the header's `alg` and whose `kid` is the
/// header's; a `kid` that no key has is [`TokenError::SignatureInvalid`], after the app's key sets
/// were asked. Without a `kid` the first four keys of that algorithm are tried. A key never
/// verifies with another algorithm than its own: where the header names another one,
/// [`TokenError::SignatureInvalid`], or [`TokenError::Invalid`] if it is none that is taken here
/// (`none`, `PS256`, ...). The issuer, audience and client claim of the key that made the signature
/// are those that count.
pub struct JwtTokenVerifier {
    clock: Arc<dyn Clock>,
    key_sets: KeySets,
    pool: Pool,
}

impl JwtTokenVerifier {
    /// Starts the threads for public keys; fetches nothing yet.
    ///
    /// # Errors
    /// The threads can't be started.
    pub fn new(clock: Arc<dyn Clock>, options: JwksOptions) -> io::Result<Self> {
        let key_sets = KeySets::new(Arc::clone(&clock), options);
        Ok(Self { clock, key_sets, pool: Pool::new()? })
    }

    /// The one of the candidates that made the signature.
    async fn signer(
        &self,
        signed: Signed<'_>,
        candidates: Vec<Candidate>,
    ) -> Result<Option<Arc<Terms>>, TokenError> {
        if candidates.iter().all(|candidate| candidate.key.algorithm().is_symmetric()) {
            return Ok(find_signer(signed, &candidates));
        }
        let (message, signature) = (signed.message.to_owned(), signed.signature.to_owned());
        let work =
            move || find_signer(Signed { message: &message, signature: &signature }, &candidates);
        self.pool.run(work).await.map_err(|error| match error {
            PoolError::Full => TokenError::Busy { retry_after: BUSY },
            PoolError::Broken => {
                TokenError::Unavailable { retry_after: BUSY, cause: Box::new(error) }
            }
        })
    }
}

fn find_signer(signed: Signed<'_>, candidates: &[Candidate]) -> Option<Arc<Terms>> {
    let signer = candidates.iter().find(|candidate| candidate.key.verifies(&signed))?;
    Some(Arc::clone(&signer.terms))
}

#[async_trait]
impl TokenVerifier for JwtTokenVerifier {
    async fn verify(&self, app: &Arc<App>, token: &str) -> Result<Claims, TokenError> {
        let token = Token::parse(token)?;
        let keys = self.key_sets.of(app)?;
        let choice = keys.choose(&token.header).await;
        let signer = self.signer(token.signed, choice.candidates).await?;
        let terms = signer.ok_or(choice.otherwise)?;
        claims::judge(&token.payload()?, &app.id, &terms, self.clock.now())
    }
}
