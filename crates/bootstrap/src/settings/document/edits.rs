//! Changes of a document.

use adapters_http::hash_of_key;
use application::ports::{BadDocument, Edit, KeyKind, NotEdited};
use domain::ApiKeyHash;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::object;

type Object = Map<String, Value>;
type Added = Option<(String, Option<SecretString>)>;

/// Of 64 random digits, those of a Pusher key's name; the others are its secret.
const PUSHER_KEY_DIGITS: usize = 20;

/// Changes a document; gives the key that was added.
pub(super) fn make(document: &mut Object, edit: Edit<'_>) -> Result<Added, NotEdited> {
    match edit {
        Edit::Merge(patch) => {
            merge(document, object(patch).map_err(NotEdited::Bad)?);
            Ok(None)
        }
        Edit::AddKey { kind, entry, fresh } => {
            let mut entry = object(entry).map_err(NotEdited::Bad)?;
            entry.remove("kind");
            let added = complete(kind, &mut entry, fresh)?;
            keys(document, kind)?.push(Value::Object(entry));
            Ok(Some(added))
        }
        Edit::RemoveKey { kind, name } => {
            let keys = keys(document, kind)?;
            let before = keys.len();
            keys.retain(|key| !is_named(kind, key, name));
            if keys.len() == before { Err(NotEdited::NoSuchKey) } else { Ok(None) }
        }
    }
}

/// RFC 7396.
fn merge(target: &mut Object, patch: Object) {
    for (key, value) in patch {
        match value {
            Value::Null => drop(target.remove(&key)),
            Value::Object(inner) => {
                let place = target.entry(key).or_insert_with(|| Value::Object(Map::new()));
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                if let Value::Object(place) = place {
                    merge(place, inner);
                }
            }
            plain @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                target.insert(key, plain);
            }
        }
    }
}

fn keys(document: &mut Object, kind: KeyKind) -> Result<&mut Vec<Value>, NotEdited> {
    let list = match kind {
        KeyKind::Jwt => "jwt_keys",
        KeyKind::Api => "api_keys",
        KeyKind::Pusher => "pusher_keys",
    };
    let place = document.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    place.as_array_mut().ok_or_else(|| bad(&format!("{list}: must be an array")))
}

fn is_named(kind: KeyKind, key: &Value, name: &str) -> bool {
    let names: &[&str] = match kind {
        KeyKind::Jwt => &["kid", "jwks_url"],
        KeyKind::Api => &["name"],
        KeyKind::Pusher => &["key"],
    };
    names.iter().any(|field| key.get(field).and_then(Value::as_str) == Some(name))
}

/// Makes what the entry leaves to the server. Gives its name, and what only its caller is shown.
fn complete(
    kind: KeyKind,
    entry: &mut Object,
    fresh: &SecretString,
) -> Result<(String, Option<SecretString>), NotEdited> {
    match kind {
        KeyKind::Api => {
            let name = text(entry, "name")?;
            if entry.contains_key("hash") {
                return Err(bad("hash: the server makes the key itself"));
            }
            let hash = hash_of_key(fresh.expose_secret());
            entry.insert("hash".to_owned(), digits(&hash).into());
            Ok((name, Some(fresh.clone())))
        }
        KeyKind::Jwt => {
            let given = ["secret", "public_key", "jwks_url"];
            let given = given.iter().any(|field| entry.contains_key(*field));
            let name =
                text(entry, if entry.contains_key("jwks_url") { "jwks_url" } else { "kid" })?;
            if given {
                return Ok((name, None));
            }
            entry.entry("alg").or_insert_with(|| "HS256".into());
            entry.insert("secret".to_owned(), fresh.expose_secret().into());
            Ok((name, Some(fresh.clone())))
        }
        KeyKind::Pusher => {
            let (key, secret) = fresh.expose_secret().split_at(PUSHER_KEY_DIGITS);
            entry.entry("key").or_insert_with(|| key.into());
            let name = text(entry, "key")?;
            if entry.contains_key("secret") {
                return Ok((name, None));
            }
            entry.insert("secret".to_owned(), secret.into());
            Ok((name, Some(secret.into())))
        }
    }
}

fn text(entry: &Object, field: &str) -> Result<String, NotEdited> {
    let text = entry.get(field).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| bad(&format!("{field}: is required, a text")))
}

fn digits(hash: &ApiKeyHash) -> String {
    hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bad(message: &str) -> NotEdited {
    NotEdited::Bad(BadDocument(message.to_owned()))
}
