//! A model's budget: required before training, shown after it.

use anyhow::{Context, Result, bail};
use tillsense_compiler::cost::{Line, Needs};
use tillsense_compiler::network::description::Budget;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_device::bench::counter;

use crate::cli::progress::note;
use crate::cli::{Shared, output};
use crate::project::Prepared;

/// Refuses a description whose model would exceed the budget; returns the counted instructions where they are limited.
pub fn require(
    prepared: &Prepared,
    origin: &str,
    budget: &Budget,
    aim: &ExportOptions,
    shared: &Shared,
) -> Result<Option<u64>> {
    if budget.is_empty() {
        return Ok(None);
    }
    let place = || format!("{origin} for {}", aim.target);
    // Needs that take no emulator are checked before one is made ready.
    let without = prepared.needs(aim, None)?;
    if let Err(error) = without.require(budget) {
        let lean = ExportOptions {
            flash_growth: 0,
            ..*aim
        };
        let fits = aim.target != Target::Generic
            && aim.flash_growth > 0
            && prepared.needs(&lean, None)?.require(budget).is_ok();
        let hint = if fits {
            "; with `--flash-growth 0` it fits"
        } else {
            ""
        };
        bail!("{}: {error}{hint}", place());
    }
    let needs = match counter(budget, aim.target)? {
        None => without,
        Some(counter) => {
            note(
                shared,
                format_args!("counting instructions on {} in QEMU", counter.machine),
            );
            prepared.needs(aim, Some(&counter))?
        }
    };
    needs.require(budget).with_context(place)?;
    note(
        shared,
        format_args!("fits its budget: at most {}", words(&needs.lines(budget))),
    );
    Ok(needs.instructions)
}

/// The figures of a trained file beside their limits; the instructions are those counted
/// before training, which does not change them.
pub fn lines(file: &[u8], counted: Option<u64>, budget: &Budget) -> Result<Vec<Line>> {
    if budget.is_empty() {
        return Ok(Vec::new());
    }
    let mut needs = Needs::of_file(file, None)?;
    needs.instructions = counted;
    Ok(needs.lines(budget))
}

/// Prints the figures beside their limits.
pub fn print(lines: &[Line], shared: &Shared) -> Result<()> {
    if lines.is_empty() || shared.json {
        return Ok(());
    }
    output::line(format_args!("budget: {}", words(lines)))
}

fn words(lines: &[Line]) -> String {
    let words: Vec<_> = lines.iter().map(Line::words).collect();
    words.join(", ")
}
