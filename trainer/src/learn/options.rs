//! Options of a training apart from the description.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use burn::tensor::Device;
use tillsense_compiler::threads::Threads;

/// A backend of Burn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The backend burn-flex.
    #[default]
    Flex,
    /// The backend burn-ndarray.
    #[cfg(feature = "ndarray")]
    Ndarray,
}

impl Backend {
    /// The backend's device, without gradients.
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
    /// The backend that computes.
    pub backend: Backend,
    /// Number of threads. The result is the same on any number.
    pub threads: Threads,
    /// File in which the state is kept after each epoch and at a stop; `None` keeps none.
    pub checkpoint: Option<PathBuf>,
    /// Whether to continue from the checkpoint where there is one.
    pub resume: bool,
    /// Flag that is set from outside (Ctrl-C) to stop after the current step.
    pub stop: Arc<AtomicBool>,
}
