//! Models of TensorFlow Lite.

use tillsense_compiler::import::net::{Net, Op};
use tillsense_compiler::import::tflite;

/// Reads the bytes, and what they are refused for.
///
/// # Panics
///
/// Where a network that was read does not keep what [`tillsense_compiler::import::net`] promises, or a refusal is not one line.
pub fn tflite(data: &[u8]) {
    match tflite::read(data) {
        Ok(net) => kept(&net),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}

/// Holds a network to its promises.
fn kept(net: &Net<'_>) {
    let mut known: Vec<bool> = net
        .tensors
        .iter()
        .map(|tensor| tensor.data.is_some() || tensor.variable)
        .collect();
    for tensor in &net.tensors {
        assert!(tensor.len().is_some());
        if let Some(quant) = &tensor.quant {
            assert_eq!(quant.scales.len(), quant.zero_points.len());
            assert!(quant.scales.len() == 1 || tensor.shape[quant.axis] == quant.scales.len());
        }
    }
    for &input in &net.inputs {
        assert!(!std::mem::replace(&mut known[input], true));
    }
    for operator in &net.operators {
        assert!(operator.inputs.iter().flatten().all(|&id| known[id]));
        for &output in &operator.outputs {
            assert!(!std::mem::replace(&mut known[output], true));
        }
        if let Op::Conv2d(..) = operator.op {
            assert!(operator.inputs[0].and(operator.inputs[1]).is_some());
        }
    }
    assert!(net.outputs.iter().all(|&id| known[id]));
}
