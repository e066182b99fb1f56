//! Writes the model that `examples/c/bare` runs, packed for a processor: a picture, a clip, a text and a record, random weights.
//!
//! `cargo run -p tillsense-device --example c_model -- four.till cortex-m4`

use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::files;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::target::Target;
use tillsense_compiler::testing::lowered::packed;
use tillsense_compiler::testing::networks::{BAG, PICTURE, RECORD, SOUND, described};

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (file, target) = (words.next(), words.next());
    let file = file.context("which file?")?;
    let target = target.as_deref().and_then(Target::named);
    let target = target.context("which processor? For example cortex-m4, rv32imc")?;
    let toy = described(&[PICTURE, SOUND, BAG, RECORD], "", 1);
    files::write(Path::new(&file), &assemble(&packed(&toy, target)))
}
