//! The demo app's secrets in the data directory.

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use bootstrap::demo_secrets::{DemoSecrets, FILE_NAME};
use jsonwebtoken::{Algorithm, DecodingKey};
use secrecy::ExposeSecret;

use crate::scratch::Scratch;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn they_are_made_once_and_for_this_user_alone() {
    let scratch = Scratch::new();
    let directory = scratch.path().join("deep/data");
    assert!(DemoSecrets::load(&directory).unwrap().is_none());
    let made = DemoSecrets::load_or_create(&directory).unwrap();
    let again = DemoSecrets::load_or_create(&directory).unwrap();
    assert_eq!(made.to_toml(), again.to_toml());
    assert_eq!((mode(&directory), mode(&directory.join(FILE_NAME))), (0o700, 0o600));
    assert_eq!(fs::read_to_string(directory.join(".gitignore")).unwrap(), "*\n");
    let names: HashSet<_> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing else is left behind: {names:?}");

    let all = [&made.jwt_secret, &made.pusher_secret, &made.operator_key];
    let all: HashSet<&str> = all.iter().map(|secret| secret.expose_secret()).collect();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|s| s.len() == 64 && s.bytes().all(|b| b.is_ascii_hexdigit())));
}

#[test]
fn threads_that_start_at_once_agree() {
    let scratch = Scratch::new();
    for round in 0..20 {
        let directory = scratch.path().join(round.to_string());
        let make = || DemoSecrets::load_or_create(&directory).unwrap().to_toml();
        let all: HashSet<String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(all.len(), 1);
    }
}

#[test]
fn processes_that_start_at_once_agree() {
    let scratch = Scratch::new();
    let start = |directory: &Path| {
        Command::new(env!("CARGO_BIN_EXE_rtmate"))
            .args(["token", "--client", "alice"])
            .current_dir(directory)
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    for round in 0..5 {
        let directory = scratch.path().join(round.to_string());
        fs::create_dir(&directory).unwrap();
        let children: Vec<_> = (0..4).map(|_| start(&directory)).collect();
        let tokens: Vec<_> = children.into_iter().map(token).collect();
        let data = directory.join("rtmate-data");
        let kept = DemoSecrets::load(&data).unwrap().unwrap();
        assert!(tokens.iter().all(|token| signed(token, &kept)), "one secret signed them all");
        assert_eq!(fs::read_dir(data).unwrap().count(), 2);
    }
}

/// What a process printed, alone.
fn token(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix('\n').unwrap().to_owned()
}

fn signed(token: &str, secrets: &DemoSecrets) -> bool {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let key = DecodingKey::from_secret(secrets.jwt_secret.expose_secret().as_bytes());
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::HS256).unwrap()
}

#[test]
fn a_damaged_file_is_named_and_not_shown() {
    let scratch = Scratch::new();
    scratch.write(FILE_NAME, "jwt_secret = \"abc\nunfinished");
    let error = DemoSecrets::load_or_create(scratch.path()).unwrap_err().to_string();
    assert!(error.starts_with("demo.toml is damaged") && !error.contains("abc"), "{error}");
}

#[test]
fn given_ones_are_all_the_same() {
    let given = "0123456789abcdef0123456789abcdef".to_owned().into();
    let secrets = DemoSecrets::from_given(&given);
    for secret in [&secrets.jwt_secret, &secrets.pusher_secret, &secrets.operator_key] {
        assert_eq!(secret.expose_secret(), given.expose_secret());
    }
}
