//! What training leaves beside a model file: `[magic 8] [postcard] [SHA-256 of all before, 32]`.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::graph::Trained;
use crate::task::ContentDigest;

/// First bytes; the digit is the version of the layout. Files of the first layout had no such bytes.
const MAGIC: &[u8; 8] = b"tilltrn2";
/// Length of the digest at the end.
const DIGEST: usize = 32;

/// What training leaves beside a model file, so that float and fixed-point figures can be shown side by side later.
#[derive(Debug, Serialize, Deserialize)]
pub struct Companion {
    /// The description's text.
    pub text: String,
    /// The description's name in errors: the preset or the file.
    pub origin: String,
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
    /// Reads the companion of a model file; `None` where there is none.
    pub fn read(model: &Path) -> Result<Option<Self>> {
        let path = companion_path(model);
        if !path.exists() {
            return Ok(None);
        }
        let place = || path.display().to_string();
        let bytes = std::fs::read(&path).with_context(|| format!("{}: cannot be read", place()))?;
        Companion::from_bytes(&bytes).with_context(place).map(Some)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = postcard::to_extend(self, MAGIC.to_vec())?;
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| {
            anyhow!(
                "written by an earlier version, which did not keep what data a model was trained on, or damaged; `tillsense train` with the same description and -o makes it and its model anew"
            )
        })?;
        let damaged = || anyhow!("damaged; train again or remove it");
        let at = body.len().checked_sub(DIGEST).ok_or_else(damaged)?;
        let (_, digest) = bytes.split_at(bytes.len() - DIGEST);
        let whole = Sha256::digest(&bytes[..bytes.len() - DIGEST]);
        ensure!(whole.as_slice() == digest, damaged());
        postcard::from_bytes(&body[..at]).map_err(|_| damaged())
    }
}

/// Where the companion of a model file lies.
pub fn companion_path(model: &Path) -> PathBuf {
    model.with_extension("trained")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn companion() -> Companion {
        Companion {
            text: "name = \"it\"".to_owned(),
            origin: "it.toml".to_owned(),
            data: TrainedOn {
                generated: true,
                digest: ContentDigest([7; 32]),
            },
            trained: Trained::default(),
        }
    }

    #[test]
    fn the_digest_of_the_data_is_kept() {
        let read = Companion::from_bytes(&companion().to_bytes().unwrap()).unwrap();
        assert_eq!(read.data, companion().data);
        assert_eq!(read.data.to_string(), "synthetic data 070707070707");
        assert_eq!(
            serde_json::to_value(read.data).unwrap()["digest"],
            "07".repeat(32)
        );
    }

    #[test]
    fn old_and_damaged_companions_are_told_apart() {
        let bytes = companion().to_bytes().unwrap();
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
        assert!(
            error.contains("earlier version") && error.contains("`tillsense train`"),
            "{error}"
        );
    }
}
