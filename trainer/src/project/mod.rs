//! Joins a description with a data source, for training, export and evaluation.

mod description;
mod open;
mod place;
mod scoring;
mod source;

use anyhow::{Result, ensure};
pub use description::{description, model_path, preset_meant, preset_names};
pub use open::{Opened, open, open_on, read};
pub use place::{checkpoint_path, prepare_output, write};
use serde::Deserialize;
pub use source::{ModelSource, OnDisk, name as network_name};
use tillsense_compiler::cost::Needs;
use tillsense_compiler::frontend::{Frontend, Taken};
use tillsense_compiler::lower::file::make;
use tillsense_compiler::lower::untrained::{require_exportable, untrained};
use tillsense_compiler::network::builder::{BuildError, build};
use tillsense_compiler::network::description::{Spec, SpecError, parse};
use tillsense_compiler::network::graph::{Graph, Trained};
use tillsense_compiler::run::sample::Sample;
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::trained::{TrainedFile, TrainedOn};
use tillsense_core::engine::Model;
use tillsense_device::bench::Counter;
use toml::Spanned;

use crate::data::dataset::{Dataset, Subset};
use crate::data::features::{FeatureSet, TrainingSet};
use crate::data::input_map::InputMap;
use crate::data::intake::feed;
use crate::data::{DataSource, fit, spread};

/// A description joined with its data.
#[derive(Debug)]
pub struct Prepared {
    /// The description.
    pub spec: Spec,
    /// Text of the description, kept beside the model.
    pub text: String,
    /// The data source.
    pub source: DataSource,
    /// The data that the model at hand was trained on, where that is known and they differ from these.
    pub foreign_to: Option<TrainedOn>,
    /// The samples of the task.
    pub data: Dataset,
    /// The inputs and heads of the task that the description uses.
    pub order: InputMap,
    /// Frontends, fitted to the training part.
    pub frontends: Vec<Frontend>,
    /// The network.
    pub graph: Graph,
}

impl Prepared {
    /// Parses a description, loads its data and fits its frontends.
    pub fn new(text: &str, origin: &str, mut source: DataSource) -> Result<Self> {
        let (spec, data) = joined(text, origin, &mut source)?;
        let place = |fault: BuildError| place(text, origin, fault);
        let order = InputMap::new(&spec, &data).map_err(place)?;
        let frontends = fit::fit(&spec, &data).map_err(place)?;
        let graph = build(&spec, &fit::facts(&spec, &frontends, &data)).map_err(place)?;
        Ok(Prepared {
            spec,
            text: text.to_owned(),
            source,
            foreign_to: None,
            data,
            order,
            frontends,
            graph,
        })
    }

    /// Joins a trained network, with its own frontends, with data: those that it was trained on, or others.
    pub fn of_trained(file: &TrainedFile, mut source: DataSource) -> Result<Self> {
        let (text, origin) = (&file.text, &file.origin);
        let (spec, data) = joined(text, origin, &mut source)?;
        let place = |fault: BuildError| place(text, origin, fault);
        let order = InputMap::new(&spec, &data).map_err(place)?;
        let (own, given) = (file.facts(&spec), fit::facts(&spec, &file.frontends, &data));
        for head in &spec.heads {
            ensure!(
                own.heads.get(&head.name) == given.heads.get(&head.name),
                "{origin}: the data have other classes of `{}` than those that the model was trained on",
                head.name
            );
        }
        let mut prepared = Prepared {
            graph: build(&spec, &own).map_err(place)?,
            text: text.clone(),
            frontends: file.frontends.clone(),
            foreign_to: None,
            spec,
            source,
            data,
            order,
        };
        let here = prepared.trained_on();
        prepared.foreign_to = Some(file.data).filter(|own| *own != here);
        Ok(prepared)
    }

    /// Takes another description of the same task, inputs and heads, without loading the data again. Returns whether the
    /// frontends, and with them all features, are still the same.
    pub fn redescribe(&mut self, text: &str, origin: &str) -> Result<bool> {
        let spec = parse(text, origin)?;
        let place = |fault: BuildError| place(text, origin, fault);
        let order = InputMap::new(&spec, &self.data).map_err(place)?;
        let sources = |spec: &Spec| -> Vec<_> {
            let inputs = spec.inputs.iter();
            inputs.map(|i| (i.name.clone(), i.source.clone())).collect()
        };
        let same = order == self.order && sources(&spec) == sources(&self.spec);
        let fitted = match same {
            true => None,
            false => Some(fit::fit(&spec, &self.data).map_err(place)?),
        };
        let frontends = fitted.as_ref().unwrap_or(&self.frontends);
        let facts = fit::facts(&spec, frontends, &self.data);
        self.graph = build(&spec, &facts).map_err(place)?;
        (self.spec, self.order) = (spec, order);
        text.clone_into(&mut self.text);
        if let Some(fitted) = fitted {
            self.frontends = fitted;
        }
        Ok(same)
    }

    /// A sample as a terminal takes it, see [`crate::data::intake`]. The inputs are in the task's order.
    pub fn sample(&self, part: Subset, number: usize) -> Sample<'_> {
        self.fed(part, number).0
    }

    /// A sample as a terminal takes it, and how much is taken of each of the description's inputs.
    pub fn fed(&self, part: Subset, number: usize) -> (Sample<'_>, Vec<Taken>) {
        let sample = self.data.sample(part, number);
        feed(sample, &self.frontends, &self.order)
    }

    /// The facts that identify the data.
    pub fn trained_on(&self) -> TrainedOn {
        TrainedOn {
            generated: self.source.is_synthetic(),
            digest: self.data.digest(),
        }
    }

    /// The data in words, for every table: their origin, and whether the model at hand was trained on others.
    pub fn data_words(&self) -> String {
        match &self.foreign_to {
            None => self.source.to_string(),
            Some(own) => format!("{}, not the {own} it was trained on", self.source),
        }
    }

    /// Features of the first `limit` samples of a part, spread evenly over it.
    pub fn features(&self, part: Subset, limit: Option<usize>) -> Result<FeatureSet> {
        let numbers = spread(self.data.len(part), limit);
        FeatureSet::make(&self.data, part, &numbers, &self.frontends, &self.order)
    }

    /// The training samples, all or the first `limit` spread evenly over them, varied as the description says.
    pub fn training_set(&self, limit: Option<usize>) -> Result<TrainingSet<'_>> {
        let numbers = self.training_numbers(limit);
        TrainingSet::make(
            &self.data,
            numbers,
            &self.frontends,
            &self.order,
            &self.spec,
        )
    }

    /// The numbers of the training samples that `limit` leaves.
    pub fn training_numbers(&self, limit: Option<usize>) -> Vec<usize> {
        spread(self.data.len(Subset::Train), limit)
    }

    /// The model file of trained numbers, checked by loading it.
    pub fn export(
        &self,
        trained: &Trained,
        model_version: u64,
        aim: &ExportOptions,
    ) -> Result<Vec<u8>> {
        make(&self.graph, trained, &self.frontends, model_version, aim)
    }

    /// The model's needs of a terminal, before training; instructions too, where there is a board that counts them.
    pub fn needs(&self, aim: &ExportOptions, counter: Option<&Counter>) -> Result<Needs> {
        let file = self.export(&untrained(&self.graph), 1, aim)?;
        let count = counter.map(|counter| counter.count(&file)).transpose()?;
        Needs::of_file(&file, count.as_ref())
    }

    /// Refuses a network of which no training could make a model file, before an epoch is spent on it.
    pub fn require_exportable(&self, aim: &ExportOptions) -> Result<()> {
        require_exportable(&self.graph, &self.frontends, aim)
    }

    /// Refuses a model that does not have the inputs and heads of the description, in their order.
    pub fn require_fit(&self, model: &Model<'_>) -> Result<()> {
        let inputs: Vec<_> = self
            .spec
            .inputs
            .iter()
            .map(|input| input.name.as_str())
            .collect();
        let heads: Vec<_> = self
            .exported_heads()
            .into_iter()
            .map(|head| self.spec.heads[head].name.as_str())
            .collect();
        let same = |what: &str, found: Vec<&str>, wanted: Vec<&str>| {
            let (has, says) = (found.join(", "), wanted.join(", "));
            ensure!(
                found == wanted,
                "its {what} are {has}, those of its description {says}; train again"
            );
            Ok(())
        };
        same(
            "inputs",
            model.inputs().map(|input| input.name).collect(),
            inputs,
        )?;
        same(
            "heads",
            model.heads().map(|head| head.name).collect(),
            heads,
        )
    }

    /// The heads of a model file, as indices into the description's heads.
    pub fn exported_heads(&self) -> Vec<usize> {
        (0..self.spec.heads.len())
            .filter(|&h| !self.spec.heads[h].auxiliary)
            .collect()
    }
}

/// A description and its data; the samples of groups that the description names are set apart.
fn joined(text: &str, origin: &str, source: &mut DataSource) -> Result<(Spec, Dataset)> {
    let spec = parse(text, origin)?;
    *source = source.for_description(&spec, origin)?;
    let mut data = Dataset::load(&spec, source)?;
    if spec.data.origin.is_own() {
        // Groups are set apart where the samples are divided.
        return Ok((spec, data));
    }
    let groups = [
        ("data.leave_out", &spec.data.division.leave_out),
        ("train.holdout_group", &spec.train.holdout_group),
    ];
    for (field, group) in groups {
        let Some(group) = group else { continue };
        let done = match field {
            "data.leave_out" => data.leave_out(group),
            _ => data.hold_out(group),
        };
        done.map_err(|problem| SpecError {
            file: origin.to_owned(),
            line: 0,
            field: field.to_owned(),
            problem,
        })?;
    }
    Ok((spec, data))
}

/// The place of a fault in the text, where the data show the fault.
fn place(text: &str, origin: &str, fault: BuildError) -> SpecError {
    SpecError {
        file: origin.to_owned(),
        line: line_of(text, &fault.field),
        field: fault.field,
        problem: fault.problem,
    }
}

/// The line, counted from 1, where the input or head begins that a field's path names (`inputs.NAME.more`); 0 for other fields.
fn line_of(text: &str, field: &str) -> usize {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    #[derive(Deserialize)]
    struct Places {
        inputs: Vec<Spanned<Named>>,
        heads: Vec<Spanned<Named>>,
    }
    let Ok(places) = toml::from_str::<Places>(text) else {
        return 0;
    };
    let mut path = field.split('.');
    let items = match path.next() {
        Some("inputs") => places.inputs,
        Some("heads") => places.heads,
        _ => return 0,
    };
    let name = path.next().unwrap_or_default();
    let found = items.iter().find(|item| item.get_ref().name == name);
    found.map_or(0, |item| {
        1 + text[..item.span().start].matches('\n').count()
    })
}
