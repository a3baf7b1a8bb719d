//! `rtmate app` and `rtmate reload`: what an operator asks of a running server.
//!
//! * `args` is what they take, `ask` how the server is asked.

mod args;
mod ask;

use std::{io::Read, path::Path, process::ExitCode};

use serde_json::{Map, Value, json};

pub(crate) use args::{APP_EXAMPLES, RELOAD_EXAMPLES};
pub use args::{AppArgs, AppCommand, KeyCommand, ReloadArgs, ServerArgs};

use crate::settings::{Loaded, Refused};
use ask::{NotDone, Server};

/// Apps of a page of the list.
const PAGE: usize = 1000;

/// Does something with apps: 0, or 1 and one line on standard error.
///
/// # Errors
/// The command line can't be used.
pub(super) fn app(args: &AppArgs, loaded: &Loaded) -> Result<ExitCode, Refused> {
    let server = Server::of(&args.server, loaded)?;
    let (method, path, body) = match &args.command {
        AppCommand::List => return Ok(end(server.run(list(&server)))),
        AppCommand::Show { app } => ("GET", of(app), None),
        AppCommand::Create { app, document } => {
            let mut document = document.as_deref().map_or_else(|| Ok(Map::new()), read)?;
            document.insert("id".to_owned(), app.as_str().into());
            ("POST", "/v1/apps".to_owned(), Some(Value::Object(document)))
        }
        AppCommand::Change { app, patch } => {
            ("PATCH", of(app), Some(Value::Object(object("PATCH", patch)?)))
        }
        AppCommand::Disable { app } => ("PATCH", of(app), Some(json!({ "status": "disabled" }))),
        AppCommand::Enable { app } => ("PATCH", of(app), Some(json!({ "status": "active" }))),
        AppCommand::Delete { app } => ("DELETE", of(app), None),
        AppCommand::Key(KeyCommand::Remove { app, kind, name }) => {
            let path = format!("{}/keys/{}/{}", of(app), encoded(kind), encoded(name));
            ("DELETE", path, None)
        }
        AppCommand::Key(KeyCommand::Add { app, kind, name, scopes, entry }) => {
            let entry = entry.as_deref().map_or_else(|| Ok(Map::new()), |it| object("--entry", it));
            let entry = key(entry?, kind, name.as_deref(), scopes);
            ("POST", format!("{}/keys", of(app)), Some(entry))
        }
    };
    Ok(end(server.run(async { print(&server.ask(method, &path, body).await?) })))
}

/// Has the server read its configuration anew: 0, or 1 and one line on standard error.
///
/// # Errors
/// The command line can't be used.
pub(super) fn reload(args: &ReloadArgs, loaded: &Loaded) -> Result<ExitCode, Refused> {
    let server = Server::of(&args.server, loaded)?;
    let path = format!("/v1/reload?dry_run={}", args.dry_run);
    let work = async {
        let data = server.ask("POST", &path, None).await?;
        let changes = data["changes"].as_array().cloned().unwrap_or_default();
        if changes.is_empty() {
            super::print("nothing differs\n");
        }
        for change in &changes {
            let text = |field: &str| change[field].as_str().unwrap_or("?").to_owned();
            let effect = if change["effect"] == "live" { "at once" } else { "needs a restart" };
            super::print(&format!("{} {}: {effect}\n", text("setting"), text("change")));
        }
        Ok(())
    };
    Ok(end(server.run(work)))
}

/// All pages as one list.
async fn list(server: &Server) -> Result<(), NotDone> {
    let (mut apps, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.ask("GET", &format!("/v1/apps?limit={PAGE}{after}"), None).await?;
        apps.extend(page["apps"].as_array().cloned().unwrap_or_default());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={}", encoded(next));
    }
    print(&Value::Array(apps))
}

fn key(mut entry: Map<String, Value>, kind: &str, name: Option<&str>, scopes: &[String]) -> Value {
    let field = match kind {
        "jwt" => "kid",
        "api" => "name",
        _ => "key",
    };
    entry.insert("kind".to_owned(), kind.into());
    if let Some(name) = name {
        entry.insert(field.to_owned(), name.into());
    }
    if !scopes.is_empty() {
        entry.insert("scopes".to_owned(), scopes.into());
    }
    Value::Object(entry)
}

fn of(app: &str) -> String {
    format!("/v1/apps/{}", encoded(app))
}

/// As a segment of a path.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
    let byte = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

fn read(file: &Path) -> Result<Map<String, Value>, Refused> {
    let name = file.display().to_string();
    let failed = |error: std::io::Error| Refused::new(format!("--document {name}: {error}"));
    let mut text = String::new();
    if name == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
    } else {
        text = std::fs::read_to_string(file).map_err(failed)?;
    }
    object("--document", &text)
}

fn object(what: &str, text: &str) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refused::new(format!("{what}: not a JSON object"))),
        Err(error) => Err(Refused::new(format!("{what}: {error}"))),
    }
}

fn print(data: &Value) -> Result<(), NotDone> {
    super::print(&(serde_json::to_string_pretty(data)? + "\n"));
    Ok(())
}

fn end(outcome: Result<(), NotDone>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rtmate: {error}");
            ExitCode::FAILURE
        }
    }
}
