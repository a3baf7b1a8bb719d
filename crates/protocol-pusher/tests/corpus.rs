//! Replays the inputs of the fuzz target `pusher`.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

#[path = "../../../fuzz/src/pusher.rs"]
#[expect(unreachable_pub, reason = "the fuzzer uses it as a crate does")]
mod check;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/pusher")
}

#[test]
fn every_input_of_the_corpus_passes() {
    let mut inputs = 0;
    for entry in fs::read_dir(corpus()).expect("the corpus is part of the repository") {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check::check(&fs::read(path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 0, "fuzz/corpus/pusher is empty");
}

#[test]
fn the_corpus_holds_every_seed() {
    for (name, data) in seeds() {
        let held = fs::read(corpus().join(&name)).ok();
        let mend = "cargo test -p protocol-pusher --test corpus -- --ignored";
        assert!(held == Some(data), "{name} is missing or old; write it with: {mend}");
    }
}

#[test]
#[ignore = "writes the seeds into the repository"]
fn write_seeds() {
    fs::create_dir_all(corpus()).unwrap();
    for (name, data) in seeds() {
        fs::write(corpus().join(name), data).unwrap();
    }
}

/// The golden requests, for the fuzzer to start from.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/requests");
    let files = fs::read_dir(folder).expect("the golden requests are part of the repository");
    let paths = files.map(|file| file.unwrap().path());
    let requests =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let seed = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap().trim_ascii_end().to_vec())
    };
    requests.map(seed).collect()
}
