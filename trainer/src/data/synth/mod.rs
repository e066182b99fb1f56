//! Generated stand-ins for the five data sets, so that everything runs without a download.
//!
//! Each has the types, schema and classes of the real set, labels that can be learned but not without error, and the same bytes
//! for the same sizes and seed on every machine. Stand-ins tell nothing about accuracy on real data.

mod clients;
mod clips;
mod images;
mod phrases;
mod texts;
mod visits;

pub use clients::clients;
pub use clips::clips;
pub use images::images;
pub use texts::texts;
pub use visits::visits;

/// Number of samples of a generated set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of samples in the training part.
    pub train: usize,
    /// Number of samples in the test part.
    pub test: usize,
}

/// The sizes of the five sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Handwritten digits.
    pub images: Size,
    /// Spoken digits.
    pub clips: Size,
    /// Bank requests.
    pub texts: Size,
    /// Card clients.
    pub clients: Size,
    /// Shop visits.
    pub visits: Size,
}

/// Sizes where no data folder is found: enough to train on, generated in about two seconds.
pub const SIZES: Sizes = Sizes {
    images: Size::new(6000, 1000),
    clips: Size::new(1800, 300),
    texts: Size::new(7700, 1540),
    clients: Size::new(8000, 2000),
    visits: Size::new(6000, 1500),
};

/// Seed where no data folder is found.
pub const SEED: u64 = 2025;

impl Size {
    /// A size of two parts, each of which should hold at least one sample.
    pub const fn new(train: usize, test: usize) -> Self {
        Self { train, test }
    }
}

/// Streams of one seed, so that no part of a set repeats another: `2 * set` for training, and the next one for test.
pub(crate) mod stream {
    pub(crate) const IMAGES: u64 = 0;
    pub(crate) const CLIPS: u64 = 2;
    pub(crate) const TEXTS: u64 = 4;
    pub(crate) const CLIENTS: u64 = 6;
    pub(crate) const VISITS: u64 = 8;
}

/// SHA-256 of bytes, for the tests that pin what the generators make.
#[cfg(test)]
pub(crate) fn digest(bytes: impl IntoIterator<Item = u8>) -> String {
    use sha2::{Digest, Sha256};
    let bytes: Vec<u8> = bytes.into_iter().collect();
    Sha256::digest(&bytes)[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
