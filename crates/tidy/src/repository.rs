//! The files of this repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold what others made, or what is made.
const NOT_OURS: [&str; 6] =
    ["target", "node_modules", ".git", "corpus", "artifacts", "rtmate-data"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file's text, by its path from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files with one of these endings, as paths from the root, in order.
pub(crate) fn files(endings: &[&str]) -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &root, endings, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no file ends in {endings:?}: the search is broken");
    found
}

fn collect(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(root, &path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

/// A crate of the workspace.
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its manifest, as a path from the root.
    pub(crate) manifest: String,
    /// What the manifest says.
    pub(crate) table: toml::Table,
}

impl Package {
    /// Names of dependencies in one section (`dependencies`, `dev-dependencies`, ...).
    pub(crate) fn dependencies(&self, section: &str) -> Vec<String> {
        let table = self.table.get(section).and_then(toml::Value::as_table);
        table.into_iter().flat_map(toml::Table::keys).cloned().collect()
    }
}

/// Every crate of the workspace, by the manifest's `members` (`crates/*` and the like).
pub(crate) fn packages() -> Vec<Package> {
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap();
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let mut packages = Vec::new();
    for member in members {
        let member = member.as_str().unwrap();
        let folders = match member.strip_suffix("/*") {
            Some(parent) => children(parent),
            None => vec![member.to_owned()],
        };
        packages.extend(folders.iter().filter_map(|folder| package(folder)));
    }
    assert!(packages.len() > 1, "no crates found: the search is broken");
    packages
}

fn children(parent: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(parent)).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| format!("{parent}/{}", name(entry.unwrap()))).collect()
}

fn package(folder: &str) -> Option<Package> {
    let manifest = format!("{folder}/Cargo.toml");
    let table: toml::Table = fs::read_to_string(root().join(&manifest)).ok()?.parse().unwrap();
    let name = table["package"]["name"].as_str().unwrap().to_owned();
    Some(Package { name, manifest, table })
}
