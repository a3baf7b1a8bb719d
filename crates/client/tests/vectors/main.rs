//! The conformance vectors of `sdk/conformance`, played through the machine with a clock of the
//! test's own.
//!
//! `player` reads the steps, `world` is the machine with what it acts on, `telling` is what an
//! application is told.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod player;
mod telling;
mod world;

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use player::Player;
use world::World;

/// What this client does of what an SDK may do one way or the other.
const FEATURES: [&str; 1] = ["no-refill"];

#[derive(Deserialize)]
struct Chapter {
    vectors: Vec<Vector>,
}

/// One script.
#[derive(Deserialize)]
struct Vector {
    name: String,
    #[serde(default)]
    tokens: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    /// It needs bytes, and there are none here.
    #[serde(default)]
    wire: bool,
    steps: Vec<Value>,
}

fn play(vector: &Vector) -> Result<(), String> {
    let mut player = Player::new(World::new(vector.tokens.clone()));
    for (index, step) in vector.steps.iter().enumerate() {
        let at = |why| format!("step {} of \"{}\" {step}: {why}", index + 1, vector.name);
        player.step(step).map_err(at)?;
    }
    player.nothing_left().map_err(|why| format!("\"{}\": {why}", vector.name))
}

fn chapter(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/conformance/vectors");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let chapter: Chapter = serde_json::from_str(&text).unwrap();
    let fits = |vector: &&Vector| {
        !vector.wire && vector.needs.iter().all(|need| FEATURES.contains(&need.as_str()))
    };
    let failures: Vec<String> =
        chapter.vectors.iter().filter(fits).filter_map(|vector| play(vector).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn connection() {
    chapter("connection.json");
}

#[test]
fn channels() {
    chapter("channels.json");
}

#[test]
fn sends() {
    chapter("sends.json");
}

#[test]
fn a_vector_that_is_not_kept_fails() {
    let steps = r#"[{"do": "connect"}, {"enter": {}}, {"expect": "messageSend"}]"#;
    let steps = serde_json::from_str(steps).unwrap();
    let name = String::new();
    let vector = Vector { name, tokens: Vec::new(), needs: Vec::new(), wire: false, steps };
    assert!(play(&vector).unwrap_err().contains("it did not come"));
}
