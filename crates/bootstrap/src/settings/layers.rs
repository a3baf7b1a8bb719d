//! The layers, from the weakest to the strongest: annotated default, file, environment, flags.

use std::{
    io,
    path::{Path, PathBuf},
};

use config::{Config, ConfigError, Map, Source, Value, ValueKind};

use super::{
    environment,
    problem::Refused,
    surroundings::Surroundings,
    toml_file::{self, Origin},
    tree::{self, Tree},
};

/// The annotated default; `rtmate config default` prints it.
pub const DEFAULT_TOML: &str = include_str!("../../default.toml");

/// The file that is read from the working directory if it is there.
pub const FILE_NAME: &str = "rtmate.toml";

/// The origin of what nobody set.
pub(crate) const DEFAULT: &str = "default";

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`: must exist; without it `rtmate.toml` may.
    pub file: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--ephemeral`.
    pub ephemeral: bool,
}

/// The merged layers and their names.
pub(crate) struct Layers {
    /// Everything.
    pub(crate) tree: Tree,
    /// What was read, in order.
    pub(crate) sources: Vec<String>,
    /// The folder of the file: `secret_file` and its like are relative to it.
    pub(crate) folder: PathBuf,
}

/// Reads and merges.
///
/// # Errors
/// A file that can't be read, is no TOML, or a variable that sets nothing known.
pub(crate) fn read(flags: &Flags, surroundings: &Surroundings) -> Result<Layers, Refused> {
    let mut layers = vec![Layer(toml_file::parse(DEFAULT_TOML, Origin::Fixed(DEFAULT))?)];
    let mut sources = vec![DEFAULT.to_owned()];
    let mut folder = surroundings.resolve(Path::new(""));
    if let Some(file) = File::read(flags, surroundings)? {
        layers.push(Layer(toml_file::parse(&file.text, Origin::Lines(&file.name))?));
        folder = file.folder;
        sources.push(file.name);
    }
    for variable in environment::read(surroundings)? {
        layers.push(Layer(variable.values));
        sources.push(variable.name);
    }
    for (flag, values) in flag_layers(flags) {
        layers.push(values);
        sources.push(flag.to_owned());
    }
    Ok(Layers { tree: Tree::new(merge(layers)?), sources, folder })
}

fn merge(layers: Vec<Layer>) -> Result<Value, Refused> {
    let builder = Config::builder();
    let builder = layers.iter().fold(builder, |builder, layer| builder.add_source(layer.clone()));
    let mut merged = builder.build().map_err(|error| Refused::new(error.to_string()))?.cache;
    for layer in &layers {
        stamp(&mut merged, &layer.0);
    }
    Ok(merged)
}

/// Merging leaves tables without an origin; they get that of the strongest layer that has them.
fn stamp(merged: &mut Value, layer: &Map<String, Value>) {
    let Some(merged) = tree::table_mut(merged) else { return };
    for (key, value) in layer {
        if let (ValueKind::Table(below), Some(table)) = (&value.kind, merged.get_mut(key))
            && matches!(table.kind, ValueKind::Table(_))
        {
            let origin = value.origin().map(str::to_owned);
            *table = Value::new(origin.as_ref(), std::mem::take(&mut table.kind));
            stamp(table, below);
        }
    }
}

/// A layer whose values carry their own origins.
#[derive(Debug, Clone)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

struct File {
    name: String,
    text: String,
    folder: PathBuf,
}

impl File {
    /// The file of `--config`, which must be there, or else the one of the working directory.
    fn read(flags: &Flags, surroundings: &Surroundings) -> Result<Option<Self>, Refused> {
        let given = flags.file.as_deref();
        let name = given.unwrap_or(Path::new(FILE_NAME));
        let path = surroundings.resolve(name);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && given.is_none() => {
                return Ok(None);
            }
            Err(error) => {
                let flag = if given.is_some() { "--config: " } else { "" };
                return Err(Refused::new(format!("{flag}{}: {error}", name.display())));
            }
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Some(Self { name: name.display().to_string(), text, folder }))
    }
}

fn flag_layers(flags: &Flags) -> Vec<(&'static str, Layer)> {
    let mut layers = Vec::new();
    let mut add = |flag: &'static str, path: &str, kind: ValueKind| {
        let value = Value::new(Some(&flag.to_owned()), kind);
        layers.push((flag, Layer(Map::from_iter([(path.to_owned(), value)]))));
    };
    if let Some(listen) = &flags.listen {
        add("--listen", "server.listen", listen.as_str().into());
    }
    if flags.ephemeral {
        add("--ephemeral", "store.ephemeral", true.into());
    }
    layers
}
