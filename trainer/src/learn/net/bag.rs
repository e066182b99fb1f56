//! Embeddings of ids.

use burn::tensor::{Device, Int, Tensor, TensorData};
use tillsense_core::model::records::BagMode;

/// A bag as a matrix product `[n, rows] x [rows, c]`: dense, but far faster than gathering
/// rows one by one, forwards and backwards.
///
/// Entry (sample, row) is the number of times that the bag holds the row, divided by the mode's divisor.
pub(super) fn bag(table: Tensor<2>, ids: &[Vec<u16>], mode: BagMode, device: &Device) -> Tensor<2> {
    let rows = table.dims()[0];
    let mut counts = vec![0.0f32; ids.len() * rows];
    for (line, ids) in counts.chunks_exact_mut(rows).zip(ids) {
        let weight = match mode {
            BagMode::Sum => 1.0,
            BagMode::Mean => 1.0 / ids.len().max(1) as f32,
            BagMode::SqrtN => 1.0 / (ids.len().max(1) as f32).sqrt(),
        };
        ids.iter().for_each(|&id| line[row(id, rows)] += weight);
    }
    Tensor::<2>::from_data(TensorData::new(counts, [ids.len(), rows]), device).matmul(table)
}

/// The table rows of each step, `[steps * n, c]`; steps past the end of a sample read row 0 and are masked later.
pub(super) fn steps(table: Tensor<2>, ids: &[Vec<u16>], device: &Device) -> Tensor<2> {
    let [rows, c] = table.dims();
    let (n, most) = (ids.len(), ids.iter().map(Vec::len).max().unwrap_or(0));
    if most == 0 {
        return Tensor::zeros([0, c], device);
    }
    let flat: Vec<i32> = (0..most)
        .flat_map(|t| {
            ids.iter()
                .map(move |s| s.get(t).map_or(0, |&id| row(id, rows) as i32))
        })
        .collect();
    let index = Tensor::<1, Int>::from_data(TensorData::new(flat, [most * n]), device);
    table.select(0, index)
}

/// The row of an id. Ids past the table read row 0, as on the device.
fn row(id: u16, rows: usize) -> usize {
    if usize::from(id) < rows {
        usize::from(id)
    } else {
        0
    }
}
