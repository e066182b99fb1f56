//! Files that are read, and files that are refused.

mod builder;
mod operators;
mod refused;
mod seeds;
mod tensors;

use builder::{Field, Fields, File, int8};

use super::{TfliteError, read};

/// A file whose one operator takes operands that are given, and whose results are what it gives.
fn single(code: i32, operands: i32, results: i32, options: Option<(u8, Fields)>) -> File {
    let mut file = File::default();
    for number in 0..operands + results {
        file.tensor(int8(&format!("t{number}"), &[1, 4]));
    }
    file.inputs = (0..operands).collect();
    file.outputs = (operands..operands + results).collect();
    let (inputs, outputs) = (file.inputs.clone(), file.outputs.clone());
    file.operator(code, &inputs, &outputs, options);
    file
}

/// Why a file is refused, which is one line.
#[track_caller]
fn refusal(file: &File) -> String {
    line(read(&file.bytes()).expect_err("it is refused"))
}

#[track_caller]
fn line(error: TfliteError) -> String {
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}
