//! `rtmate config check` and `rtmate config show`

use std::fmt::Write;

use domain::AppStatus;

use crate::{
    demo_app,
    demo_secrets::{self, DemoSecrets},
    settings::{Loaded, Refused, Settings},
};

/// What was read, and what it amounts to.
pub(crate) fn check(loaded: &Loaded) -> String {
    let settings = &loaded.settings;
    let mut out = String::new();
    // Writing to a string can't fail.
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!("read: {}", loaded.sources.join(", ")));
    let tls = if settings.server.tls.is_some() { ", with TLS" } else { "" };
    line(format!("listens on: {}{tls}", settings.server.listen));
    if let Some(internal) = &settings.server.internal_listen {
        line(format!("listens for what is not public on: {internal}"));
    }
    line(format!("data: {}", data(settings)));
    line(format!("apps: {}", apps(settings)));
    line(format!("demo app: {}", if settings.demo.enabled { "on" } else { "off" }));
    for warning in &settings.warnings {
        line(format!("warning: {warning}"));
    }
    line("The configuration can be used.".to_owned());
    out
}

fn data(settings: &Settings) -> String {
    if settings.store.ephemeral {
        return "none is kept (store.ephemeral)".to_owned();
    }
    settings.store.path.display().to_string()
}

fn apps(settings: &Settings) -> String {
    let name = |app: &domain::App| match app.status {
        AppStatus::Active => app.id.to_string(),
        AppStatus::Disabled => format!("{} (disabled)", app.id),
    };
    let names: Vec<String> = settings.apps.iter().map(name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The effective configuration; with `reveal`, secrets too.
pub(crate) fn show(loaded: &Loaded, reveal: bool) -> Result<String, Refused> {
    let mut out = loaded.effective(reveal);
    if reveal && loaded.settings.demo.enabled {
        out.push_str(&demo(loaded)?);
    }
    Ok(out)
}

/// As comments, so that the whole stays a configuration. Only shows what there is: showing makes
/// no secrets.
fn demo(loaded: &Loaded) -> Result<String, Refused> {
    let settings = &loaded.settings;
    if settings.demo.secret.is_some() {
        return Ok(format!("\n# All secrets of {} are demo.secret.\n", demo_app::ID));
    }
    if settings.store.ephemeral {
        return Ok(format!("\n# The secrets of {} live in the server's memory.\n", demo_app::ID));
    }
    let file = settings.store.path.join(demo_secrets::FILE_NAME);
    let kept = DemoSecrets::load(&settings.store.path)
        .map_err(|error| loaded.store_refused(error.to_string()))?;
    let Some(secrets) = kept else {
        return Ok(format!("\n# The secrets of {} are made at the first start.\n", demo_app::ID));
    };
    let mut out = format!("\n# The secrets of {}, from {}:\n", demo_app::ID, file.display());
    for line in secrets.to_toml().lines() {
        let _ = writeln!(out, "# {line}");
    }
    Ok(out)
}
