//! Data sources, and the loading of each set from them.

use std::path::{Path, PathBuf, absolute};
use std::{env, fmt};

use anyhow::{Result, bail};
pub use tillsense_compiler::network::description::SetKind;
use tillsense_compiler::network::description::{Origin, Spec};

use super::error::{DataError, Problem};
use super::types::{Clients, Clips, Images, Split, Texts, Visits};
use super::{banking77, credit, fsdd, mnist, shoppers, synth};

/// The environment variable that names a data folder.
pub const VARIABLE: &str = "TILLSENSE_DATA";
/// The folder used when it exists and none is named.
pub const DEFAULT_FOLDER: &str = "data";

/// The source of the data sets. Its `Display` form is the phrase for every output: `real data in DIR` or `synthetic data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A folder with the published files.
    Folder {
        /// Path of the folder.
        dir: PathBuf,
        /// Where the folder was named, for messages: `--data`, the variable, or the default.
        named_by: &'static str,
    },
    /// The generators in [`synth`], with the sizes of [`synth::SIZES`] and the seed [`synth::SEED`].
    Synthetic,
    /// The same, because a person asked for them.
    Generated,
    /// Somebody's own data, in files that a description names.
    Own {
        /// Folder from which the paths start.
        base: PathBuf,
        /// Paths of the folder or the tables below it.
        paths: Vec<String>,
        /// The data in the description's words, for messages.
        what: String,
    },
}

/// Who named a folder, where `--data` did.
const NAMED_BY_FLAG: &str = "--data";

/// The value of `--data` for generated data; a folder of this name is `./generated`.
pub const GENERATED: &str = "generated";

/// The data source: `cli` (from `--data DIR`, or `--data generated`), else `$TILLSENSE_DATA`, else `./data` if
/// there is such a folder, else synthetic data.
///
/// A folder that was named is never replaced by synthetic data: loading from it fails if it or one of its files is not there.
pub fn locate(cli: Option<&Path>) -> DataSource {
    let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    choose(cli, variable.map(PathBuf::from), Path::new(DEFAULT_FOLDER))
}

/// Number of classes of a set.
fn classes(set: SetKind) -> usize {
    match set {
        SetKind::Mnist | SetKind::Fsdd => 10,
        SetKind::Banking77 => super::intents::INTENTS.len(),
        SetKind::CreditDefault | SetKind::OnlineShoppers => 2,
    }
}

/// Size of a set, as `tillsense data` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SetFigures {
    /// Name of the set.
    pub set: &'static str,
    /// Number of training samples.
    pub train: usize,
    /// Number of test samples.
    pub test: usize,
    /// Number of classes.
    pub classes: usize,
}

/// Loads a set and counts it.
pub fn describe(source: &DataSource, set: SetKind) -> Result<SetFigures, DataError> {
    let (train, test) = match set {
        SetKind::Mnist => images(source).map(|split| (split.train.len(), split.test.len())),
        SetKind::Fsdd => clips(source).map(|split| (split.train.len(), split.test.len())),
        SetKind::Banking77 => texts(source).map(|split| (split.train.len(), split.test.len())),
        SetKind::CreditDefault => {
            clients(source).map(|split| (split.train.len(), split.test.len()))
        }
        SetKind::OnlineShoppers => {
            visits(source).map(|split| (split.train.len(), split.test.len()))
        }
    }?;
    Ok(SetFigures {
        set: set.name(),
        train,
        test,
        classes: classes(set),
    })
}

/// Loads the handwritten digits (MNIST).
pub fn images(source: &DataSource) -> Result<Split<Images>, DataError> {
    match source.folder()? {
        Some(dir) => mnist::read(dir),
        None => Ok(synth::images(synth::SIZES.images, synth::SEED)),
    }
}

/// Loads the spoken digits (FSDD).
pub fn clips(source: &DataSource) -> Result<Split<Clips>, DataError> {
    match source.folder()? {
        Some(dir) => fsdd::read(dir),
        None => Ok(synth::clips(synth::SIZES.clips, synth::SEED)),
    }
}

/// Loads the bank requests (Banking77).
pub fn texts(source: &DataSource) -> Result<Split<Texts>, DataError> {
    match source.folder()? {
        Some(dir) => banking77::read(dir),
        None => Ok(synth::texts(synth::SIZES.texts, synth::SEED)),
    }
}

/// Loads the credit card clients (UCI 350).
pub fn clients(source: &DataSource) -> Result<Split<Clients>, DataError> {
    match source.folder()? {
        Some(dir) => credit::read(dir),
        None => Ok(synth::clients(synth::SIZES.clients, synth::SEED)),
    }
}

/// Loads the web shop sessions (UCI 468).
pub fn visits(source: &DataSource) -> Result<Split<Visits>, DataError> {
    match source.folder()? {
        Some(dir) => shoppers::read(dir),
        None => Ok(synth::visits(synth::SIZES.visits, synth::SEED)),
    }
}

impl DataSource {
    /// Whether the data are generated.
    pub fn is_synthetic(&self) -> bool {
        matches!(self, DataSource::Synthetic | DataSource::Generated)
    }

    /// Whether an existing file is one of the data: it lies in the folder of one of the sets, or is somebody's own.
    pub fn holds(&self, file: &Path) -> bool {
        let places: Vec<PathBuf> = match self {
            DataSource::Folder { dir, .. } => SetKind::ALL.map(|set| dir.join(set.name())).to_vec(),
            DataSource::Own { base, paths, .. } => {
                paths.iter().map(|path| base.join(path)).collect()
            }
            DataSource::Synthetic | DataSource::Generated => Vec::new(),
        };
        let Ok(file) = file.canonicalize() else {
            return false;
        };
        let mut places = places.iter().filter_map(|place| place.canonicalize().ok());
        places.any(|place| file.starts_with(place))
    }

    /// The folder or table of somebody's own data, where it is there.
    pub fn own_file(&self) -> Option<PathBuf> {
        match self {
            DataSource::Own { base, paths, .. } => base.join(paths.first()?).canonicalize().ok(),
            _ => None,
        }
    }

    /// This source, which holds somebody's own data of another one too: nothing is written over those either.
    pub fn with_files_of(mut self, other: Option<&DataSource>) -> Result<Self> {
        if let (
            DataSource::Own { paths, .. },
            Some(DataSource::Own {
                base, paths: more, ..
            }),
        ) = (&mut self, other)
        {
            for path in more {
                let whole = absolute(base.join(path))?;
                paths.push(whole.to_string_lossy().into_owned());
            }
        }
        Ok(self)
    }

    fn folder(&self) -> Result<Option<&Path>, DataError> {
        match self {
            DataSource::Folder { dir, named_by } if !dir.is_dir() => {
                Err(DataError::new(dir, Problem::NoFolder(named_by)))
            }
            DataSource::Folder { dir, .. } => Ok(Some(dir)),
            DataSource::Synthetic | DataSource::Generated => Ok(None),
            // The published sets are asked for from another source.
            DataSource::Own { base, .. } => Ok(Some(base)),
        }
    }

    /// The folder from which paths of somebody's own data start.
    pub fn base(&self) -> Result<&Path, DataError> {
        match self {
            DataSource::Own { base, .. } => Ok(base),
            other => Ok(other.folder()?.unwrap_or(Path::new("."))),
        }
    }

    /// The source of a description's data: for published sets this one; for somebody's own data the files that the description names,
    /// from the folder that `--data` names, else from the one in which the description lies. Nobody's own data can be generated.
    pub fn for_description(&self, spec: &Spec, origin: &str) -> Result<Self> {
        let Spec { data, inputs, .. } = spec;
        if !data.origin.is_own() {
            return Ok(self.clone());
        }
        let what = data.origin.words();
        let beside = || {
            Path::new(origin)
                .parent()
                .unwrap_or(Path::new(""))
                .to_owned()
        };
        let base = match self {
            DataSource::Generated => bail!(
                "{origin}: reads {what}, for which no data can be generated; leave `{NAMED_BY_FLAG} {GENERATED}` out, or name the folder that its paths start from with {NAMED_BY_FLAG} DIR"
            ),
            DataSource::Folder { dir, named_by } if *named_by == NAMED_BY_FLAG => dir.clone(),
            DataSource::Own { base, .. } => base.clone(),
            _ => beside(),
        };
        let first = match &data.origin {
            Origin::Folder(path) | Origin::Table(path) => Some(path.clone()),
            Origin::Set(_) | Origin::Composition(_) => None,
        };
        let joined = inputs
            .iter()
            .filter_map(|input| input.columns.table.as_ref());
        let joined = joined.map(|joined| joined.table.clone());
        Ok(DataSource::Own {
            base,
            paths: first.into_iter().chain(joined).collect(),
            what,
        })
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataSource::Folder { dir, .. } => write!(f, "real data in {}", dir.display()),
            DataSource::Synthetic | DataSource::Generated => f.write_str("synthetic data"),
            DataSource::Own { what, .. } => write!(f, "data of {what}"),
        }
    }
}

fn choose(cli: Option<&Path>, variable: Option<PathBuf>, default: &Path) -> DataSource {
    let folder = |dir: PathBuf, named_by| DataSource::Folder { dir, named_by };
    match (cli, variable) {
        (Some(dir), _) if dir.as_os_str() == GENERATED => DataSource::Generated,
        (Some(dir), _) => folder(dir.to_owned(), NAMED_BY_FLAG),
        (None, Some(dir)) => folder(dir, "$TILLSENSE_DATA"),
        (None, None) if default.exists() => folder(default.to_owned(), "default"),
        (None, None) => DataSource::Synthetic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_variable_beats_the_default() {
        let here = tempfile::tempdir().unwrap();
        let none = here.path().join("none");
        let shown = |cli: Option<&str>, variable: Option<&str>, default: &Path| {
            choose(cli.map(Path::new), variable.map(PathBuf::from), default).to_string()
        };
        assert_eq!(shown(Some("a"), Some("b"), here.path()), "real data in a");
        assert_eq!(shown(None, Some("b"), here.path()), "real data in b");
        assert!(shown(None, None, here.path()).starts_with("real data in /"));
        assert_eq!(shown(None, None, &none), "synthetic data");
    }

    #[test]
    fn generated_data_can_be_asked_for() {
        let here = tempfile::tempdir().unwrap();
        let asked = |cli: &str| choose(Some(Path::new(cli)), Some("b".into()), here.path());
        assert_eq!(asked("generated"), DataSource::Generated);
        assert_eq!(asked("generated").to_string(), "synthetic data");
        assert_eq!(asked("./generated").to_string(), "real data in ./generated");
    }

    #[test]
    fn a_named_folder_is_not_replaced() {
        let here = tempfile::tempdir().unwrap();
        let error = images(&choose(Some(&here.path().join("x")), None, here.path())).unwrap_err();
        assert!(
            matches!(error.problem, Problem::NoFolder("--data")),
            "{error}"
        );
        let error = images(&choose(None, Some(here.path().join("x")), here.path())).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("named by $TILLSENSE_DATA does not exist"),
            "{error}"
        );
        let empty = choose(None, None, here.path());
        for set in SetKind::ALL {
            let error = describe(&empty, set).unwrap_err();
            assert!(matches!(error.problem, Problem::NotFound), "{error}");
            assert!(
                error.to_string().contains("tillsense data fetch"),
                "{error}"
            );
        }
    }

    #[test]
    fn names() {
        for set in SetKind::ALL {
            assert_eq!(SetKind::from_name(set.name()), Some(set));
        }
        assert_eq!(SetKind::from_name("cifar"), None);
    }
}
