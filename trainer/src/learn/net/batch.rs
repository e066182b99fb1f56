//! What one forward pass reads, in plain numbers.

/// Some samples side by side.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Samples.
    pub size: usize,
    /// One for each input of the graph.
    pub inputs: Vec<BatchInput>,
}

/// One input of all samples.
#[derive(Clone, Debug)]
pub struct BatchInput {
    /// Whether each sample has it.
    pub present: Vec<bool>,
    /// Its features; those of absent inputs are zero or empty.
    pub data: BatchData,
}

/// Features in real numbers.
#[derive(Clone, Debug)]
pub enum BatchData {
    /// `[size, h, w, c]`.
    Whole(Vec<f32>),
    /// Values `[steps, size, width]`, and how many steps of each sample are valid.
    Steps {
        /// `[steps, size, width]`.
        values: Vec<f32>,
        /// The most steps of any sample.
        steps: usize,
        /// Valid steps of each sample.
        counts: Vec<usize>,
    },
    /// Ids of each sample.
    Ids(Vec<Vec<u16>>),
}
