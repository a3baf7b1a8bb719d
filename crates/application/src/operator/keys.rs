//! Keys of an app come and go, one at a time, beside each other.

use std::sync::Arc;

use domain::{AppId, ErrorCode};
use secrecy::SecretString;

use super::{Operator, unmade};
use crate::{
    Refusal,
    ports::{Edit, KeyKind},
};

/// A key that was added.
#[derive(Debug)]
pub struct AddedKey {
    /// What it is called.
    pub name: String,
    /// Its secret where the server made it: said once, here.
    pub secret: Option<SecretString>,
}

impl Operator {
    /// Gives an app one more key, as this JSON object says; what it leaves out the server makes.
    ///
    /// # Errors
    /// `invalid_params`, `not_found` (no such app), `conflict` (it is not one that was made here),
    /// `unavailable`.
    pub async fn add_key(
        self: &Arc<Self>,
        id: AppId,
        kind: KeyKind,
        entry: String,
    ) -> Result<AddedKey, Refusal> {
        self.finished(move |me| async move {
            let mut known = me.known.lock().await;
            let before = &me.made(&known, &id)?.document;
            let fresh = me.ports.ids.key();
            let edit = Edit::AddKey { kind, entry: &entry, fresh: &fresh };
            let edited = me.ports.documents.edit(before, edit).map_err(unmade)?;
            let app = me.parse(&edited.document)?;
            let added = edited.added.ok_or_else(|| Refusal::plain(ErrorCode::Internal))?;
            me.keep(&mut known, app, edited.document, "given a key").await?;
            let (name, secret) = added;
            Ok(AddedKey { name, secret })
        })
        .await
    }

    /// Takes a key away. Who came in with it stays until its token ends.
    ///
    /// # Errors
    /// `not_found` (no such app or key), `conflict` (it is not one that was made here),
    /// `invalid_params` (what is left is no app), `unavailable`.
    pub async fn remove_key(
        self: &Arc<Self>,
        id: AppId,
        kind: KeyKind,
        name: String,
    ) -> Result<(), Refusal> {
        self.finished(move |me| async move {
            let mut known = me.known.lock().await;
            let before = &me.made(&known, &id)?.document;
            let edit = Edit::RemoveKey { kind, name: &name };
            let edited = me.ports.documents.edit(before, edit).map_err(unmade)?;
            let app = me.parse(&edited.document)?;
            me.keep(&mut known, app, edited.document, "relieved of a key").await.map(drop)
        })
        .await
    }
}
