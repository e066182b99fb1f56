//! What a call of training may choose, apart from the description.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use burn::tensor::Device;

use tillsense_compiler::threads::Threads;

/// Back end of Burn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// burn-flex.
    #[default]
    Flex,
    /// burn-ndarray.
    #[cfg(feature = "ndarray")]
    Ndarray,
}

impl Backend {
    /// The device without gradients.
    pub fn device(self) -> Device {
        match self {
            Backend::Flex => Device::flex(),
            #[cfg(feature = "ndarray")]
            Backend::Ndarray => Device::ndarray(),
        }
    }
}

/// Options of [`super::train()`].
#[derive(Clone, Debug, Default)]
pub struct TrainOptions {
    /// What computes.
    pub backend: Backend,
    /// On how many threads. The result is the same on any number.
    pub threads: Threads,
    /// Where the state is kept after each epoch and at a stop; nowhere if `None`.
    pub checkpoint: Option<PathBuf>,
    /// Go on from the checkpoint where there is one.
    pub resume: bool,
    /// Set from outside (Ctrl-C) to stop after the current step.
    pub stop: Arc<AtomicBool>,
}
