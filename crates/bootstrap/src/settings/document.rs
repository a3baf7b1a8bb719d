//! Documents of apps: what the file calls `[[apps]]`, as JSON, for apps that are made while the
//! server runs.

mod edits;
mod json;
mod once;

use std::{collections::HashSet, path::Path, sync::Arc};

use application::ports::{AppDocuments, BadDocument, Edit, Edited, NotEdited};
use domain::{App, AppId};
use protocol_pusher::conventions;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use once::Once;

use super::{
    Limits,
    app::{self, RawApp},
    fill,
    key_path::KeyPath,
    secret::Vault,
    structure,
    surroundings::Surroundings,
    tree::Tree,
};

/// Understands documents as the configuration understands `[[apps]]`: the same keys, defaults and
/// bounds. What names a file or a variable of the server is for its configuration alone.
pub struct Documents {
    /// The server's own bounds.
    limits: Limits,
}

/// A configuration of one app.
#[derive(Deserialize)]
struct One {
    apps: Vec<RawApp>,
}

/// Where a document stands in the tree that it is parsed in.
const PLACE: &str = "apps[0]";
const ORIGIN: &str = "document";

/// Keys of the file that would have the server read what its caller can't.
const OF_THE_FILE: [&str; 3] = ["secret_file", "secret_env", "public_key_file"];

impl Documents {
    /// Within these bounds of the server.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits }
    }

    fn app(&self, document: &SecretString) -> Result<App, BadDocument> {
        let object = read(document)?;
        if let Some(key) = of_the_file(&object) {
            let message = format!("{key}: is for the configuration file alone");
            return Err(BadDocument(message));
        }
        let tree = tree(object)?;
        let refused = |problem: super::problem::Problem| in_a_document(&problem.locate(&tree));
        let One { apps } = structure::read(&tree).map_err(refused)?;
        let (around, folder) = (Surroundings::default(), Path::new(""));
        let vault = Vault { around: &around, folder };
        let context = app::Context { vault, limits: &self.limits };
        let apps = app::parse_all(apps, &KeyPath::of("apps"), &context).map_err(refused)?;
        let mut app = apps.into_iter().next().ok_or_else(|| BadDocument("is no app".into()))?;
        conventions::complete(&mut app);
        Ok(app)
    }
}

impl AppDocuments for Documents {
    fn parse(&self, document: &SecretString, others: &[Arc<App>]) -> Result<App, BadDocument> {
        let app = self.app(document)?;
        for other in others.iter().filter(|other| other.id != app.id) {
            let has = |key: &str| other.pusher_keys.iter().any(|known| &*known.key == key);
            if let Some(at) = app.pusher_keys.iter().position(|key| has(&key.key)) {
                return Err(BadDocument(format!("pusher_keys[{at}].key: another app has it")));
            }
            let theirs: HashSet<_> = app::audiences(other).map(|(_, name)| name).collect();
            let shared = app::audiences(&app).find(|(_, name)| theirs.contains(name));
            if let Some((at, _)) = shared {
                let message = "another app takes tokens for it with the same key";
                return Err(BadDocument(format!("jwt_keys[{at}].audience: {message}")));
            }
        }
        Ok(app)
    }

    fn id(&self, document: &SecretString) -> Result<AppId, BadDocument> {
        let object = read(document)?;
        let id = object.get("id").and_then(Value::as_str);
        let id = id.ok_or_else(|| BadDocument("id: is required".to_owned()))?;
        AppId::parse(id).map_err(|error| BadDocument(format!("id: {error}")))
    }

    fn show(&self, document: &SecretString) -> Result<String, BadDocument> {
        let tree = tree(read(document)?)?;
        let shown = tree.find(&KeyPath::of("apps").index(0));
        let shown = shown.map(|app| json::shown(app, &KeyPath::root()));
        Ok(shown.unwrap_or_default().to_string())
    }

    fn edit(&self, document: &SecretString, edit: Edit<'_>) -> Result<Edited, NotEdited> {
        let mut object = read(document).map_err(NotEdited::Bad)?;
        let added = edits::make(&mut object, edit)?;
        Ok(Edited { document: Value::Object(object).to_string().into(), added })
    }
}

/// Apps of a tree as documents, in the order of the file.
pub(crate) fn of_tree(tree: &Tree) -> Vec<SecretString> {
    let apps = tree.find(&KeyPath::of("apps")).map(json::whole);
    let Some(Value::Array(apps)) = apps else { return Vec::new() };
    apps.iter().map(|app| app.to_string().into()).collect()
}

/// The words for `apps[0].id` are about `id` where there is one app only.
fn in_a_document(refused: &super::Refused) -> BadDocument {
    let line = refused.to_string();
    let line = line.strip_prefix(&format!("{ORIGIN}: ")).unwrap_or(&line);
    let line = line.strip_prefix(PLACE).unwrap_or(line);
    let line = line.strip_prefix(['.', ':']).unwrap_or(line).trim_start();
    BadDocument(line.replace(&format!("{PLACE}."), ""))
}

fn read(document: &SecretString) -> Result<Map<String, Value>, BadDocument> {
    object(document.expose_secret())
}

fn object(text: &str) -> Result<Map<String, Value>, BadDocument> {
    match serde_json::from_str(text) {
        Ok(Once(Value::Object(object))) => Ok(object),
        Ok(Once(_)) => Err(BadDocument("not a JSON object".to_owned())),
        Err(error) if error.is_data() => Err(BadDocument(error.to_string())),
        Err(error) => Err(BadDocument(format!("not JSON: {error}"))),
    }
}

/// The first key, at any depth, that is for the file alone.
fn of_the_file(object: &Map<String, Value>) -> Option<&str> {
    object.iter().find_map(|(key, value)| {
        if OF_THE_FILE.contains(&key.as_str()) {
            return Some(key.as_str());
        }
        match value {
            Value::Object(inner) => of_the_file(inner),
            Value::Array(items) => items.iter().filter_map(Value::as_object).find_map(of_the_file),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    })
}

/// A configuration of this app alone, with its defaults.
fn tree(object: Map<String, Value>) -> Result<Tree, BadDocument> {
    let mut tree = Tree::new(json::one_app(object, ORIGIN));
    fill::apps(&mut tree).map_err(|refused| in_a_document(&refused))?;
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use testkit::contracts::app_documents as suite;

    use super::*;

    fn documents() -> Documents {
        Documents::new(Limits::default())
    }

    #[test]
    fn app_documents_1_a_document_is_an_app_or_the_mistake_is_named() {
        suite::a_document_is_an_app_or_the_mistake_is_named(&documents());
    }

    #[test]
    fn app_documents_2_what_is_one_app_s_is_no_other_s() {
        suite::what_is_one_app_s_is_no_other_s(&documents());
    }

    #[test]
    fn app_documents_3_no_secret_is_shown() {
        suite::no_secret_is_shown(&documents());
    }

    #[test]
    fn app_documents_4_an_edit_changes_what_it_says() {
        suite::an_edit_changes_what_it_says(&documents());
    }
}
