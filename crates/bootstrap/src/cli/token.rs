//! `rtmate token`

use application::ports::{IssueError, TokenIssuer, TokenRequest};
use domain::{
    Action, App, ChannelName, Claims, ClientId, Grant, GrantPattern, Payload, Scope, Timestamp,
};

use super::TokenArgs;
use crate::{
    demo_app,
    demo_secrets::DemoSecrets,
    settings::{Loaded, Refused, Span},
};

const LONGEST: Span = Span::days(30);

/// Makes the token.
///
/// # Errors
/// An app that is not there or can't sign here, or an argument that no token can carry.
pub fn run(
    args: &TokenArgs,
    loaded: &Loaded,
    issuer: &dyn TokenIssuer,
    now: Timestamp,
) -> Result<String, Refused> {
    let request = request(args, now)?;
    let app = app(&args.app, loaded)?;
    issuer.issue(&app, &request).map_err(|error| match error {
        IssueError::NoSecret | IssueError::Unsignable(_) => {
            Refused::new(format!("--app {}: {error}", args.app))
        }
    })
}

fn request(args: &TokenArgs, now: Timestamp) -> Result<TokenRequest, Refused> {
    let client =
        ClientId::parse(&args.client).map_err(|error| mistake("client", &args.client, error))?;
    if args.ttl > LONGEST || args.ttl < Span::secs(1) {
        return Err(mistake("ttl", &args.ttl.to_string(), format!("must be 1s to {LONGEST}")));
    }
    Ok(TokenRequest {
        client,
        expires_at: now.after(args.ttl.get()),
        caps: caps(args)?,
        channels: channels(&args.channels)?,
        info: info(args.info.as_deref())?,
        api: api(&args.api)?,
    })
}

/// No grant leaves it to the app; `--no-caps` says that there is none.
fn caps(args: &TokenArgs) -> Result<Option<Vec<Grant>>, Refused> {
    if args.grants.is_empty() {
        return Ok(args.no_caps.then(Vec::new));
    }
    few("grant", args.grants.len(), Claims::CAPS_LIMIT)?;
    args.grants.iter().map(|text| grant(text)).collect::<Result<_, _>>().map(Some)
}

/// The last `=` separates: channels may have one in their names, actions have none.
fn grant(text: &str) -> Result<Grant, Refused> {
    let shape = "must be PATTERN=ACTIONS, such as chat:*=subscribe,send";
    let (pattern, actions) = text.rsplit_once('=').ok_or_else(|| mistake("grant", text, shape))?;
    let pattern = GrantPattern::parse(pattern).map_err(|error| mistake("grant", text, error))?;
    let action = |name: &str| {
        Action::parse(name.trim()).ok_or_else(|| {
            let names = Action::ALL.map(Action::name).join(", ");
            mistake("grant", text, format!("\"{name}\" is not an action; one of {names}"))
        })
    };
    let actions = actions.split(',').map(action).collect::<Result<_, _>>()?;
    Ok(Grant { pattern, actions })
}

fn channels(names: &[String]) -> Result<Vec<ChannelName>, Refused> {
    few("channel", names.len(), Claims::CHANNELS_LIMIT)?;
    let channel = |name: &String| {
        let parsed = ChannelName::parse(name).map_err(|error| mistake("channel", name, error))?;
        if parsed.is_reserved() {
            return Err(mistake("channel", name, "a leading # is the server's"));
        }
        Ok(parsed)
    };
    names.iter().map(channel).collect()
}

fn api(names: &[String]) -> Result<Vec<Scope>, Refused> {
    let scope = |name: &String| {
        Scope::parse(name).ok_or_else(|| {
            let names = Scope::ALL.map(Scope::name).join(", ");
            mistake("api", name, format!("is no scope; one of {names}"))
        })
    };
    names.iter().map(scope).collect()
}

fn info(text: Option<&str>) -> Result<Option<Payload>, Refused> {
    let Some(text) = text else { return Ok(None) };
    let info = Payload::parse(text, Claims::INFO_LIMIT);
    info.map(Some).map_err(|error| mistake("info", text, error))
}

fn few(flag: &str, count: usize, limit: usize) -> Result<(), Refused> {
    if count <= limit {
        return Ok(());
    }
    Err(Refused::new(format!("--{flag}: a token carries at most {limit}, not {count}")))
}

fn mistake(flag: &str, value: &str, words: impl std::fmt::Display) -> Refused {
    Refused::new(format!("--{flag} {value}: {words}"))
}

/// The app of this name, with its secrets.
pub(super) fn app(id: &str, loaded: &Loaded) -> Result<App, Refused> {
    let settings = &loaded.settings;
    if id == demo_app::ID && settings.demo.enabled {
        return Ok(demo_app::demo_app(&demo_secrets(loaded)?));
    }
    if let Some(app) = settings.apps.iter().find(|app| app.id.as_str() == id) {
        return Ok(app.clone());
    }
    let mut known: Vec<&str> = settings.apps.iter().map(|app| app.id.as_str()).collect();
    if settings.demo.enabled {
        known.push(demo_app::ID);
    }
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let why = if id == demo_app::ID {
        "the demo app is off because apps are configured ([demo] enabled = true turns it on)"
    } else {
        "no such app"
    };
    Err(mistake("app", id, format!("{why}; known apps: {known}")))
}

/// The demo app's key of the server API.
pub(super) fn demo_key(loaded: &Loaded) -> Result<secrecy::SecretString, Refused> {
    // Also says why where the demo app is off.
    app(demo_app::ID, loaded)?;
    demo_secrets(loaded).map(|secrets| secrets.operator_key)
}

/// Those that the server on the same data directory has.
fn demo_secrets(loaded: &Loaded) -> Result<DemoSecrets, Refused> {
    let settings = &loaded.settings;
    if let Some(secret) = &settings.demo.secret {
        return Ok(DemoSecrets::from_given(secret));
    }
    if settings.store.ephemeral {
        return Err(Refused::new(
            "with store.ephemeral the demo app's secrets live in the server's memory only, so no \
             other process can make its tokens; set [demo] secret (RTMATE__DEMO__SECRET) for both",
        ));
    }
    DemoSecrets::load_or_create(&settings.store.path)
        .map_err(|error| loaded.store_refused(error.to_string()))
}
