//! Frames of the native protocol in short.

use serde_json::Value;

/// A frame in short, for a test to compare: `#7 200`, `401 token 已过期` (a reply without an id
/// has no reason), `#8 403 permission_denied`, `message chat:lobby "hi"`, `memberJoined chat:lobby alice 3`,
/// `disconnect 4005`.
#[must_use]
pub fn gist(frame: &Value) -> String {
    match frame["code"].as_u64() {
        Some(code) => reply(code, frame),
        None => push(frame["event"].as_str().unwrap_or("?"), &frame["payload"]),
    }
}

fn reply(code: u64, frame: &Value) -> String {
    let mut words = Vec::new();
    if let Some(id) = frame.get("id") {
        words.push(format!("#{}", plain(id)));
    }
    words.push(code.to_string());
    match frame["data"]["channels"].as_array() {
        Some(items) => words.push(format!("[{}]", each(items))),
        None if code == 200 => words.extend(stream(&frame["data"])),
        None => words.push(plain(frame.get("reason").unwrap_or(&frame["message"]))),
    }
    words.join(" ")
}

/// What a reply gives of a stream: `recovered @7 ["a","b"]`.
fn stream(data: &Value) -> Option<String> {
    let messages = data["messages"].as_array()?;
    let said: Vec<_> = messages.iter().map(|message| message["data"].to_string()).collect();
    let recovered = match data["recovered"].as_bool() {
        None => "",
        Some(true) => "recovered ",
        Some(false) => "not recovered ",
    };
    Some(format!("{recovered}@{} [{}]", data["offset"], said.join(",")))
}

/// The entries of a reply for many channels.
fn each(items: &[Value]) -> String {
    let gist = |item: &Value| {
        let named = item.get("reason").or(item.get("channel")).map_or_else(String::new, plain);
        format!("{} {named}", item["code"])
    };
    items.iter().map(gist).collect::<Vec<_>>().join(", ")
}

fn push(event: &str, payload: &Value) -> String {
    let mut words = vec![event.to_owned()];
    let said = [
        "channel",
        "data",
        "client",
        "count",
        "version",
        "code",
        "reason",
        "expiresAt",
        "retryAfterMs",
    ];
    // The number of a close says its reason, too.
    let said = said.iter().filter(|key| !(**key == "reason" && event == "disconnect"));
    for value in said.filter_map(|key| payload.get(key)) {
        words.push(if value.is_string() && payload.get("data") == Some(value) {
            value.to_string()
        } else {
            plain(value)
        });
    }
    if event == "position" {
        words.push(format!("@{}", payload["offset"]));
    }
    if payload["resubscribe"] == true {
        words.push("resubscribe".to_owned());
    }
    words.join(" ")
}

/// Text without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
