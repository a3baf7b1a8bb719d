//! A public address needs an app, and the five lines that are offered make one that works.

use bootstrap::settings::Flags;

use crate::scratch::Scratch;

fn public() -> Flags {
    Flags { listen: Some("0.0.0.0:3000".into()), ..Flags::default() }
}

#[test]
fn five_lines_mend_a_public_address() {
    let scratch = Scratch::new();
    let loaded = scratch.load(&[], &public()).unwrap_or_else(|line| panic!("{line}"));
    let refused = loaded.check_exposure().unwrap_err();
    let line = refused.to_string();
    assert!(line.starts_with("--listen: server.listen = \"0.0.0.0:3000\": "), "{line}");
    let mend = refused.mend().unwrap();
    assert_eq!(mend.lines().count(), 5, "{mend}");

    // Pasted into a file that has sections already, before or after them.
    for text in
        [mend.to_owned(), format!("[log]\nfilter = 'warn'\n{mend}"), format!("{mend}[log]\n")]
    {
        scratch.write("rtmate.toml", &text);
        let loaded = scratch.load(&[], &public()).unwrap_or_else(|line| panic!("{line}"));
        assert!(loaded.check_exposure().is_ok());
        let settings = loaded.settings;
        assert_eq!(settings.warnings, [""; 0], "{text}");
        assert!(!settings.demo.enabled);
        assert_eq!(settings.apps[0].id.as_str(), "my-app");
        assert_eq!(settings.apps[0].jwt_keys.len(), 1);
        assert_eq!(settings.apps[0].default_grants.len(), 1);
    }
}

#[test]
fn each_refusal_has_a_fresh_secret() {
    let mend = || {
        let loaded = Scratch::new().load(&[], &public()).unwrap_or_else(|line| panic!("{line}"));
        loaded.check_exposure().unwrap_err().mend().unwrap().to_owned()
    };
    assert_ne!(mend(), mend());
}

#[test]
fn only_a_loopback_address_is_private() {
    for (address, private) in [
        ("127.0.0.1:3000", true),
        ("127.9.9.9:0", true),
        ("[::1]:3000", true),
        ("[::ffff:127.0.0.1]:3000", true),
        ("0.0.0.0:3000", false),
        ("[::]:3000", false),
        ("192.168.1.2:3000", false),
    ] {
        let flags = Flags { listen: Some(address.into()), ..Flags::default() };
        let loaded = Scratch::new().load(&[], &flags).unwrap_or_else(|line| panic!("{line}"));
        assert_eq!(loaded.check_exposure().is_ok(), private, "{address}");
    }
}

#[test]
fn the_demo_alone_is_no_app_for_others() {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", "[demo]\nenabled = true\n");
    let loaded = scratch.load(&[], &public()).unwrap_or_else(|line| panic!("{line}"));
    assert!(loaded.check_exposure().is_err());
}
