//! The configuration: layers are merged, read into raw structs and parsed into the domain's words.
//!
//! * [`Flags`] and [`Surroundings`] go in, [`Loaded`] comes out; [`Refused`] is one line.
//! * `layers` merges the annotated default, `rtmate.toml`, the environment and flags into a
//!   `tree`, in which every value knows its origin; `fill` adds the defaults of apps.
//! * `structure` reads the tree into raw structs and rewrites the deserializer's errors.
//! * Each section has a file with its raw struct and its parsed one: `server`, `tls`, `store`, `log`,
//!   `limits`, `debug`, `demo`, `app` and what an app consists of.
//! * `compare` says where two configurations differ.
//! * `document` reads `[[apps]]` as JSON, for apps that are made while the server runs.
//! * `warnings` names what is configured without effect, `exposure` refuses a public address
//!   without an app, `effective` prints the tree.

mod api_key;
mod app;
mod app_limits;
mod billing;
mod bounds;
mod compare;
mod debug;
mod demo;
mod document;
mod effective;
mod environment;
mod events;
mod exposure;
mod fill;
mod grants;
mod history;
mod https_url;
mod jwt_key;
mod key_path;
mod layers;
mod limits;
mod log;
mod name;
mod namespace;
mod origins;
mod problem;
mod pusher;
mod pusher_key;
mod rate;
mod scalar;
mod secret;
mod server;
mod size;
mod span;
mod store;
mod structure;
mod surroundings;
mod tls;
mod toml_file;
mod toml_text;
mod tree;
mod unique;
mod warnings;
mod webhook;

use domain::{ApiKey, App, AppId, PriceList};
use secrecy::SecretString;
use serde::Deserialize;

pub(crate) use compare::Places;
pub use debug::Debug;
pub use demo::Demo;
pub use document::Documents;
pub use layers::{DEFAULT_TOML, FILE_NAME, Flags};
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use problem::Refused;
pub use server::Server;
pub use span::Span;
pub use store::Store;
pub use surroundings::Surroundings;
pub use tls::Tls;

use key_path::KeyPath;
use problem::Problem;
use tree::Tree;

/// Everything that the server is told at its start, parsed.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where it listens, how it speaks and how it stops.
    pub server: Server,
    /// Where data is kept.
    pub store: Store,
    /// What is logged.
    pub log: Log,
    /// Bounds of the whole server.
    pub limits: Limits,
    /// For who works on clients and on the server itself.
    pub debug: Debug,
    /// The demo app.
    pub demo: Demo,
    /// Keys over all apps.
    pub operator_keys: Vec<ApiKey>,
    /// The apps of the file, without the demo app.
    pub apps: Vec<App>,
    /// The same as documents, secrets included, in the same order.
    pub app_documents: Vec<SecretString>,
    /// What their usage costs.
    pub prices: PriceList,
    /// What is configured without effect, one line each; to be logged at start.
    pub warnings: Vec<String>,
}

/// Settings, and how they came about.
pub struct Loaded {
    /// What the server needs.
    pub settings: Settings,
    /// The layers that were read, the weakest first.
    pub sources: Vec<String>,
    /// What it was read with, to read it again.
    pub(crate) flags: Flags,
    pub(crate) around: Surroundings,
    tree: Tree,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    server: server::RawServer,
    store: store::RawStore,
    log: log::RawLog,
    limits: limits::RawLimits,
    debug: debug::RawDebug,
    demo: demo::RawDemo,
    #[serde(default)]
    operator: api_key::RawOperator,
    #[serde(default)]
    billing: billing::RawBilling,
    #[serde(default)]
    apps: Vec<app::RawApp>,
}

/// Reads and parses the configuration.
///
/// # Errors
/// The first mistake, on one line that names its origin and key, and the value where it is no
/// secret.
pub fn load(flags: &Flags, around: &Surroundings) -> Result<Loaded, Refused> {
    let layers::Layers { mut tree, sources, folder } = layers::read(flags, around)?;
    fill::apps(&mut tree)?;
    let vault = secret::Vault { around, folder: &folder };
    let parsed = structure::read(&tree).and_then(|raw| parse(raw, vault));
    let mut settings = parsed.map_err(|problem| problem.locate(&tree))?;
    settings.app_documents = document::of_tree(&tree);
    tree.put_default("demo", "enabled", settings.demo.enabled);
    let (flags, around) = (flags.clone(), around.clone());
    Ok(Loaded { settings, sources, flags, around, tree })
}

fn parse(raw: RawSettings, vault: secret::Vault<'_>) -> Result<Settings, Problem> {
    let at = |section: &str| KeyPath::root().key(section);
    let server = raw.server.parse(&at("server"), &vault)?;
    let store = raw.store.parse(&at("store"), &server, vault.around)?;
    let log = raw.log.parse(&at("log"))?;
    let limits = raw.limits.parse(&at("limits"))?;
    let demo = raw.demo.parse(&at("demo"), !raw.apps.is_empty())?;
    let operator_keys = raw.operator.parse(&at("operator"))?;
    let apps = app::parse_all(raw.apps, &at("apps"), &app::Context { vault, limits: &limits })?;
    let prices = raw.billing.parse(&at("billing"))?;
    let debug = raw.debug.parse();
    let warnings = warnings::all(&server, &store, &demo, &apps);
    let app_documents = Vec::new();
    Ok(Settings {
        server,
        store,
        log,
        limits,
        debug,
        demo,
        operator_keys,
        apps,
        app_documents,
        prices,
        warnings,
    })
}

impl Settings {
    /// The apps of the file with their documents, secrets included.
    pub(crate) fn documented_apps(&self) -> impl Iterator<Item = (AppId, SecretString)> {
        let documented = self.apps.iter().zip(&self.app_documents);
        documented.map(|(app, document)| (app.id.clone(), document.clone()))
    }
}

impl Loaded {
    /// Every setting by its place, secrets included.
    pub(crate) fn places(&self) -> Places {
        Places::of(&self.tree)
    }

    /// Refuses what can be shown and checked, but not served: a public address without an app.
    ///
    /// # Errors
    /// One line, and five lines of `rtmate.toml` that mend it ([`Refused::mend`]).
    pub fn check_exposure(&self) -> Result<(), Refused> {
        exposure::check(&self.settings, &self.tree)
    }

    /// The effective configuration as TOML, each value with its origin; secrets as `***` unless
    /// `reveal`.
    #[must_use]
    pub fn effective(&self, reveal: bool) -> String {
        effective::print(&self.tree, reveal)
    }

    /// One line about a value of `store.path`, for a data directory that can't be used.
    pub(crate) fn store_refused(&self, message: impl Into<String>) -> Refused {
        Problem::value(&KeyPath::of("store.path"), message).locate(&self.tree)
    }
}
