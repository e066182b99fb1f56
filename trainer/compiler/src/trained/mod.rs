//! The `.trained` file that training leaves beside a model file:
//! `[magic 8] [seal of the model file 32] [postcard] [SHA-256 of all before, 32]`.
//!
//! It stands by itself: from its description, fitted frontends, classes and numbers the model file is made again, for any processor,
//! without the data. The graph is not stored but built anew from description, frontends and classes, so that there is one definition of
//! it and whatever bytes a file holds pass the builder's checks; should a later version build another graph, the model file that is made
//! again differs from the one beside it, and [`TrainedFile::makes`] says so.
//!
//! Nothing renames two files at once, so a crash may leave a new one beside an old one, and people copy files one by one: the seal
//! tells which model file a `.trained` file belongs to.

mod content;
mod curves;

use std::fmt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
pub use content::ContentDigest;
pub use curves::{CurvePoint, EpochReport, HeadScore, MOST_CURVE, Phase, curve};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tillsense_core::engine::MAX_INPUTS;

use crate::aligned::Aligned;
use crate::frontend::Frontend;
use crate::lower::file::make;
use crate::network::builder::{Facts, MOST_PARAMETERS, build};
use crate::network::description::{Spec, parse};
use crate::network::graph::{Graph, MOST_HEADS, Trained};
use crate::network::presets::PRESET;
use crate::target::{ExportOptions, Target};
use crate::text::brief;
use crate::{bounded, files, run};

/// First bytes; the digit is the version of the layout. Files of the first layout had no such bytes, those of the second no frontends,
/// those of the third not how a picture is fitted.
const MAGIC: &[u8; 8] = b"tilltrn4";
/// Length of the digest at the end.
const DIGEST: usize = 32;

/// Numbers of the largest network that a description may have, four bytes each, and its text.
const MOST_BYTES: u64 = 4 * MOST_PARAMETERS + (16 << 20);

/// Twice the longest description; to read one takes many times its bytes.
const MOST_TEXT: usize = 2 << 20;

/// More than any model file that a terminal takes.
pub const MOST_MODEL: u64 = 64 << 20;

/// How a `.trained` file comes to lie beside a file that it does not belong to.
const COPIED: &str = "one of them was copied, or training was cut off while it wrote them";
/// How a `.trained` file of no use is mended.
const AGAIN: &str = "`tillsense train` with the same description and --force makes it and its model anew; or remove it";

/// The seal of a model file: SHA-256 of what is before it.
pub type Seal = [u8; 32];

/// The seal of a file that loads.
pub fn seal(file: &[u8]) -> Result<Seal> {
    Ok(run::load(&Aligned::from(file))?.digest())
}

/// What training leaves beside a model file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainedFile {
    /// The description's text.
    pub text: String,
    /// The description's name in errors: the preset or the file.
    pub origin: String,
    /// Which description it is, from wherever it is named: the preset, or the file's path from the folder of the model, so that
    /// both can be moved together. See [`TrainedFile::description`].
    pub made_from: String,
    /// The data that it was trained on.
    pub data: TrainedOn,
    /// How it was trained, where that differs from the description.
    pub course: Course,
    /// The frontends, fitted to training rows, in the order of the description's inputs.
    #[serde(deserialize_with = "bounded::list::<MAX_INPUTS, _, _>")]
    pub frontends: Vec<Frontend>,
    /// Names of the classes of each head, in the order of the description's heads.
    #[serde(deserialize_with = "bounded::list::<MOST_HEADS, _, _>")]
    pub classes: Vec<String>,
    /// Parameters, ranges, temperatures and thresholds.
    pub trained: Trained,
    /// Figures of the epochs, in order.
    #[serde(deserialize_with = "bounded::list::<MOST_CURVE, _, _>")]
    pub curve: Vec<CurvePoint>,
}

/// What the command line may choose of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The seed of all randomness.
    pub seed: u64,
    /// Epochs, all in all.
    pub epochs: u64,
    /// Training samples taken, spread over all; `None` for all of them.
    pub limit: Option<u64>,
}

/// Which data a model was trained on. Says nothing of where they lay, so that a copy of them is as good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// Whether they were generated.
    pub generated: bool,
    /// What they held.
    pub digest: ContentDigest,
}

impl fmt::Display for TrainedOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.generated { "synthetic" } else { "real" };
        write!(f, "{kind} data {}", self.digest.short())
    }
}

impl TrainedFile {
    /// The network that was trained.
    pub fn graph(&self) -> Result<Graph> {
        let spec = parse(&self.text, &self.origin)?;
        Ok(build(&spec, &self.facts(&spec))?)
    }

    /// What the builder needs to know beside the description.
    pub fn facts(&self, spec: &Spec) -> Facts {
        let inputs = spec.inputs.iter().zip(&self.frontends);
        let heads = spec.heads.iter().zip(&self.classes);
        let classes = |names: &String| names.split('\n').map(str::to_owned).collect();
        Facts {
            inputs: inputs
                .map(|(input, frontend)| (input.name.clone(), frontend.facts()))
                .collect(),
            heads: heads
                .map(|(head, names)| (head.name.clone(), classes(names)))
                .collect(),
        }
    }

    /// The model file for a processor, checked by loading it.
    pub fn export(&self, model_version: u64, aim: &ExportOptions) -> Result<Vec<u8>> {
        make(
            &self.graph()?,
            &self.trained,
            &self.frontends,
            model_version,
            aim,
        )
    }

    /// Whether this very model file is made of these numbers: then their float figures are figures of the file.
    pub fn makes(&self, file: &[u8]) -> bool {
        let aligned = Aligned::from(file);
        let Ok(model) = run::load(&aligned) else {
            return false;
        };
        let Some(target) = Target::named(model.target()) else {
            return false;
        };
        let aim = ExportOptions {
            target,
            flash_growth: model.flash_growth(),
        };
        let made = self.export(model.header().model_version, &aim);
        made.is_ok_and(|made| made == file)
    }

    /// Whether there is a frontend for each input of the description, and classes for each head.
    fn is_whole(&self) -> bool {
        let Ok(spec) = parse(&self.text, &self.origin) else {
            return false;
        };
        let inputs = spec.inputs.iter().zip(&self.frontends);
        spec.inputs.len() == self.frontends.len()
            && spec.heads.len() == self.classes.len()
            && inputs
                .into_iter()
                .all(|(input, frontend)| frontend.serves(&input.source))
    }

    /// Reads the `.trained` file of the model file with this seal; `None` where there is none. That of another file is refused.
    pub fn read(model: &Path, seal: &Seal) -> Result<Option<Self>> {
        let beside = TrainedFile::beside(model).map_err(|error| anyhow!("{error:#}; {AGAIN}"));
        let Some((owner, trained_file)) = beside? else {
            return Ok(None);
        };
        ensure!(
            owner == *seal,
            "{}: belongs to another file than {} ({COPIED}); {AGAIN}",
            trained_path(model).display(),
            model.display()
        );
        Ok(Some(trained_file))
    }

    /// Which description the model was made from, as [`made_from`] says it: the preset, or the file's full path.
    pub fn description(&self, model: &Path) -> String {
        match self.made_from.starts_with(PRESET) {
            true => self.made_from.clone(),
            false => tidy(&folder(model).join(&self.made_from))
                .display()
                .to_string(),
        }
    }

    /// What lies beside a model file, whichever it belongs to, with the seal of the one that it belongs to.
    pub fn beside(model: &Path) -> Result<Option<(Seal, Self)>> {
        let path = trained_path(model);
        if !path.exists() {
            return Ok(None);
        }
        let place = || path.display().to_string();
        let bytes = files::read(&path, MOST_BYTES)
            .with_context(|| format!("{}: cannot be read", place()))?;
        TrainedFile::from_bytes(&bytes)
            .with_context(place)
            .map(Some)
    }

    /// The bytes of the file, where it lies beside the model file with this seal.
    pub fn to_bytes(&self, seal: &Seal) -> Result<Vec<u8>> {
        let mut bytes = postcard::to_extend(self, [&MAGIC[..], seal].concat())?;
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<(Seal, Self)> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| {
            let layout = bytes.strip_prefix(&MAGIC[..MAGIC.len() - 1]);
            match layout.and_then(|rest| rest.first()) {
                Some(layout) if *layout > MAGIC[MAGIC.len() - 1] => {
                    anyhow!("written by a later version, in layout {}", char::from(*layout).escape_default())
                }
                Some(_) => anyhow!("written by an earlier version, which did not keep all that a model is made of"),
                None => anyhow!(
                    "written by an earlier version, which did not keep all that a model is made of, or damaged"
                ),
            }
        })?;
        let damaged = || anyhow!("damaged");
        let at = body.len().checked_sub(DIGEST).ok_or_else(damaged)?;
        let (_, digest) = bytes.split_at(bytes.len() - DIGEST);
        let whole = Sha256::digest(&bytes[..bytes.len() - DIGEST]);
        ensure!(whole.as_slice() == digest, damaged());
        let (seal, body) = body[..at].split_first_chunk().ok_or_else(damaged)?;
        let (trained_file, rest): (TrainedFile, _) =
            postcard::take_from_bytes(body).map_err(|_| damaged())?;
        ensure!(rest.is_empty(), damaged());
        let texts = [
            &trained_file.text,
            &trained_file.origin,
            &trained_file.made_from,
        ];
        ensure!(texts.iter().all(|text| text.len() <= MOST_TEXT), damaged());
        ensure!(trained_file.is_whole(), damaged());
        Ok((*seal, trained_file))
    }
}

/// Which description an origin names, see [`TrainedFile::made_from`].
pub fn made_from(origin: &str) -> String {
    if origin.starts_with(PRESET) {
        return origin.to_owned();
    }
    let path = Path::new(origin);
    let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
    whole.map_or_else(|_| origin.to_owned(), |path| path.display().to_string())
}

/// The path, from the folder of a model, of the description that [`made_from`] names.
pub fn made_beside(model: &Path, made_from: &str) -> String {
    if made_from.starts_with(PRESET) {
        return made_from.to_owned();
    }
    let (folder, file) = (folder(model), Path::new(made_from));
    let parts = |path: &Path| -> Vec<_> {
        let parts = path.components();
        parts.map(|part| part.as_os_str().to_owned()).collect()
    };
    let (from, to) = (parts(&folder), parts(file));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..".into());
    let steps: PathBuf = up.chain(to[common..].iter().cloned()).collect();
    steps.display().to_string()
}

/// The full path of the folder in which a model file lies with what belongs to it.
fn folder(model: &Path) -> PathBuf {
    let place = files::place(model);
    let folder = match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let whole = folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder));
    whole.unwrap_or_else(|_| folder.to_owned())
}

/// A full path without `..`, whether its file is there or not.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// Refuses to write over a model, or what lies in the place of its `.trained` file, unless they belong together and were made from this
/// description.
pub fn require_own_place(out: &Path, made_from: &str) -> Result<()> {
    let (shown, beside) = (out.display(), trained_path(out));
    let trained_file = beside.display();
    let way = "name another file with --out, or write over it with --force";
    let found = TrainedFile::beside(out);
    if !out.exists() {
        // The numbers of a model that was removed can go, those of `NAME.till` where `NAME.other` is to be written cannot.
        let ours = |found: &TrainedFile| found.description(out) == made_from;
        return match found {
            Ok(None) => Ok(()),
            Ok(Some((_, found))) if ours(&found) && !beside.with_extension("till").exists() => {
                Ok(())
            }
            Ok(Some(_)) => {
                bail!("{trained_file}: is there, and belongs to another model than {shown}; {way}")
            }
            Err(error) => bail!("{error:#}, and would be written over with {shown}; {way}"),
        };
    }
    let unknown = |why: String| {
        anyhow!("{shown}: is there, and of what it is a model is not known ({why}); {way}")
    };
    let (owner, found) = match found {
        Ok(Some(found)) => found,
        Ok(None) => return Err(unknown(format!("{trained_file} is not there"))),
        Err(error) => return Err(unknown(format!("{error:#}"))),
    };
    let own = files::read(out, MOST_MODEL).map_err(anyhow::Error::from);
    if own.and_then(|file| seal(&file)).ok() != Some(owner) {
        return Err(unknown(format!(
            "{trained_file} belongs to another file: {COPIED}"
        )));
    }
    let found = found.description(out);
    ensure!(
        found == made_from,
        "{shown}: is a model of {}, not of {made_from}; {way}",
        brief(&found)
    );
    Ok(())
}

/// Where the `.trained` file of a model file lies: beside the file that a link leads to.
pub fn trained_path(model: &Path) -> PathBuf {
    files::place(model).with_extension("trained")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::RecordFrontend;
    use crate::frontend::tables::record::FittedField;
    use crate::network::description::Keep;

    const TEXT: &str = "name = \"it\"\ndata.compose = \"terminal\"\n[[inputs]]\nname = \"r\"\nkind = \"record\"\n[[heads]]\nname = \"h\"\n";

    fn trained_file() -> TrainedFile {
        TrainedFile {
            text: TEXT.to_owned(),
            origin: "it.toml".to_owned(),
            made_from: "../it.toml".to_owned(),
            data: TrainedOn {
                generated: true,
                digest: ContentDigest([7; 32]),
            },
            course: Course {
                seed: 1,
                epochs: 2,
                limit: None,
            },
            frontends: vec![Frontend::Record(RecordFrontend {
                fields: vec![FittedField::number(
                    "amount",
                    2,
                    &[Some(100), Some(250)],
                    None,
                    1.0 / 32.0,
                )],
                max_steps: 1,
                keep: Keep::Last,
            })],
            classes: vec!["low\nhigh".to_owned()],
            trained: Trained::default(),
            curve: Vec::new(),
        }
    }

    #[test]
    fn the_digest_of_the_data_is_kept() {
        let bytes = trained_file().to_bytes(&[3; 32]).unwrap();
        let (seal, read) = TrainedFile::from_bytes(&bytes).unwrap();
        assert_eq!(seal, [3; 32]);
        assert_eq!(read.data, trained_file().data);
        assert_eq!(read.data.to_string(), "synthetic data 070707070707");
        assert_eq!(
            serde_json::to_value(read.data).unwrap()["digest"],
            "07".repeat(32)
        );
    }

    #[test]
    fn nothing_follows_what_is_kept() {
        let bytes = trained_file().to_bytes(&[3; 32]).unwrap();
        let longer = [&bytes[..bytes.len() - DIGEST], &[0; 5]].concat();
        let longer = [&longer[..], &Sha256::digest(&longer)].concat();
        assert!(TrainedFile::from_bytes(&bytes).is_ok());
        assert_eq!(
            TrainedFile::from_bytes(&longer).unwrap_err().to_string(),
            "damaged"
        );
    }

    #[test]
    fn what_fits_no_network_is_not_decoded() {
        let read = |shape: &[usize], values: usize| {
            let mut trained_file = trained_file();
            let param = (shape.to_vec(), vec![0.5; values]);
            trained_file.trained.params.insert("it".to_owned(), param);
            TrainedFile::from_bytes(&trained_file.to_bytes(&[3; 32]).unwrap()).is_ok()
        };
        assert!(read(&[2, 1, 3, 1], 6) && read(&[0], 0));
        assert!(!read(&[2, 1, 3, 1, 1], 6), "five axes");
        assert!(!read(&[2, 3], 5), "another number of values");
        assert!(!read(&[usize::MAX, 2, 2], 0), "overflow");
        let read = |len: usize| {
            let text = format!("{TEXT}#{}", "#".repeat(len - TEXT.len() - 1));
            let trained_file = TrainedFile {
                text,
                ..trained_file()
            };
            TrainedFile::from_bytes(&trained_file.to_bytes(&[3; 32]).unwrap()).is_ok()
        };
        assert!(read(MOST_TEXT) && !read(MOST_TEXT + 1));
    }

    #[test]
    fn old_and_damaged_trained_files_are_told_apart() {
        let bytes = trained_file().to_bytes(&[3; 32]).unwrap();
        for at in MAGIC.len()..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let error = TrainedFile::from_bytes(&bytes).unwrap_err().to_string();
            assert!(error.starts_with("damaged"), "{at}: {error}");
        }
        for len in MAGIC.len()..bytes.len() {
            let error = TrainedFile::from_bytes(&bytes[..len]).unwrap_err();
            assert!(error.to_string().starts_with("damaged"), "{len}: {error}");
        }
        // The first layout was the postcard alone.
        let old = postcard::to_allocvec(&("name = \"it\"", "it.toml", Trained::default())).unwrap();
        let error = TrainedFile::from_bytes(&old).unwrap_err().to_string();
        assert!(error.contains("earlier version"), "{error}");
        // The second one had the magic, and no frontends.
        for (layout, told) in [
            (b'1', "earlier version"),
            (b'2', "earlier version"),
            (b'3', "earlier version"),
            (b'5', "a later version, in layout 5"),
        ] {
            let mut other = bytes.clone();
            other[MAGIC.len() - 1] = layout;
            let error = TrainedFile::from_bytes(&other).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_description_is_found_again_where_both_were_moved() {
        let room = tempfile::tempdir().unwrap();
        let root = room.path().canonicalize().unwrap();
        for folder in ["one/models", "two/models", "mine"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let place = |name: &str| root.join(name).display().to_string();
        for (description, wanted) in [
            ("one/it.toml", "../it.toml"),
            ("one/models/it.toml", "it.toml"),
            ("mine/it.toml", "../../mine/it.toml"),
        ] {
            let kept = made_beside(&root.join("one/models/it.till"), &place(description));
            assert_eq!(kept, wanted);
            let moved = TrainedFile {
                made_from: kept,
                ..trained_file()
            };
            let found = moved.description(&root.join("two/models/it.till"));
            assert_eq!(found, place(&description.replace("one", "two")));
        }
        assert_eq!(made_beside(Path::new("a.till"), "preset x"), "preset x");
    }
}
