//! The Rust that the project promises to build with is one that its dependencies build with.

use std::process::Command;

use crate::{
    repository::{read, root},
    rule::Rule,
};

/// `1.89` and `1.89.0` as numbers that compare.
fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap()).collect();
    parts.resize(3, 0);
    parts
}

fn promised() -> String {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    manifest["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned()
}

/// The system that this runs on, as rustc names it.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

#[test]
fn no_dependency_needs_a_newer_rust() {
    let mut rule = Rule::new(
        "no dependency needs a newer Rust than rust-version of the workspace",
        "raise rust-version and both READMEs, or take an older version of the dependency",
    );
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        // What other systems would bring in is not downloaded here.
        .args(["--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ours = version(&promised());
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "cargo metadata is not understood");
    for package in packages {
        let Some(needs) = package["rust_version"].as_str() else { continue };
        rule.demand(version(needs) <= ours, || format!("{} needs {needs}", package["name"]));
    }
    rule.judge();
}

#[test]
fn the_readmes_name_it() {
    let mut rule =
        Rule::new("the READMEs name rust-version of the workspace", "correct the READMEs");
    for path in ["README.md", "README.zh-CN.md"] {
        let named = read(path).contains(&format!("Rust {} ", promised()));
        rule.demand(named, || path.to_owned());
    }
    rule.judge();
}
