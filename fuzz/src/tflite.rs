//! Models of TensorFlow Lite.

use tillsense_compiler::import::net::{Net, Op};
use tillsense_compiler::import::{import, tflite};
use tillsense_compiler::target::{ExportOptions, Target};

/// Reads the bytes and makes model files of them, for a processor with kernels of its own too; a file that is made has been loaded.
///
/// # Panics
///
/// Where a network that was read does not keep what [`tillsense_compiler::import::net`] promises, or a refusal is not one line.
pub fn tflite(data: &[u8]) {
    match tflite::read(data) {
        Ok(net) => kept(&net),
        Err(error) => return one_line(&error.to_string()),
    }
    let packed = ExportOptions {
        target: Target::CortexM4,
        flash_growth: 25,
    };
    for aim in [ExportOptions::GENERIC, packed] {
        if let Err(error) = import(data, "fuzz", &aim) {
            one_line(&format!("{error:#}"));
        }
    }
}

fn one_line(error: &str) {
    assert!(!error.contains('\n'), "{error}");
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
