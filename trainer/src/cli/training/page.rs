//! The page of `evaluate --html`.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::network::presets;
use tillsense_compiler::run;
use tillsense_compiler::trained::{TrainedFile, trained_path};
use tillsense_device::bench::ModelFigures;

use super::evaluate::EvaluateArgs;
use crate::cli::bench::measure;
use crate::cli::compare::board;
use crate::cli::progress::{bar, note, waiting};
use crate::cli::{Shared, output};
use crate::judge::evaluate::{Answers, Evaluation, LAYER_SAMPLES, Scope, ablate, layers};
use crate::project::{ModelSource, Prepared};
use crate::report::model::{Facts, Scored, page};
use crate::report::page::Page;

/// Test samples with which every set of inputs is scored, where no other limit is named.
const ABLATED: usize = 500;

/// What is told of a page where nothing was scored.
#[derive(Serialize)]
struct Written<'a> {
    model: &'a str,
    html: &'a Path,
}

/// A page to be written.
pub struct Wanted<'a> {
    args: &'a EvaluateArgs,
    path: &'a Path,
    shared: &'a Shared,
}

impl<'a> Wanted<'a> {
    /// The page that somebody asked for, if it can be written and the board is known.
    pub fn of(args: &'a EvaluateArgs, shared: &'a Shared) -> Result<Option<Self>> {
        let Some(path) = args.html.as_deref() else {
            return Ok(None);
        };
        Page::require_place(path)?;
        args.board.as_deref().map(board).transpose()?;
        Ok(Some(Wanted { args, path, shared }))
    }

    /// Writes the page of a model that nobody has samples for: an imported one. Answers whether it is such a model.
    pub fn without_samples(&self, model: &Path) -> Result<bool> {
        let args = self.args;
        if args.on.is_some() || trained_path(model).exists() {
            return Ok(false);
        }
        let source = ModelSource::read(model, None, None)?;
        let machine = args.board.as_deref().map(board).transpose()?;
        let target = machine.map_or_else(Default::default, |machine| machine.reads);
        let file = source.file(target)?;
        let aligned = Aligned::from(&*file);
        let loaded = run::load(&aligned)?;
        if source.network().is_none() && presets::find(loaded.name()).is_some() {
            return Ok(false);
        }
        let figures = self.measured(&source, &file)?;
        let facts = Facts {
            model: &loaded,
            board: figures.as_ref(),
            scored: None,
            private: args.private,
        };
        self.write(&facts)?;
        if self.shared.json {
            let (model, html) = (loaded.name(), self.path);
            output::json(&Written { model, html })?;
        }
        Ok(true)
    }

    /// Writes the page of a model that was scored; `float` are its numbers where they are at hand.
    pub fn scored(
        &self,
        (prepared, file): (&Prepared, &[u8]),
        (trained_file, float): (Option<&TrainedFile>, Option<&Trained>),
        (evaluation, answers): (&Evaluation, &Answers),
    ) -> Result<()> {
        let args = self.args;
        let aligned = Aligned::from(file);
        let model = run::load(&aligned)?;
        let several = evaluation.without.is_empty() && evaluation.inputs.len() > 1;
        let limit = Some(args.limit.unwrap_or(ABLATED).min(ABLATED));
        let scope = Scope {
            limit,
            ..Scope::all(prepared)
        };
        let ablation = several.then(|| {
            let bar = bar(
                self.shared,
                "leaving inputs out",
                scope.numbers(prepared).len(),
            );
            let found = ablate(prepared, &model, limit, &|| bar.inc(1));
            bar.finish_and_clear();
            found
        });
        // Nothing of samples that a model is only scored on says what training did to its layers.
        let own = float.filter(|_| args.on.is_none() && prepared.foreign_to.is_none());
        let layers = own.map(|trained| {
            waiting(self.shared, "comparing layers", || {
                layers(prepared, trained, LAYER_SAMPLES)
            })
        });
        let source = ModelSource::read(args.model.as_deref().unwrap_or(self.path), None, None);
        let figures = match &args.board {
            Some(_) => self.measured(&source?, file)?,
            None => None,
        };
        let (ablation, layers) = (ablation.transpose()?, layers.transpose()?);
        self.write(&Facts {
            model: &model,
            board: figures.as_ref(),
            scored: Some(Scored {
                prepared,
                evaluation,
                answers,
                trained_file,
                ablation: ablation.as_ref(),
                layers: layers.as_ref(),
            }),
            private: args.private,
        })
    }

    /// What the board that was named measures of the model.
    fn measured(&self, source: &ModelSource, file: &[u8]) -> Result<Option<ModelFigures>> {
        let machine = self.args.board.as_deref().map(board).transpose()?;
        machine
            .map(|machine| measure(machine, (source, file), (None, false), self.shared))
            .transpose()
    }

    fn write(&self, facts: &Facts<'_>) -> Result<()> {
        page(facts)?.write(self.path)?;
        note(self.shared, format_args!("wrote {}", self.path.display()));
        Ok(())
    }
}
