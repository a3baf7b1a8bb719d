//! Replays the inputs of the fuzz target `token`.

#[path = "../../../fuzz/src/token.rs"]
#[expect(unreachable_pub, reason = "the fuzzer uses it as a crate does")]
mod check;

use std::{fs, path::PathBuf};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/token")
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
    assert!(inputs > 0, "fuzz/corpus/token is empty");
}

#[test]
fn the_corpus_holds_every_seed() {
    for (name, data) in seeds() {
        let held = fs::read(corpus().join(name)).ok();
        let mend = "cargo test -p adapters-jwt --test corpus -- --ignored";
        assert_eq!(held, Some(data), "{name} is missing or old; write it with: {mend}");
    }
}

/// Else the fuzzer would begin far away from what is behind a good signature.
#[test]
fn good_tokens_are_among_the_seeds() {
    let taken = seeds().into_iter().filter(|(_, data)| check::signed(data).is_ok());
    assert_eq!(taken.map(|(name, _)| name).collect::<Vec<_>>(), ["minimal", "full"]);
}

#[test]
#[ignore = "writes the seeds into the repository"]
fn write_seeds() {
    fs::create_dir_all(corpus()).unwrap();
    for (name, data) in seeds() {
        fs::write(corpus().join(name), data).unwrap();
    }
}

/// One input for each rule, for the fuzzer to start from.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let usual = r#"{"alg":"HS256","typ":"JWT"}"#;
    let claims =
        |more: &str| format!(r#"{{"app_id":"fuzz","client_id":"alice","exp":1900000000{more}}}"#);
    let seed = |header: &str, claims: &str| format!("{header}\n{claims}").into_bytes();
    let full = r##","iat":1700000000.5,"nbf":1700000000,"jti":"t","caps":{"a:*":["send","history"],
        "#{client}":[]},"channels":["news","a:b"],"info":{"n":1.50,"s":"\ud83d\ude00"}"##;
    vec![
        ("token-of-nobody", b"eyJhbGciOiJIUzI1NiJ9.e30.AAAA".to_vec()),
        ("token-of-no-algorithm", b"eyJhbGciOiJub25lIn0.e30.".to_vec()),
        ("token-of-two-parts", b"eyJhbGciOiJIUzI1NiJ9.e30".to_vec()),
        ("minimal", seed(usual, &claims(""))),
        ("full", seed(usual, &claims(full))),
        ("expired", seed(usual, r#"{"exp":-1.5e300}"#)),
        ("milliseconds", seed(usual, r#"{"exp":1900000000000}"#)),
        ("claim-twice", seed(usual, &claims(r#","e\u0078p":1"#))),
        ("client-wildcard", seed(usual, r#"{"app_id":"fuzz","client_id":"*","exp":1900000000}"#)),
        ("other-app", seed(usual, r#"{"app_id":"Fuzz","client_id":"a","exp":1900000000}"#)),
        ("reserved-channel", seed(usual, &claims(r##","channels":["#x"]"##))),
        ("unknown-action", seed(usual, &claims(r#","caps":{"a":["fly"]}"#))),
        ("lone-surrogate", seed(usual, &claims(r#","info":"\udc00""#))),
        ("no-object", seed(usual, "[]")),
        ("critical", seed(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, &claims(""))),
        ("kid", seed(r#"{"alg":"HS256","kid":"k"}"#, &claims(""))),
        ("algorithm-twice", seed(r#"{"alg":"HS256","alg":"none"}"#, &claims(""))),
        ("other-algorithm", seed(r#"{"alg":"ES256"}"#, &claims(""))),
    ]
}
