//! What training leaves beside a model file: `[magic 8] [seal of the model file 32] [postcard] [SHA-256 of all before, 32]`.
//!
//! Nothing renames two files at once, so a crash may leave a new one beside an old one, and people copy files one by one: the seal
//! tells which model file a companion belongs to.

mod content;
mod curves;

use std::fmt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::aligned::Aligned;
use crate::files;
use crate::network::builder::MOST_PARAMETERS;
use crate::network::graph::Trained;
use crate::network::presets::PRESET;
use crate::run;
use crate::text::brief;

pub use content::ContentDigest;
pub use curves::{EpochReport, HeadScore, Phase};

/// First bytes; the digit is the version of the layout. Files of the first layout had no such bytes.
const MAGIC: &[u8; 8] = b"tilltrn2";
/// Length of the digest at the end.
const DIGEST: usize = 32;

/// Numbers of the largest network that a description may have, four bytes each, and its text.
const MOST_BYTES: u64 = 4 * MOST_PARAMETERS + (16 << 20);

/// Twice the longest description; to read one takes many times its bytes.
const MOST_TEXT: usize = 2 << 20;

/// More than any model file that a terminal takes.
pub const MOST_MODEL: u64 = 64 << 20;

/// How a companion comes to lie beside a file that it does not belong to.
const COPIED: &str = "one of them was copied, or training was cut off while it wrote them";
/// How a companion of no use is mended.
const AGAIN: &str = "`tillsense train` with the same description and --force makes it and its model anew; or remove it";

/// The seal of a model file: SHA-256 of what is before it.
pub type Seal = [u8; 32];

/// The seal of a file that loads.
pub fn seal(file: &[u8]) -> Result<Seal> {
    Ok(run::load(&Aligned::from(file))?.digest())
}

/// What training leaves beside a model file, so that float and fixed-point figures can be shown side by side later.
#[derive(Debug, Serialize, Deserialize)]
pub struct Companion {
    /// The description's text.
    pub text: String,
    /// The description's name in errors: the preset or the file.
    pub origin: String,
    /// Which description it is, from wherever it is named: the preset, or the file's path from the folder of the model, so that
    /// both can be moved together. See [`Companion::description`].
    pub made_from: String,
    /// The data that it was trained on.
    pub data: TrainedOn,
    /// Trained numbers.
    pub trained: Trained,
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

impl Companion {
    /// Reads the companion of the model file with this seal; `None` where there is none. That of another file is refused.
    pub fn read(model: &Path, seal: &Seal) -> Result<Option<Self>> {
        let beside = Companion::beside(model).map_err(|error| anyhow!("{error:#}; {AGAIN}"));
        let Some((owner, companion)) = beside? else {
            return Ok(None);
        };
        ensure!(
            owner == *seal,
            "{}: belongs to another file than {} ({COPIED}); {AGAIN}",
            companion_path(model).display(),
            model.display()
        );
        Ok(Some(companion))
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
        let path = companion_path(model);
        if !path.exists() {
            return Ok(None);
        }
        let place = || path.display().to_string();
        let bytes = files::read(&path, MOST_BYTES)
            .with_context(|| format!("{}: cannot be read", place()))?;
        Companion::from_bytes(&bytes).with_context(place).map(Some)
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
            anyhow!(
                "written by an earlier version, which did not keep what data a model was trained on, or damaged"
            )
        })?;
        let damaged = || anyhow!("damaged");
        let at = body.len().checked_sub(DIGEST).ok_or_else(damaged)?;
        let (_, digest) = bytes.split_at(bytes.len() - DIGEST);
        let whole = Sha256::digest(&bytes[..bytes.len() - DIGEST]);
        ensure!(whole.as_slice() == digest, damaged());
        let (seal, body) = body[..at].split_first_chunk().ok_or_else(damaged)?;
        let companion: Companion = postcard::from_bytes(body).map_err(|_| damaged())?;
        let texts = [&companion.text, &companion.origin, &companion.made_from];
        ensure!(texts.iter().all(|text| text.len() <= MOST_TEXT), damaged());
        Ok((*seal, companion))
    }
}

/// Which description an origin names, see [`Companion::made_from`].
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

/// Refuses to write over a model, or what lies in the place of its companion, unless they belong together and were made from this
/// description.
pub fn require_own_place(out: &Path, made_from: &str) -> Result<()> {
    let (shown, beside) = (out.display(), companion_path(out));
    let companion = beside.display();
    let way = "name another file with --out, or write over it with --force";
    let found = Companion::beside(out);
    if !out.exists() {
        // The numbers of a model that was removed can go, those of `NAME.till` where `NAME.other` is to be written cannot.
        let ours = |found: &Companion| found.description(out) == made_from;
        return match found {
            Ok(None) => Ok(()),
            Ok(Some((_, found))) if ours(&found) && !beside.with_extension("till").exists() => {
                Ok(())
            }
            Ok(Some(_)) => {
                bail!("{companion}: is there, and belongs to another model than {shown}; {way}")
            }
            Err(error) => bail!("{error:#}, and would be written over with {shown}; {way}"),
        };
    }
    let unknown = |why: String| {
        anyhow!("{shown}: is there, and of what it is a model is not known ({why}); {way}")
    };
    let (owner, found) = match found {
        Ok(Some(found)) => found,
        Ok(None) => return Err(unknown(format!("{companion} is not there"))),
        Err(error) => return Err(unknown(format!("{error:#}"))),
    };
    let own = files::read(out, MOST_MODEL).map_err(anyhow::Error::from);
    if own.and_then(|file| seal(&file)).ok() != Some(owner) {
        return Err(unknown(format!(
            "{companion} belongs to another file: {COPIED}"
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

/// Where the companion of a model file lies: beside the file that a link leads to.
pub fn companion_path(model: &Path) -> PathBuf {
    files::place(model).with_extension("trained")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn companion() -> Companion {
        Companion {
            text: "name = \"it\"".to_owned(),
            origin: "it.toml".to_owned(),
            made_from: "../it.toml".to_owned(),
            data: TrainedOn {
                generated: true,
                digest: ContentDigest([7; 32]),
            },
            trained: Trained::default(),
        }
    }

    #[test]
    fn the_digest_of_the_data_is_kept() {
        let bytes = companion().to_bytes(&[3; 32]).unwrap();
        let (seal, read) = Companion::from_bytes(&bytes).unwrap();
        assert_eq!(seal, [3; 32]);
        assert_eq!(read.data, companion().data);
        assert_eq!(read.data.to_string(), "synthetic data 070707070707");
        assert_eq!(
            serde_json::to_value(read.data).unwrap()["digest"],
            "07".repeat(32)
        );
    }

    #[test]
    fn what_fits_no_network_is_not_decoded() {
        let read = |shape: &[usize], values: usize| {
            let mut companion = companion();
            let param = (shape.to_vec(), vec![0.5; values]);
            companion.trained.params.insert("it".to_owned(), param);
            Companion::from_bytes(&companion.to_bytes(&[3; 32]).unwrap()).is_ok()
        };
        assert!(read(&[2, 1, 3, 1], 6) && read(&[0], 0));
        assert!(!read(&[2, 1, 3, 1, 1], 6), "five axes");
        assert!(!read(&[2, 3], 5), "another number of values");
        assert!(!read(&[usize::MAX, 2, 2], 0), "overflow");
        let read = |len: usize| {
            let text = "#".repeat(len);
            let companion = Companion {
                text,
                ..companion()
            };
            Companion::from_bytes(&companion.to_bytes(&[3; 32]).unwrap()).is_ok()
        };
        assert!(read(MOST_TEXT) && !read(MOST_TEXT + 1));
    }

    #[test]
    fn old_and_damaged_companions_are_told_apart() {
        let bytes = companion().to_bytes(&[3; 32]).unwrap();
        for at in MAGIC.len()..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let error = Companion::from_bytes(&bytes).unwrap_err().to_string();
            assert!(error.starts_with("damaged"), "{at}: {error}");
        }
        for len in MAGIC.len()..bytes.len() {
            let error = Companion::from_bytes(&bytes[..len]).unwrap_err();
            assert!(error.to_string().starts_with("damaged"), "{len}: {error}");
        }
        // The first layout was the postcard alone.
        let old = postcard::to_allocvec(&("name = \"it\"", "it.toml", Trained::default())).unwrap();
        let error = Companion::from_bytes(&old).unwrap_err().to_string();
        assert!(error.contains("earlier version"), "{error}");
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
            let moved = Companion {
                made_from: kept,
                ..companion()
            };
            let found = moved.description(&root.join("two/models/it.till"));
            assert_eq!(found, place(&description.replace("one", "two")));
        }
        assert_eq!(made_beside(Path::new("a.till"), "preset x"), "preset x");
    }
}
