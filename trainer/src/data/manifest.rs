//! Every file of the five sets: its place in a data folder, its size and SHA-256, and the addresses to get it from.
//!
//! The checksums are of the files as this project uses them. Nine are the published bytes; `fsdd.tar` and `UCI_Credit_Card.csv`
//! are repacked (see [`Form`]), in such a way that the result has the same bytes wherever it was made.

use super::source::SetKind;

/// A file of a data folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// The set that the file belongs to.
    pub(crate) set: SetKind,
    /// Path in the data folder, with `/`.
    pub(crate) path: &'a str,
    /// Length in bytes.
    pub(crate) bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub(crate) sha256: &'a str,
    /// Another form of the file that may stand in its place.
    pub(crate) instead: Option<Instead<'a>>,
    /// Addresses to get the file from, in order of preference.
    pub(crate) origins: &'a [Origin<'a>],
}

/// Another form of a file that the readers take as well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instead<'a> {
    /// The unpacked file: path, SHA-256.
    File(&'a str, &'a str),
    /// The folder whose clips, packed, make the file.
    Recordings(&'a str),
}

/// An address with the form of the file there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    /// The address, a URL.
    pub(crate) url: &'a str,
    /// The form in which the file lies there.
    pub(crate) form: Form<'a>,
}

/// The form in which an address holds a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// The file as it is.
    Same,
    /// A gzipped tar with the clips in a folder `recordings`; they are packed into one plain tar
    /// with sorted names and fixed times.
    RecordingsTarGz,
    /// A CSV of the credit set in any of its variants: the header is given the usual names, whole
    /// numbers lose a `.0`, lines end in LF.
    CreditCsv,
    /// A zip archive with a member of this name.
    Zip(&'a str),
}

macro_rules! mnist {
    ($name:literal, $bytes:literal, $packed:literal, $plain:literal) => {
        Entry {
            set: SetKind::Mnist,
            path: concat!("mnist/", $name, ".gz"),
            bytes: $bytes,
            sha256: $packed,
            instead: Some(Instead::File(concat!("mnist/", $name), $plain)),
            origins: &[
                same(concat!(
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    $name,
                    ".gz"
                )),
                same(concat!(
                    "https://storage.googleapis.com/cvdf-datasets/mnist/",
                    $name,
                    ".gz"
                )),
            ],
        }
    };
}

macro_rules! banking {
    ($name:literal, $bytes:literal, $sha256:literal) => {
        Entry {
            set: SetKind::Banking77,
            path: concat!("banking77/", $name),
            bytes: $bytes,
            sha256: $sha256,
            instead: None,
            origins: &[same(concat!(
                "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/banking_data/",
                $name
            ))],
        }
    };
}

/// The files, set by set.
pub(crate) static FILES: [Entry<'static>; 10] = [
    mnist!(
        "train-images-idx3-ubyte",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    mnist!(
        "train-labels-idx1-ubyte",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    mnist!(
        "t10k-images-idx3-ubyte",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    mnist!(
        "t10k-labels-idx1-ubyte",
        4542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
    Entry {
        set: SetKind::Fsdd,
        path: "fsdd/fsdd.tar",
        bytes: 23_429_120,
        sha256: "4e03caec61c8ba6cda8ff6ba57fec5610f4024bea7adb7764af1c960c208f374",
        instead: Some(Instead::Recordings("fsdd/recordings")),
        origins: &[
            Origin {
                url: "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
                form: Form::RecordingsTarGz,
            },
            Origin {
                url: "https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/tar.gz/refs/tags/v1.0.10",
                form: Form::RecordingsTarGz,
            },
        ],
    },
    banking!(
        "train.csv",
        839_073,
        "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b"
    ),
    banking!(
        "test.csv",
        239_961,
        "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d"
    ),
    banking!(
        "categories.json",
        2036,
        "53261da888122daf2d120d925458631d9619e15d82e56052e7a42e535ce32b63"
    ),
    Entry {
        set: SetKind::CreditDefault,
        path: "credit_default/UCI_Credit_Card.csv",
        bytes: 2_867_208,
        sha256: "f7b7d22d1f8dd27dadb25d4b78d8a4ae7c441ab6cc12d1ea58c0efc54d4d1788",
        instead: None,
        // The archive's own package holds an Excel file; its CSV service numbers the columns X1 to X23.
        origins: &[
            Origin {
                url: "https://archive.ics.uci.edu/static/public/350/data.csv",
                form: Form::CreditCsv,
            },
            Origin {
                url: "https://huggingface.co/datasets/scikit-learn/credit-card-clients/resolve/main/UCI_Credit_Card.csv",
                form: Form::CreditCsv,
            },
        ],
    },
    Entry {
        set: SetKind::OnlineShoppers,
        path: "online_shoppers/online_shoppers_intention.csv",
        bytes: 1_072_063,
        sha256: "b3055ee355f59134d851d32641183cb4a8b45def7124d2f50442a042f358e0d9",
        instead: None,
        origins: &[
            Origin {
                url: "https://archive.ics.uci.edu/static/public/468/online+shoppers+purchasing+intention+dataset.zip",
                form: Form::Zip("online_shoppers_intention.csv"),
            },
            same(
                "https://archive.ics.uci.edu/ml/machine-learning-databases/00468/online_shoppers_intention.csv",
            ),
        ],
    },
];

const fn same(url: &str) -> Origin<'_> {
    Origin {
        url,
        form: Form::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_files_and_every_file_an_address() {
        for set in SetKind::ALL {
            assert!(FILES.iter().any(|entry| entry.set == set));
        }
        for entry in &FILES {
            assert!(entry.path.starts_with(entry.set.name()));
            assert_eq!(entry.sha256.len(), 64);
            assert!(!entry.origins.is_empty());
            assert!(
                entry
                    .origins
                    .iter()
                    .all(|origin| origin.url.starts_with("https://"))
            );
        }
    }
}
