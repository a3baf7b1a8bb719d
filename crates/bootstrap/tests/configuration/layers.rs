//! The stronger layer wins, value by value.

use bootstrap::settings::Flags;

use crate::scratch::Scratch;

fn listen(text: &str, environment: &[(&str, &str)], flag: Option<&str>) -> (String, Vec<String>) {
    let scratch = Scratch::new();
    if !text.is_empty() {
        scratch.write("rtmate.toml", text);
    }
    let flags = Flags { listen: flag.map(str::to_owned), ..Flags::default() };
    let loaded = scratch.load(environment, &flags).unwrap_or_else(|line| panic!("{line}"));
    (loaded.settings.server.listen.to_string(), loaded.sources)
}

#[test]
fn each_layer_is_stronger_than_the_one_before() {
    let file = "[server]\nlisten = '127.0.0.1:1'\n";
    let variable = [("RTMATE__SERVER__LISTEN", "127.0.0.1:2")];
    assert_eq!(listen("", &[], None).0, "127.0.0.1:3000");
    assert_eq!(listen(file, &[], None).0, "127.0.0.1:1");
    assert_eq!(listen(file, &variable, None).0, "127.0.0.1:2");
    let (address, sources) = listen(file, &variable, Some("127.0.0.1:4"));
    assert_eq!(address, "127.0.0.1:4");
    assert_eq!(sources, ["default", "rtmate.toml", "RTMATE__SERVER__LISTEN", "--listen"]);
}

#[test]
fn a_layer_leaves_the_other_keys_of_a_section_alone() {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", "[limits]\nconnections = 7\n");
    let environment = [("RTMATE__LIMITS__FRAME", "1MiB"), ("RTMATE__DEBUG__ECHO", "true")];
    let flags = Flags { ephemeral: true, ..Flags::default() };
    let settings =
        scratch.load(&environment, &flags).unwrap_or_else(|line| panic!("{line}")).settings;
    assert_eq!(settings.limits.connections, 7);
    assert_eq!(settings.limits.frame_bytes, 1 << 20);
    assert_eq!(settings.limits.unauthenticated, 10_000);
    assert!(settings.debug.echo && settings.store.ephemeral);
}

#[test]
fn variables_of_others_are_left_alone() {
    let others = [("RTMATE_PORT", "tcp://10.0.0.1:3000"), ("RTMATE", "x"), ("XRTMATE__LOG", "x")];
    assert!(Scratch::new().load(&others, &Flags::default()).is_ok());
}

#[test]
fn a_file_of_another_place_brings_its_secrets_along() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path().join("etc")).unwrap();
    scratch.write("etc/app.secret", "0123456789abcdef0123456789abcdef\n");
    scratch.write("rtmate.toml", "this is not TOML and is not read");
    scratch.write(
        "etc/other.toml",
        "[[apps]]\nid = 'a'\n[[apps.jwt_keys]]\nalg = 'HS256'\nsecret_file = 'app.secret'\n",
    );
    let flags = Flags { file: Some("etc/other.toml".into()), ..Flags::default() };
    let loaded = scratch.load(&[], &flags).unwrap_or_else(|line| panic!("{line}"));
    assert_eq!(loaded.settings.apps.len(), 1);
    assert_eq!(loaded.sources, ["default", "etc/other.toml"]);
}
