//! Batches: what one forward pass reads, in plain numbers.

/// Some samples side by side.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Number of samples.
    pub size: usize,
    /// Inputs, in the order of the graph.
    pub inputs: Vec<BatchInput>,
}

/// One input of all samples in a batch.
#[derive(Clone, Debug)]
pub struct BatchInput {
    /// For each sample, whether it has the input.
    pub present: Vec<bool>,
    /// Features; those of absent inputs are zero or empty.
    pub data: BatchData,
}

/// Features in real numbers.
#[derive(Clone, Debug)]
pub enum BatchData {
    /// Values of whole inputs, `[size, h, w, c]`.
    Whole(Vec<f32>),
    /// Values of streaming inputs.
    Steps {
        /// Values `[steps, size, width]`.
        values: Vec<f32>,
        /// Largest number of steps of any sample.
        steps: usize,
        /// Number of valid steps of each sample.
        counts: Vec<usize>,
    },
    /// Ids of each sample.
    Ids(Vec<Vec<u16>>),
}
