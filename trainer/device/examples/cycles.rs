//! Models the cycles of a program of one's own on an emulated board: of each call of its function `trial::Trial::run`.
//!
//! `cargo run -p tillsense-device --example cycles -- BOARD IMAGE PIPELINE..` prints the instructions of each call, and the cycles
//! of each pipeline with memory that needs no wait states. The program ends by semihosting. So the models can be held against
//! programs whose cycles on silicon are published: docs/PERFORMANCE.md has the table.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tillsense_board::CycleModel;
use tillsense_device::bench::cycles;
use tillsense_device::boards;

/// Time limit of a program.
const LIMIT: Duration = Duration::from_secs(300);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [board, image, pipelines @ ..] = &arguments[..] else {
        anyhow::bail!("name a board, an image and pipelines: mps2-an386 coremark cortex-m4");
    };
    let machine = boards::find(board).with_context(|| format!("there is no board {board}"))?;
    let models = pipelines.iter().map(|name| {
        let found = CycleModel::ALL
            .into_iter()
            .find(|model| model.name() == name);
        found.with_context(|| format!("there is no pipeline {name}"))
    });
    let models = models.collect::<Result<Vec<_>>>()?;
    // The board's model slot is not read: the image fills it with itself.
    let image = Path::new(image);
    let (finished, measured) = cycles::run_trials(machine, image, image, &models, LIMIT)?;
    ensure!(
        finished.code == Some(0),
        "the program ended with {:?}",
        finished.code
    );
    for (number, call) in measured.iter().enumerate() {
        print!("call {number}: {} instructions", call.instructions);
        for (model, cycles) in models.iter().zip(&call.cycles) {
            print!(", {cycles} cycles of {}", model.name());
        }
        println!();
    }
    Ok(())
}
