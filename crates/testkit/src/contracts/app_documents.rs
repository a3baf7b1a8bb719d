//! What every `AppDocuments` guarantees.

use std::sync::Arc;

use application::ports::{AppDocuments, Edit, KeyKind, NotEdited};
use domain::App;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";

fn document(id: &str) -> SecretString {
    let document = json!({
        "id": id,
        "limits": { "requests_burst": 7 },
        "jwt_keys": [{ "kid": "k1", "alg": "HS256", "secret": SECRET, "audience": id }],
        "pusher_keys": [{ "key": id, "secret": SECRET }],
    });
    document.to_string().into()
}

fn whole(document: &SecretString) -> Value {
    serde_json::from_str(document.expose_secret()).expect("a document is JSON")
}

fn edited(documents: &dyn AppDocuments, document: &SecretString, edit: Edit<'_>) -> SecretString {
    documents.edit(document, edit).expect("an edit that can be made").document
}

/// Guarantee 1: a document is an app with its defaults, or the mistake is named.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_document_is_an_app_or_the_mistake_is_named(documents: &dyn AppDocuments) {
    let app = documents.parse(&document("shop"), &[]).expect("an app");
    let limits = (app.limits.requests_burst, app.limits.channels_per_connection);
    let default = App::new(app.id.clone()).limits.channels_per_connection;
    assert_eq!((app.id.as_str(), limits), ("shop", (7, default)));
    for (text, place) in [
        ("", "JSON"),
        ("[]", "object"),
        ("{}", "id"),
        (r#"{"id": "a", "nonsense": 1}"#, "nonsense"),
        (r#"{"id": "a", "id": "b"}"#, "\"id\" is there twice"),
        (r#"{"id": "a", "limits": {"payload": 1, "payload": 2}}"#, "\"payload\" is there twice"),
        (r#"{"id": "a", "limits": {"requests_burst": "many"}}"#, "limits.requests_burst"),
        (r#"{"id": "a", "jwt_keys": [{"alg": "none"}]}"#, "jwt_keys[0].alg"),
    ] {
        let refused = documents.parse(&text.to_owned().into(), &[]).err();
        let words = refused.unwrap_or_else(|| panic!("{text} is an app")).to_string();
        assert!(words.contains(place), "{text}: {words}");
    }
}

/// Guarantee 2: what is one app's alone is no other's.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn what_is_one_app_s_is_no_other_s(documents: &dyn AppDocuments) {
    let shop = Arc::new(documents.parse(&document("shop"), &[]).expect("an app"));
    let with =
        |patch: &Value| edited(documents, &document("other"), Edit::Merge(&patch.to_string()));
    let others = [Arc::clone(&shop)];
    assert!(documents.parse(&document("other"), &others).is_ok());
    assert!(documents.parse(&document("shop"), &others).is_ok(), "it is not its own rival");
    let key = json!({ "pusher_keys": [{ "key": "shop", "secret": SECRET }] });
    let audience =
        json!({ "jwt_keys": [{ "alg": "HS256", "secret": SECRET, "audience": "shop" }] });
    for (taken, place) in [(key, "pusher_keys[0].key"), (audience, "jwt_keys[0].audience")] {
        let refused = documents.parse(&with(&taken), &others).expect_err("it is taken");
        assert!(refused.to_string().contains(place), "{refused}");
    }
}

/// Guarantee 3: what is shown is the whole document without its secrets.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn no_secret_is_shown(documents: &dyn AppDocuments) {
    let wanted = json!({ "name": "n", "scopes": ["read"] }).to_string();
    let fresh: SecretString = "0123456789abcdef".repeat(4).into();
    let add = Edit::AddKey { kind: KeyKind::Api, entry: &wanted, fresh: &fresh };
    let document = edited(documents, &document("shop"), add);
    let text = documents.show(&document).expect("a document");
    assert!(!text.contains(SECRET) && !text.contains(fresh.expose_secret()), "{text}");
    let shown: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(shown["jwt_keys"][0]["kid"], "k1");
    assert_eq!(shown["limits"]["requests_burst"], 7);
    assert!(shown["limits"]["payload"].is_string() && shown["status"] == "active", "{shown}");
}

/// Guarantee 4: an edit changes what it says and nothing else.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn an_edit_changes_what_it_says(documents: &dyn AppDocuments) {
    let before = document("shop");
    let patch =
        json!({ "status": "disabled", "limits": { "requests_burst": null, "payload": "1KiB" } });
    let after = edited(documents, &before, Edit::Merge(&patch.to_string()));
    let mut wanted = whole(&before);
    wanted["status"] = "disabled".into();
    wanted["limits"] = json!({ "payload": "1KiB" });
    assert_eq!(whole(&after), wanted);
    let fresh: SecretString = "0123456789abcdef".repeat(4).into();
    let entry = json!({ "kind": "jwt", "kid": "k2" }).to_string();
    let add = Edit::AddKey { kind: KeyKind::Jwt, entry: &entry, fresh: &fresh };
    let added = documents.edit(&before, add).expect("an edit");
    let (name, secret) = added.added.expect("a key");
    assert_eq!((name.as_str(), secret.is_some()), ("k2", true));
    assert_eq!(documents.parse(&added.document, &[]).expect("an app").jwt_keys.len(), 2);
    let remove = |name| Edit::RemoveKey { kind: KeyKind::Jwt, name };
    assert_eq!(whole(&edited(documents, &added.document, remove("k2"))), whole(&before));
    let none = documents.edit(&before, remove("k2")).err();
    assert!(matches!(none, Some(NotEdited::NoSuchKey)));
}
