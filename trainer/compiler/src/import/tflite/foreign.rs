//! What a file is that is none of TensorFlow Lite.

use std::fmt;

use super::schema::IDENTIFIER;

/// What a file seems to be instead, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Shorter than any model; its length in bytes.
    Short(usize),
    /// A model file of this project.
    Tillsense,
    /// An older schema of TensorFlow Lite.
    Old,
    /// Keras, or weights of it, in HDF5.
    Hdf5,
    /// An archive: Keras or PyTorch.
    Archive,
    /// TensorFlow's SavedModel.
    SavedModel,
    /// ONNX.
    Onnx,
    /// A note of Git LFS in the place of the file.
    LfsPointer,
    /// A web page.
    Page,
    /// Something else.
    Unknown,
}

/// Bytes up to the end of the identifier.
const LEAST: usize = 8;

/// What these bytes are, if no model of TensorFlow Lite.
pub(super) fn foreign(bytes: &[u8]) -> Option<Foreign> {
    if bytes.get(4..LEAST) == Some(&IDENTIFIER) {
        return None;
    }
    let starts = |with: &[u8]| bytes.starts_with(with);
    Some(if starts(&tillsense_core::model::header::MAGIC) {
        Foreign::Tillsense
    } else if starts(b"\x89HDF") {
        Foreign::Hdf5
    } else if starts(b"PK\x03\x04") {
        Foreign::Archive
    } else if starts(b"version https://git-lfs") {
        Foreign::LfsPointer
    } else if is_page(bytes) {
        Foreign::Page
    } else if bytes.len() < LEAST {
        Foreign::Short(bytes.len())
    } else if starts(b"\x08\x01\x12") {
        // Version 1 of its schema, and a graph.
        Foreign::SavedModel
    } else if is_onnx(bytes) {
        Foreign::Onnx
    } else if bytes[4..7] == IDENTIFIER[..3] {
        Foreign::Old
    } else {
        Foreign::Unknown
    })
}

/// Whether this is a protocol buffer that starts with a small number in field 1, the version, and goes on with one of the fields that
/// follow it in ONNX: the producer's name, its version, a domain, a version, a text, the graph, or the sets of operators.
fn is_onnx(bytes: &[u8]) -> bool {
    const FIELDS: [u8; 7] = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];
    matches!(bytes, [0x08, 1..=0x7f, field, ..] if FIELDS.contains(field))
}

fn is_page(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(64)];
    let start = start.trim_ascii_start().to_ascii_lowercase();
    start.starts_with(b"<!doctype") || start.starts_with(b"<html")
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no TensorFlow Lite model: ")?;
        match self {
            Foreign::Short(0) => f.write_str("the file is empty"),
            Foreign::Short(bytes) => write!(f, "the file has only {bytes} bytes"),
            Foreign::Tillsense => f.write_str("it is a model file of Tillsense already, which needs no import"),
            Foreign::Old => f.write_str("it was written before version 3 of the schema; convert the network again with a TensorFlow of today"),
            Foreign::Hdf5 => {
                f.write_str("it is HDF5, as Keras writes; load it and convert with tf.lite.TFLiteConverter.from_keras_model(model)")
            }
            Foreign::Archive => f.write_str(
                "it is an archive, as Keras and PyTorch write; a Keras model is converted with tf.lite.TFLiteConverter.from_keras_model(model)",
            ),
            Foreign::SavedModel => {
                f.write_str("it is a SavedModel of TensorFlow; convert its folder with tf.lite.TFLiteConverter.from_saved_model(folder)")
            }
            Foreign::Onnx => f.write_str("it is ONNX, which is not read yet; convert it to .tflite, for instance with onnx2tf"),
            Foreign::LfsPointer => f.write_str("it is a note that Git LFS left in its place; fetch the file with `git lfs pull`"),
            Foreign::Page => f.write_str("it is a web page; download the file itself"),
            Foreign::Unknown => f.write_str("the bytes 4 to 8 are not TFL3"),
        }
    }
}
