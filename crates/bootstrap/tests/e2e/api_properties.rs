//! Whatever its document allows, and much that it does not: the server API never answers 500 and
//! never anything that is not documented.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::{
    api::{BACKEND, OPERATOR, VIEWER, shop},
    client::Client,
    http,
    server::{Server, Start},
    tokens::{now, token},
};

/// Requests of each operation.
const TRIES: usize = 60;
/// Every run asks the same; another seed asks otherwise (`RTMATE_SEED`).
const SEED: u64 = 20_261_123;

/// Xorshift: small, and the same everywhere.
struct Whim(u64);

impl Whim {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// Mostly.
    fn likely(&mut self) -> bool {
        self.below(12) > 0
    }
}

const TEXTS: [&str; 14] = [
    "chat:x",
    "chat:a/b#c",
    "plain",
    "alice",
    "",
    " ",
    "%",
    "#server",
    "日本",
    "\u{7f}",
    "a\nb",
    "..",
    "0123456789abcdef0123456789abcdef",
    "../../healthz",
];

fn text(whim: &mut Whim) -> String {
    match whim.below(16) {
        0 => "x".repeat(whim.below(300)),
        1..6 => whim.one(&TEXTS).to_owned(),
        _ => whim.one(&TEXTS[..4]).to_owned(),
    }
}

/// Something of this schema, or nearly.
fn value(schema: &Value, whim: &mut Whim) -> Value {
    if !whim.likely() {
        return junk(whim);
    }
    if let Some(one) = schema["enum"].as_array() {
        return one[whim.below(one.len())].clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let mut object = Map::new();
            for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
                if whim.likely() {
                    object.insert(key.clone(), value(schema, whim));
                }
            }
            Value::Object(object)
        }
        Some("array") => {
            let count = whim.below(4);
            (0..count).map(|_| value(&schema["items"], whim)).collect()
        }
        Some("integer") => json!(whim.below(12)),
        Some("boolean") => json!(whim.below(2) == 0),
        Some("string") => json!(text(whim)),
        _ => junk(whim),
    }
}

fn junk(whim: &mut Whim) -> Value {
    match whim.below(8) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(1.5e300),
        3 => json!([[], {}]),
        4 => json!({"": null, "data": {"deep": [1]}}),
        5 => json!("x".repeat(whim.below(80_000))),
        _ => json!(text(whim)),
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(byte.into());
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// A request: its target with the app's place left open, its headers and its body.
fn request(
    path: &str,
    operation: &Value,
    whim: &mut Whim,
) -> (String, Vec<(String, String)>, String) {
    let mut target = path.to_owned();
    let (mut query, mut headers) = (Vec::new(), Vec::new());
    for parameter in operation["parameters"].as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        let written = match value(&parameter["schema"], whim) {
            Value::String(text) => text,
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => other.to_string(),
        };
        // An address ends somewhere.
        let written: String = written.chars().take(300).collect();
        match parameter["in"].as_str().unwrap() {
            // An empty segment would be another address.
            "path" if name == "app" => {}
            "path" => {
                let written = if written.is_empty() { "x" } else { &written };
                target = target.replace(&format!("{{{name}}}"), &encoded(written));
            }
            "query" if name != "lang" && whim.below(3) == 0 => {
                query.push(format!("{name}={}", encoded(&written)))
            }
            "header" if whim.below(3) == 0 => {
                let plain = written.chars().filter(|c| (' '..='~').contains(c)).collect();
                headers.push((name.to_owned(), plain));
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let body = match (schema.is_null(), whim.likely()) {
        (true, _) => String::new(),
        (false, true) => value(schema, whim).to_string(),
        (false, false) => whim.one(&["", "{", "[]", "\u{0}", "{\"data\":", "nul"]).to_owned(),
    };
    (target, headers, body)
}

/// The app `made`, with a key of each kind, if it is not there.
async fn make(server: &Server) {
    let key = format!("Bearer {OPERATOR}");
    let document = json!({
        "id": "made",
        "jwt_keys": [{ "kid": "alice", "alg": "HS256", "secret": "x".repeat(32) }],
        "pusher_keys": [{ "key": "alice", "secret": "x".repeat(32) }],
        "api_keys": [{ "name": "alice", "hash": "0".repeat(64), "scopes": ["read"] }],
    });
    let headers = [("Authorization", &*key)];
    let answer = http::ask(server, "POST", "/v1/apps", &headers, &document.to_string()).await;
    assert!([200, 409].contains(&answer.status), "{}", answer.body);
}

/// A session of the operator, for the app.
async fn session(server: &Server) -> String {
    let key = format!("Bearer {OPERATOR}");
    let answer =
        http::post(server, "/v1/session", &[("Authorization", &*key)], r#"{"app": "shop"}"#).await;
    answer.json()["data"]["token"].as_str().unwrap().to_owned()
}

/// What of `value` is not as the schema says, as far as these documents say anything.
fn faults(value: &Value, schema: &Value, place: &str, found: &mut Vec<String>) {
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    let one_of = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if !(fits && one_of && constant) {
        found.push(format!("{place}: {value} is no {schema}"));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        if value.get(key.as_str().unwrap()).is_none() {
            found.push(format!("{place} lacks {key}"));
        }
    }
    if let (Some(object), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for (key, value) in object {
            match known.get(key) {
                Some(schema) => faults(value, schema, &format!("{place}.{key}"), found),
                None => found.push(format!("{place}.{key} is not documented")),
            }
        }
    }
    for item in value.as_array().into_iter().flatten().filter(|_| schema["items"].is_object()) {
        faults(item, &schema["items"], &format!("{place}[]"), found);
    }
}

/// The app `shop`, with all that an app can have: it keeps its events, too.
fn kept() -> Start {
    let keys = "[[apps.api_keys]]";
    let toml = shop().replacen(keys, &format!("[apps.events]\nkeep = true\n{keys}"), 1);
    Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&toml)
}

#[tokio::test]
async fn every_answer_is_a_documented_one() {
    let document: Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let seed = std::env::var("RTMATE_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut whim = Whim(seed.unwrap_or(SEED));
    let server = kept().serve().await;
    // What was asked and done, of an app's endpoints, of an operator's and of sessions.
    let mut counts = [(0, 0); 3];
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for _ in 0..TRIES {
                // Some requests end her connections, and revoke what was issued until now.
                let token = token("shop", "alice").claim("iat", json!(now() + 20));
                let _alice = Client::enter(&server, "shop", &token).await;
                let (target, headers, body) = request(path, operation, &mut whim);
                let operated = operation["description"].as_str().unwrap().contains("operator");
                let (key, app) = if operated {
                    // Some requests change or delete it.
                    make(&server).await;
                    let app = whim.one(&["made", "made", "made", "shop", "demo-app", "nobody"]);
                    (whim.one(&[OPERATOR, OPERATOR, OPERATOR, BACKEND, "guess"]), app)
                } else {
                    let keys = [BACKEND, BACKEND, BACKEND, OPERATOR, OPERATOR, OPERATOR];
                    let key = whim.one(&[&keys[..], &[VIEWER, "guess"]].concat());
                    let apps = ["shop", "shop", "shop", "shop", "shop", "shop", "bazaar", "nobody"];
                    (key, whim.one(&apps))
                };
                let begun;
                let (key, kind) = match path.starts_with("/v1/session") {
                    true if whim.likely() && !operation["requestBody"].is_object() => {
                        begun = session(&server).await;
                        (&*begun, 2)
                    }
                    true => (key, 2),
                    false => (key, usize::from(operated)),
                };
                let bearer = format!("Bearer {key}");
                let mut headers: Vec<_> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
                headers.push(("Authorization", &bearer));
                let method = method.to_uppercase();
                let mark = if target.contains('?') { '&' } else { '?' };
                let target = target.replace("{app}", app) + &format!("{mark}lang=en");
                let answer = http::ask(&server, &method, &target, &headers, &body).await;
                let shown = || {
                    let body: String = body.chars().take(200).collect();
                    let said: String = answer.body.chars().take(400).collect();
                    format!("{method} {target} {headers:?} {body}\n{} {said}", answer.status)
                };
                let status = answer.status.to_string();
                let documented = &operation["responses"][&status];
                assert!(!documented.is_null(), "not documented: {}", shown());
                let media = answer.header("content-type").unwrap_or_default();
                let media = media.split(';').next().unwrap_or_default();
                if media != "application/json" {
                    assert!(!documented["content"][media].is_null(), "{media}: {}", shown());
                    let counted = &mut counts[kind];
                    *counted = (counted.0 + 1, counted.1 + 1);
                    continue;
                }
                let mut schema = &documented["content"]["application/json"]["schema"];
                if schema.get("$ref").is_some() {
                    schema = &document["components"]["schemas"]["Refusal"];
                    let reason = answer.json()["reason"].as_str().unwrap().to_owned();
                    let reasons = documented["description"].as_str().unwrap();
                    assert!(reasons.split(", ").any(|known| known == reason), "{}", shown());
                }
                let mut found = Vec::new();
                faults(&answer.json(), schema, "the answer", &mut found);
                assert!(found.is_empty(), "{found:?}: {}", shown());
                assert_eq!(answer.json()["code"], answer.status, "{}", shown());
                let counted = &mut counts[kind];
                counted.0 += 1;
                counted.1 += usize::from(answer.status == 200);
            }
        }
    }
    // Few whims are a document.
    for ((asked, done), share) in counts.into_iter().zip([5, 10, 2]) {
        assert!(done * share > asked, "only {done} of {asked} requests did anything");
    }
}
