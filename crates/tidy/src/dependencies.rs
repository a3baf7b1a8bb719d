//! Who may depend on whom: `domain <- application <- adapters-* <- bootstrap`.

use std::{collections::BTreeSet, process::Command};

use crate::{
    repository::{self, Package, packages},
    rule::Rule,
};

/// What a crate may use of ours, besides in its tests. Nothing for a crate without a place.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "domain" | "websocket" | "json-writer" | "tidy" | "bench" => Some(&[]),
        "application" | "client" => Some(&["domain"]),
        "listener" => Some(&["domain", "application"]),
        _ if name.starts_with("protocol-") => Some(&["domain", "application", "json-writer"]),
        // Two of its surfaces belong to a protocol whose words are there.
        "adapters-http" | "adapters-webhook" => {
            Some(&["domain", "application", "protocol-pusher", "event-json", "json-writer"])
        }
        "event-json" => Some(&["domain", "json-writer"]),
        _ if name.starts_with("adapters-") => Some(&["domain", "application", "event-json"]),
        _ => None,
    }
}

/// Crates that bring everything together.
const WIRES: [&str; 3] = ["bootstrap", "planted", "testkit"];

/// Dependencies beyond the direction, each with its reason.
const EXEMPT: [(&str, &str, &str); 4] = [
    (
        "adapters-ws",
        "listener",
        "an upgraded socket is the listener's `Io`, and a request's other end its `Arrival`; both \
         HTTP adapters need the second, so it is a crate below them (ADR 0003)",
    ),
    ("adapters-http", "listener", "a request's other end is the listener's `Arrival` (ADR 0003)"),
    ("adapters-ws", "websocket", "the codec of its frames, which knows nothing of ours (ADR 0002)"),
    ("bench", "websocket", "the floor server must read frames at the same cost as RTMate"),
];

/// Packages that stay out of the inner crates.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    (
        "domain",
        &[
            "tokio",
            "axum",
            "hyper",
            "hyper-util",
            "http",
            "reqwest",
            "jsonwebtoken",
            "tracing",
            "async-trait",
            "config",
        ],
    ),
    (
        "application",
        &[
            "axum",
            "hyper",
            "hyper-util",
            "http",
            "reqwest",
            "jsonwebtoken",
            "tracing",
            "serde_json",
            "config",
        ],
    ),
];

/// Other crypto providers, and what brings them in.
const OTHER_CRYPTO: [&str; 4] = ["ring", "openssl", "openssl-sys", "native-tls"];

fn wires(package: &Package) -> bool {
    WIRES.contains(&package.name.as_str()) || package.manifest.starts_with("examples/")
}

#[test]
fn dependencies_point_inwards() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut rule = Rule::new(
        "domain <- application <- adapters-* <- bootstrap; adapters do not know each other",
        "move what both need into a crate further in, or add an exemption with its reason and an \
         ADR to crates/tidy/src/dependencies.rs",
    );
    for package in packages.iter().filter(|package| !wires(package)) {
        let Some(allowed) = allowed(&package.name) else {
            rule.broken_by(format!("{}: has no place in `allowed`", package.name));
            continue;
        };
        let used = ["dependencies", "build-dependencies"]
            .iter()
            .flat_map(|section| package.dependencies(section));
        for used in used.filter(|used| ours.contains(used.as_str())) {
            let exempt = EXEMPT.iter().any(|(user, to, _)| *user == package.name && *to == used);
            rule.demand(allowed.contains(&used.as_str()) || exempt, || {
                format!("{} uses {used}", package.manifest)
            });
        }
    }
    rule.judge();
}

/// The feature `planted` puts bugs into crates.
#[test]
fn bugs_are_planted_for_tests_alone() {
    let mut rule = Rule::new(
        "only the crate `planted` builds others with the feature `planted`",
        "ask for the feature in that crate, or in dev-dependencies",
    );
    for package in packages().iter().filter(|package| package.name != "planted") {
        let used = package.table.get("dependencies").and_then(toml::Value::as_table);
        for (name, how) in used.into_iter().flatten() {
            let features = how.get("features").and_then(toml::Value::as_array);
            let planted =
                features.is_some_and(|list| list.iter().any(|one| one.as_str() == Some("planted")));
            rule.demand(!planted, || format!("{}: {name}", package.manifest));
        }
        let features = package.table.get("features").and_then(toml::Value::as_table);
        let usual = features.and_then(|features| features.get("default"));
        rule.demand(usual.is_none_or(|usual| !format!("{usual:?}").contains("planted")), || {
            format!("{}: default features", package.manifest)
        });
    }
    rule.judge();
}

#[test]
fn exemptions_are_still_needed() {
    let packages = packages();
    let mut rule = Rule::new(
        "an exemption stands for a dependency that is there",
        "remove it from EXEMPT in crates/tidy/src/dependencies.rs",
    );
    for (user, used, reason) in EXEMPT {
        let there = packages.iter().any(|package| {
            package.name == user && package.dependencies("dependencies").iter().any(|d| d == used)
        });
        rule.demand(there && !reason.is_empty(), || format!("{user} -> {used}"));
    }
    rule.judge();
}

#[test]
fn the_inner_crates_know_no_technology() {
    let packages = packages();
    let mut rule = Rule::new(
        "no runtime, network, HTTP or token library in domain and application",
        "put a port into application/src/ports and the library into an adapter",
    );
    for (name, forbidden) in FORBIDDEN {
        let package = packages.iter().find(|package| package.name == name).unwrap();
        for used in package.dependencies("dependencies") {
            rule.demand(!forbidden.contains(&used.as_str()), || format!("{name} uses {used}"));
        }
    }
    rule.judge();
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    let mut rule = Rule::new(
        "one set of lints for all crates",
        "add [lints] workspace = true to the manifest",
    );
    for package in packages() {
        let lints = package.table.get("lints").and_then(|lints| lints.get("workspace"));
        rule.demand(lints.and_then(toml::Value::as_bool) == Some(true), || package.manifest);
    }
    rule.judge();
}

/// `Cargo.lock` also names what optional features could bring in, so the tree that is built is
/// asked.
#[test]
fn there_is_one_crypto_provider() {
    let mut rule = Rule::new(
        "aws-lc-rs is the only crypto provider",
        "trim the features of what brings the other one in: `cargo tree -i NAME -e all` shows it",
    );
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--workspace", "--locked", "--offline", "--edges", "normal,build,dev"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(repository::root())
        .output()
        .unwrap();
    let built = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(built.contains("aws-lc-rs v"), "cargo tree is not understood:\n{built}");
    for name in OTHER_CRYPTO {
        let there = built.lines().any(|line| line.starts_with(&format!("{name} v")));
        rule.demand(!there, || name.to_owned());
    }
    rule.judge();
}
