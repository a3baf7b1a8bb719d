//! The steps of a vector; `sdk/conformance/README.md` says what they mean.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::world::World;

/// How long something that must come may take, in milliseconds.
const PATIENCE: u64 = 5_000;

type Outcome = Result<(), String>;

/// Where the script stands.
pub(crate) struct Player {
    world: World,
    /// Connections that were expected so far.
    opened: usize,
    ended_at: u64,
    /// The last request that was expected.
    request: Value,
    named: HashMap<String, Value>,
}

impl Player {
    pub(crate) fn new(world: World) -> Self {
        Self { world, opened: 0, ended_at: 0, request: Value::Null, named: HashMap::new() }
    }

    pub(crate) fn step(&mut self, step: &Value) -> Outcome {
        let has = |key: &str| step.get(key).is_some();
        if has("do") {
            return self.world.order(step);
        } else if has("enter") {
            return self.enter(step);
        } else if has("expect") {
            return self.expect(step);
        } else if has("told") {
            return self.told(step);
        } else if let Some(event) = step["push"].as_str() {
            self.world.push(event, &step["payload"]);
        } else if let Some(millis) = step["pass"].as_u64() {
            self.world.wait(|_| false, millis);
        } else if has("reply") {
            self.reply(step, json!({"code": 200, "message": "success", "data": step["reply"]}));
        } else if has("refuse") {
            self.reply(step, refusal(&step["refuse"]));
        } else if has("joined") {
            self.joined(step);
        } else if let Some(text) = step["text"].as_str() {
            self.world.say(text);
        } else if let Some(refuse) = step["refuseOpenings"].as_bool() {
            self.world.refusing = refuse;
        } else if has("close") || has("reset") {
            self.end(step);
        } else {
            return Err("no such step".to_owned());
        }
        Ok(())
    }

    /// What no step expected is as wrong as what did not come.
    pub(crate) fn nothing_left(&self) -> Outcome {
        let frames = self.world.links.iter().flat_map(|link| &link.frames);
        let mut frames =
            frames.filter(|frame| !is_at_will(frame) && frame["event"] != "unsubscribe");
        if let Some(frame) = frames.next() {
            return Err(format!("the client also sent {frame}"));
        }
        match self.world.told.iter().find(|told| told["told"] != "online") {
            Some(told) => Err(format!("the client also told {told}")),
            None => Ok(()),
        }
    }

    fn enter(&mut self, step: &Value) -> Outcome {
        let mut open = step.clone();
        open["expect"] = "open".into();
        self.expect(&open)?;
        let mut wanted = json!({"appId": "app", "heartbeat": true});
        merge(&mut wanted, &step["enter"]);
        self.expect(&json!({"expect": "auth", "with": wanted}))?;
        let ts = 1_700_000_000_000_u64;
        let mut data = json!({
            "state": true, "client_id": "alice", "connection_id": format!("c{}", self.opened),
            "session": format!("session-{}", self.opened), "ts": ts, "expires_at": ts + 3_600_000,
            "ping_interval_ms": 25_000, "protocol": 1, "server": "conformance",
            "limits": {"requests_per_second": 100, "requests_burst": 200},
        });
        merge(&mut data, &step["data"]);
        self.reply(step, json!({"code": 200, "message": "success", "data": data}));
        Ok(())
    }

    fn expect(&mut self, step: &Value) -> Outcome {
        let after = step["after"].as_u64().unwrap_or(0);
        let within = step["within"].as_u64().unwrap_or(after + PATIENCE);
        match step["expect"].as_str().unwrap() {
            "nothing" => self.expect_nothing(step["for"].as_u64().unwrap()),
            "open" => self.expect_open(after, within),
            "closed" => {
                let closed = |world: &World| world.links.last().is_some_and(|link| !link.open);
                let ended = self.world.wait(closed, within);
                self.ended_at = self.world.now;
                ended.then_some(()).ok_or_else(|| "the client did not close".to_owned())
            }
            event => self.expect_request(event, step, within),
        }
    }

    fn expect_nothing(&mut self, millis: u64) -> Outcome {
        let opened = self.opened;
        let something = move |world: &World| {
            let mut frames = world.links.iter().flat_map(|link| &link.frames);
            world.links.len() > opened || frames.any(|frame| !is_at_will(frame))
        };
        let did = self.world.wait(something, millis);
        if did { Err("the client did something".to_owned()) } else { Ok(()) }
    }

    fn expect_open(&mut self, after: u64, within: u64) -> Outcome {
        let known = self.opened;
        if !self.world.wait(|world| world.links.len() > known, within) {
            return Err("the client did not connect".to_owned());
        }
        self.opened = self.world.links.len();
        let waited = self.world.now - self.ended_at;
        if waited < after { Err(format!("back after {waited} ms")) } else { Ok(()) }
    }

    fn expect_request(&mut self, event: &str, step: &Value, within: u64) -> Outcome {
        let find = |world: &World| {
            world.links.last()?.frames.iter().position(|frame| frame["event"] == event)
        };
        self.world.wait(|world| find(world).is_some(), within);
        let Some(index) = find(&self.world) else {
            return Err(format!("it did not come; {:?}", self.world.links.last()));
        };
        let frame = self.world.links.last_mut().unwrap().frames.remove(index);
        self.request = frame.clone();
        let payload = &frame["payload"];
        if !matches(&step["with"], payload) && step.get("with").is_some() {
            return Err(format!("the client sent {frame}"));
        }
        let same_channels = |wanted: &Vec<Value>| {
            let wishes = wishes(payload);
            let asked = |one: &Value| wishes.iter().find(|wish| wish["channel"] == one["channel"]);
            wishes.len() == wanted.len()
                && wanted.iter().all(|one| asked(one).is_some_and(|wish| matches(one, wish)))
        };
        if step["channels"].as_array().is_some_and(|wanted| !same_channels(wanted)) {
            return Err(format!("the client asked for {payload}"));
        }
        for (key, same) in [("sameKeyAs", true), ("otherKeyThan", false)] {
            let Some(other) = step[key].as_str().map(|name| &self.named[name]) else { continue };
            if (payload["key"] == other["payload"]["key"]) != same {
                return Err(format!("the key is {}", payload["key"]));
            }
        }
        if let Some(name) = step["as"].as_str() {
            self.named.insert(name.to_owned(), frame);
        }
        Ok(())
    }

    fn told(&mut self, step: &Value) -> Outcome {
        let online = step["told"] == "online";
        let find = |world: &World| {
            world.told.iter().position(|told| {
                told["channel"] == step["channel"]
                    && told["ref"] == step["ref"]
                    && (online || told["told"] != "online")
            })
        };
        let within = step["within"].as_u64().unwrap_or(PATIENCE);
        self.world.wait(|world| find(world).is_some(), within);
        let Some(index) = find(&self.world) else { return Err("it was not told".to_owned()) };
        let told = self.world.told.remove(index);
        let as_wanted = step.get("with").is_none_or(|wanted| matches(wanted, &told));
        if told["told"] != step["told"] || !as_wanted {
            return Err(format!("the application was told {told}"));
        }
        Ok(())
    }

    fn reply(&mut self, step: &Value, mut body: Value) {
        let request = step["to"].as_str().map_or(&self.request, |name| &self.named[name]);
        body["id"] = request["id"].clone();
        self.world.say(&body.to_string());
    }

    /// Answers a `subscribe` in the form in which it was asked.
    fn joined(&mut self, step: &Value) {
        let request = step["to"].as_str().map_or(&self.request, |name| &self.named[name]);
        let given = step["joined"].as_array().unwrap();
        let entry = |wish: &Value| {
            let known = given.iter().find(|entry| entry["channel"] == wish["channel"]);
            let entry = known.cloned().unwrap_or_else(|| json!({"channel": wish["channel"]}));
            let mut whole = json!({"code": 200, "message": "no"});
            merge(&mut whole, &entry);
            whole
        };
        let payload = &request["payload"];
        let mut entries: Vec<Value> = wishes(payload).iter().map(entry).collect();
        let body = if payload["channels"].is_array() {
            json!({"code": 200, "message": "success", "data": {"channels": entries}})
        } else if entries[0]["code"] == 200 {
            json!({"code": 200, "message": "success", "data": entries.remove(0)})
        } else {
            refusal(&entries.remove(0))
        };
        self.reply(step, body);
    }

    fn end(&mut self, step: &Value) {
        if let Some(disconnect) = step.get("disconnect") {
            self.world.push("disconnect", disconnect);
        }
        self.ended_at = self.world.now;
        let code = step["close"].as_u64().map(|code| u16::try_from(code).unwrap());
        self.world.end(code);
    }
}

/// What a client may send whenever it wants.
fn is_at_will(frame: &Value) -> bool {
    frame["event"] == "ping"
}

fn refusal(with: &Value) -> Value {
    let mut body = json!({"message": "no", "data": null});
    merge(&mut body, with);
    body
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

fn wishes(payload: &Value) -> Vec<Value> {
    payload["channels"].as_array().cloned().unwrap_or_else(|| vec![payload.clone()])
}

/// Whether `actual` has all that `wanted` has: of an object its keys (`null`: absent or null), a
/// list as long and in its order, everything else equal.
fn matches(wanted: &Value, actual: &Value) -> bool {
    match (wanted, actual) {
        (Value::Object(wanted), Value::Object(actual)) => wanted
            .iter()
            .all(|(key, value)| matches(value, actual.get(key).unwrap_or(&Value::Null))),
        (Value::Array(wanted), Value::Array(actual)) => {
            wanted.len() == actual.len()
                && wanted.iter().zip(actual).all(|(wanted, actual)| matches(wanted, actual))
        }
        _ => wanted == actual,
    }
}
