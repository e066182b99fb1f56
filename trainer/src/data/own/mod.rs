//! Anyone's data: a folder of files or a table, read, divided and kept on disk as the samples that a description asks for.
//!
//! 1. What is there is listed: files of a folder, rows of a table, each with its labels, its group, its time and a digest of its
//!    content (`division::Entry`).
//! 2. The samples are divided (`division`), and classes are what training labels say (`classes`).
//! 3. Of tables, training rows say which columns are numbers and which categories.
//! 4. Every value is made what its input takes (`media`, `stored`) and goes into the `store`.
//!
//! What is wrong or worth knowing goes into a [`Report`]: errors stop training, and `tillsense check` tells all of them.

mod classes;
mod division;
mod fields;
mod file;
mod finished;
pub mod folder;
mod media;
mod report;
mod samples;
mod sequence;
mod stored;
mod table;
mod times;

use std::path::Path;

use anyhow::{Result, bail, ensure};
use tillsense_compiler::network::description::{Origin, Spec};
use tillsense_compiler::threads::Threads;

use self::classes::Labels;
pub use self::division::Part;
use self::division::{Entry, Rule, divide, short_digest};
pub use self::fields::MOST_FIELDS;
pub use self::file::SampleFile;
use self::file::read_file;
pub use self::finished::Finished;
use self::folder::{FolderFile, Grouping};
pub use self::media::{MediaFacts, Places, extensions};
pub use self::report::{Finding, Level, Report};
pub use self::samples::OwnSamples;
use self::stored::encode;
pub use self::times::{day, form as time_form, stated as stated_time};
use crate::data::dataset::{Head, InputColumn};
use crate::data::store::StoreWriter;

/// What was read of somebody's own data.
#[derive(Debug)]
pub struct OwnData {
    /// The samples; `None` where errors leave none.
    pub samples: Option<OwnSamples>,
    /// What is wrong or worth knowing.
    pub report: Report,
    /// What the files of each input were like.
    pub media: Vec<MediaFacts>,
    /// The part of each row of the table or file of the folder, in their order; `None` of those on neither side.
    pub parts: Vec<Option<Part>>,
}

/// Reads the data that a description names; paths start from `base`. Where they are to be scored with a finished model, all is read as
/// that model does, and all samples, or those that the data call test samples, are test samples.
pub fn read(spec: &Spec, base: &Path, finished: Option<Finished<'_>>) -> Result<OwnData> {
    match &spec.data.origin {
        Origin::Folder(path) => from_folder(spec, &base.join(path), finished),
        Origin::Table(path) => table::read(spec, &base.join(path), base, finished),
        other => bail!("{} holds nobody's own data", other.words()),
    }
}

/// The samples that a description names, for training: fails at the first error.
pub fn samples(spec: &Spec, base: &Path) -> Result<OwnSamples> {
    let data = read(spec, base, None)?;
    data.whole()
}

/// The samples that a description names, to be scored with a finished model, and what is worth knowing about them.
pub fn scored(
    spec: &Spec,
    base: &Path,
    finished: Finished<'_>,
) -> Result<(OwnSamples, Vec<Finding>)> {
    let data = read(spec, base, Some(finished))?;
    let findings = data.report.findings().cloned().collect();
    Ok((data.whole()?, findings))
}

impl OwnData {
    /// The samples; fails at the first error.
    fn whole(self) -> Result<OwnSamples> {
        let data = self;
        if let Some(error) = data.report.first_error() {
            let more = data.report.count(Level::Error) - 1;
            match more {
                0 => bail!("{error}"),
                1 => bail!("{error} (and another fault: `tillsense check` tells both)"),
                more => bail!("{error} (and {more} other faults: `tillsense check` tells all)"),
            }
        }
        data.samples
            .ok_or_else(|| anyhow::anyhow!("the data hold no sample"))
    }
}

/// Samples as they are listed, before anything of them is decoded.
#[derive(Debug, Default)]
struct Listing {
    entries: Vec<Entry>,
    /// Provisional numbers of the labels, by head and sample.
    labels: Vec<Vec<Option<u32>>>,
    heads: Vec<Labels>,
}

/// Samples divided, with the classes of the heads.
struct Divided {
    parts: Vec<Option<Part>>,
    heads: Vec<Head>,
    /// The class of each provisional number, by head.
    map: Vec<Vec<Option<u16>>>,
}

impl Listing {
    /// Divides samples for training, with the classes that the description states or the labels give.
    fn divide(&mut self, spec: &Spec, rule: &Rule, report: &mut Report) -> Divided {
        let parts = divide(&self.entries, rule);
        for (labels, head) in self.labels.iter().zip(&mut self.heads) {
            for (label, part) in labels.iter().zip(&parts) {
                if let (Some(label), Some(part)) = (label, part) {
                    head.count(*label, *part);
                }
            }
        }
        let named = spec.heads.iter().zip(&self.heads);
        let judged = named.map(|(head, labels)| {
            let (classes, map) = labels.classes(&head.name, &head.classes, report);
            let name = head.name.clone();
            (Head { name, classes }, map)
        });
        let (heads, map) = judged.unzip();
        Divided { parts, heads, map }
    }

    /// Takes samples to be scored with a finished model.
    fn scored(&self, spec: &Spec, finished: Finished<'_>, report: &mut Report) -> Result<Divided> {
        let named = spec.heads.iter().zip(&self.heads).zip(finished.classes);
        let judged = named.map(|((head, labels), classes)| {
            let map = labels.of_model(&head.name, classes, report);
            let (name, classes) = (head.name.clone(), classes.clone());
            (Head { name, classes }, map)
        });
        let (heads, map) = judged.unzip();
        let parts = Finished::parts(&self.entries)?;
        if finished.own && parts.iter().all(Option::is_some) {
            report.add(
                (Level::Warning, "trained_on"),
                "",
                None,
                "the model was trained on most of these samples, so that the figures are no test of it",
                "leave --on out to score its test samples alone",
            );
        }
        Ok(Divided { parts, heads, map })
    }

    /// The final classes of a sample.
    fn classes(&self, divided: &Divided, sample: usize) -> Vec<Option<u16>> {
        let heads = self.labels.iter().zip(&divided.map);
        heads
            .map(|(labels, map)| labels[sample].and_then(|label| map[label as usize]))
            .collect()
    }
}

/// The rule that a description states, for groups whose names are digested.
fn rule(spec: &Spec, after: Option<i64>) -> Rule {
    let group = |name: &Option<String>| name.as_ref().map(|name| short_digest(name.as_bytes()));
    Rule {
        test: spec.data.division.test,
        holdout: f64::from(spec.train.holdout),
        seed: spec.data.division.seed,
        after,
        leave_out: group(&spec.data.division.leave_out),
        holdout_group: group(&spec.train.holdout_group),
    }
}

/// Refuses a stated group that no sample belongs to.
fn require_groups(spec: &Spec, entries: &[Entry]) -> Result<()> {
    let stated = [
        ("data.leave_out", &spec.data.division.leave_out),
        ("train.holdout_group", &spec.train.holdout_group),
    ];
    for (field, name) in stated {
        let Some(name) = name else { continue };
        let digest = short_digest(name.as_bytes());
        ensure!(
            entries.iter().any(|entry| entry.group == Some(digest)),
            "{field}: no sample belongs to the group `{name}`; name one of the groups that [data] group gives"
        );
    }
    Ok(())
}

fn from_folder(spec: &Spec, folder: &Path, finished: Option<Finished<'_>>) -> Result<OwnData> {
    let ([input], [_]) = (&spec.inputs[..], &spec.heads[..]) else {
        bail!(
            "a folder gives one input and one head, and the description has {} inputs and {} heads; put the files into a table, a row a sample",
            spec.inputs.len(),
            spec.heads.len()
        );
    };
    let extensions = media::extensions(&input.source);
    ensure!(
        !extensions.is_empty(),
        "inputs.{}: a folder holds pictures, clips or texts, no {}; name a table",
        input.name,
        input.source.kind()
    );
    let grouping = match &spec.data.division.group {
        Some(name) => Some(Grouping::named(name).ok_or_else(|| {
            anyhow::anyhow!("data.group: a folder takes group = \"folder\" (the folder between class and file) or \"prefix\" (the file's name up to the first `_` or `-`), not \"{name}\"")
        })?),
        None => None,
    };
    let mut report = Report::default();
    let mut files = folder::files(folder, extensions, grouping, &mut report)?;
    name_numbers(spec, &mut files, &mut report);
    let mut listing = Listing {
        labels: vec![Vec::new()],
        heads: vec![Labels::default()],
        ..Listing::default()
    };
    let digests = in_order(&files, |file| {
        file.file.read().map(|bytes| short_digest(&bytes))
    });
    for (file, digest) in files.iter().zip(digests) {
        let label = listing.heads[0].number(&file.class, || file.name.clone());
        listing.labels[0].push(Some(label));
        listing.entries.push(Entry {
            content: digest.unwrap_or_default(),
            group: file
                .group
                .as_ref()
                .map(|group| short_digest(group.as_bytes())),
            part: file.part,
            time: None,
            class: Some(label),
        });
    }
    let divided = match finished {
        Some(finished) => listing.scored(spec, finished, &mut report)?,
        None => {
            require_groups(spec, &listing.entries)?;
            listing.divide(spec, &rule(spec, None), &mut report)
        }
    };
    let column = InputColumn {
        name: input.name.clone(),
        kind: media::kind_of(&input.source),
        fields: Vec::new(),
    };
    store_files(spec, &files, &listing, divided, column, report)
}

/// Gives labels that are numbers the names that the description states for 0, 1, 2 and so on.
fn name_numbers(spec: &Spec, files: &mut [FolderFile], report: &mut Report) {
    let stated = &spec.heads[0].classes;
    if stated.is_empty() {
        return;
    }
    for file in files {
        let Some(number) = file.label else { continue };
        match stated.get(usize::from(number)) {
            Some(name) => file.class.clone_from(name),
            None => report.error(
                "unknown_class",
                format!(
                    "{}: label {number}, and `classes` of the head {} names 0 to {}; name the others too, in the order of their numbers",
                    file.file.path.display(),
                    spec.heads[0].name,
                    stated.len() - 1
                ),
            ),
        }
    }
}

/// Decodes the files of a folder into the store.
fn store_files(
    spec: &Spec,
    files: &[FolderFile],
    listing: &Listing,
    divided: Divided,
    column: InputColumn,
    mut report: Report,
) -> Result<OwnData> {
    let (mut store, mut samples) = (StoreWriter::new()?, Vec::new());
    let mut facts = MediaFacts::default();
    for (start, chunk) in files.chunks(CHUNK).enumerate() {
        let decoded = in_order(chunk, |file| {
            let mut facts = MediaFacts::default();
            let bytes = file.file.read()?;
            let value = media::value(&spec.inputs[0].source, bytes, &file.file.path, &mut facts);
            value
                .map(|value| (value, facts))
                .map_err(|error| error.to_string())
        });
        for (at, (file, decoded)) in chunk.iter().zip(decoded).enumerate() {
            let number = start * CHUNK + at;
            let (value, more) = match decoded {
                Ok(decoded) => decoded,
                Err(line) => {
                    report.error("unreadable", line);
                    continue;
                }
            };
            facts.join(more);
            let Some(part) = divided.parts[number] else {
                continue;
            };
            let labels = listing.classes(&divided, number);
            store.push(&encode(&file.name, &[value], &labels))?;
            samples.push((part, listing.entries[number].content));
        }
    }
    let store = store.finish()?;
    let samples = OwnSamples::new(
        vec![column],
        divided.heads,
        vec![Vec::new()],
        store,
        &samples,
    );
    Ok(OwnData {
        samples: Some(samples),
        report,
        media: vec![facts],
        parts: divided.parts,
    })
}

/// Files that are decoded at a time.
const CHUNK: usize = 512;

/// What `make` makes of each item, on all threads, in the order of the items.
fn in_order<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let share = items.len().div_ceil(Threads::default().count()).max(1);
    std::thread::scope(|scope| {
        let make = &make;
        let shares = items.chunks(share);
        let workers: Vec<_> = shares
            .map(|items| scope.spawn(move || items.iter().map(make).collect::<Vec<_>>()))
            .collect();
        let joined = workers.into_iter();
        joined
            .flat_map(|worker| worker.join().expect("decoders do not panic"))
            .collect()
    })
}
