//! From a description and a data source to everything that training, export and evaluation read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::build::build;
use crate::data::Source;
use crate::features::{FeatureSet, Order};
use crate::frontends::{self, Frontend};
use crate::graph::{Graph, Trained};
use crate::aligned::Aligned;
use crate::export::assemble;
use crate::lower::lower;
use crate::presets;
use crate::score;
use crate::spec::{self, Spec};
use crate::task::{Part, TaskData};

/// A description joined with its data.
#[derive(Debug)]
pub struct Prepared {
    /// The description.
    pub spec: Spec,
    /// Its text, kept beside the model.
    pub text: String,
    /// Where the data come from.
    pub source: Source,
    /// The samples.
    pub data: TaskData,
    /// Which inputs and heads of the task are used.
    pub order: Order,
    /// Fitted to the training part.
    pub frontends: Vec<Frontend>,
    /// The network.
    pub graph: Graph,
}

/// What training leaves beside a model file, so that float and fixed-point figures can be shown side by side later.
#[derive(Debug, Serialize, Deserialize)]
pub struct Companion {
    /// The description's text.
    pub text: String,
    /// The description's name in errors: the preset or the file.
    pub origin: String,
    /// Trained numbers.
    pub trained: Trained,
}

impl Prepared {
    /// Parses a description, loads its data and fits its frontends.
    pub fn new(text: &str, origin: &str, source: Source) -> Result<Self> {
        let spec = spec::parse(text, origin)?;
        let data = TaskData::load(spec.task, &source)?;
        let order = Order::new(&spec, &data)?;
        let frontends = frontends::fit(&spec, &data).with_context(|| origin.to_owned())?;
        let graph = build(&spec, &frontends::facts(&spec, &frontends, &data)).map_err(|e| anyhow!("{origin}: {e}"))?;
        Ok(Prepared { spec, text: text.to_owned(), source, data, order, frontends, graph })
    }

    /// Features of the first `limit` samples of a part, spread evenly over it.
    pub fn features(&self, part: Part, limit: Option<usize>) -> Result<FeatureSet> {
        let numbers = spread(self.data.len(part), limit);
        FeatureSet::make(&self.data, part, &numbers, &self.frontends, &self.order)
    }

    /// The model file of trained numbers, checked by loading it.
    pub fn export(&self, trained: &Trained, model_version: u32) -> Result<Vec<u8>> {
        let mut lowered = lower(&self.graph, trained, &self.frontends).map_err(|e| anyhow!("{}: {e}", self.spec.name))?;
        lowered.model_version = model_version;
        let file = assemble(&lowered);
        score::load(&Aligned::from(file.as_slice()))?;
        Ok(file)
    }

    /// The heads that a model file has, as indices into the description's heads.
    pub fn exported_heads(&self) -> Vec<usize> {
        (0..self.spec.heads.len()).filter(|&h| !self.spec.heads[h].auxiliary).collect()
    }
}

/// `limit` of `len` numbers, evenly spaced; all where there is no limit.
pub fn spread(len: usize, limit: Option<usize>) -> Vec<usize> {
    let count = limit.unwrap_or(len).min(len);
    (0..count).map(|i| i * len / count).collect()
}

/// The text of a preset, or of a file where there is no preset of this name.
pub fn description(name: &str) -> Result<(String, String)> {
    if let Some(preset) = presets::find(name) {
        return Ok((preset.text.to_owned(), format!("preset {name}")));
    }
    let path = Path::new(name);
    if path.extension().is_none_or(|e| e != "toml") {
        bail!("no preset `{name}`; there are {}. A description of your own is named by its file, NAME.toml", preset_names());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{name}: cannot be read"))?;
    Ok((text, name.to_owned()))
}

/// The names of all presets, for messages.
pub fn preset_names() -> String {
    presets::PRESETS.map(|preset| preset.name).join(", ")
}

/// Where the companion of a model file lies.
pub fn companion_path(model: &Path) -> PathBuf {
    model.with_extension("trained")
}

impl Companion {
    /// Reads the companion of a model file; `None` where there is none.
    pub fn read(model: &Path) -> Result<Option<Self>> {
        let path = companion_path(model);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let companion = postcard::from_bytes(&bytes);
        let companion = companion.map_err(|_| anyhow!("{}: is not what `tillsense train` writes; train again", path.display()))?;
        Ok(Some(companion))
    }
}
