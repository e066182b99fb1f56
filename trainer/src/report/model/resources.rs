//! What a model takes of a terminal: bytes of flash and of the arena, multiply-accumulates, instructions, time.

use std::collections::BTreeMap;

use anyhow::Result;
use tillsense_compiler::inspect::{Inspection, Step, inspect, occupancy};
use tillsense_compiler::words::grouped;
use tillsense_device::bench::ModelFigures;
use tillsense_device::bench::time::TimeFigures;

use super::Facts;
use crate::report::page::{Figure, Section, Table, Tile};
use crate::report::plot::{Axes, Bar, Block, Layout, bars, blocks};

/// Parts that are drawn as bars; of more, the largest.
const MOST_BARS: usize = 20;
/// Rows of a table of steps; an unrolled loop has thousands.
const MOST_STEPS: usize = 400;
/// Rectangles that are drawn of the arena.
const MOST_BLOCKS: usize = 3000;

/// Sections of memory, and of instructions where a board has counted them.
pub fn resources(facts: &Facts<'_>) -> Result<Vec<Section>> {
    let inspection = inspect(facts.model.file())?;
    let mut sections = vec![flash(&inspection, facts.board), arena(facts, &inspection)];
    match facts.board {
        Some(board) => sections.push(instructions(board)),
        None => sections.push(macs(&inspection)),
    }
    Ok(sections)
}

/// Bytes of the file, part by part.
fn flash(inspection: &Inspection, board: Option<&ModelFigures>) -> Section {
    let mut section = Section::new("Flash");
    let bytes = &inspection.bytes;
    let seal = bytes.file.saturating_sub(bytes.records + bytes.weights);
    let mut tiles = vec![
        Tile::new("model file", &format!("{} B", grouped(bytes.file)))
            .note(&format!("for {}", inspection.target)),
        Tile::new(
            "weights and tables",
            &format!("{} B", grouped(bytes.weights)),
        ),
        Tile::new(
            "header and records",
            &format!("{} B", grouped(bytes.records)),
        ),
        Tile::new("seal and gaps", &format!("{} B", grouped(seal))),
    ];
    tiles.extend(board.map(|board| {
        Tile::new("engine", &format!("{} B", grouped(board.engine_bytes))).note(&format!(
            "code for the parts that this model needs, on {}",
            board.board
        ))
    }));
    section.tiles(tiles);
    let weighty = inspection.steps.iter().filter(|step| step.weights > 0);
    let bars_of = largest(weighty.map(|step| (name(step), step.weights as f64)));
    section.figure(Figure::new(
        bars(&["bytes"], &bars_of, Layout::Grouped),
        "Bytes of constants that each step reads, the largest first. Steps may share some.",
    ));
    section
}

/// The arena over time, and all steps.
fn arena(facts: &Facts<'_>, inspection: &Inspection) -> Section {
    let mut section = Section::new("Arena over time");
    let found = occupancy(facts.model);
    section.tiles([
        Tile::new("arena", &format!("{} B", grouped(inspection.bytes.arena))),
        Tile::new(
            "kept between calls",
            &format!("{} B", grouped(inspection.bytes.kept)),
        )
        .note("state of streams, and encodings"),
        Tile::new(
            "largest input",
            &format!("{} B", grouped(inspection.bytes.largest_input)),
        ),
    ]);
    let part_of = |step: usize| {
        found
            .parts
            .iter()
            .rposition(|(_, first)| *first <= step)
            .unwrap_or(0)
    };
    let drawn = found.tenants.iter().take(MOST_BLOCKS).map(|tenant| Block {
        x: (tenant.first as f64, (tenant.last + 1) as f64),
        y: (tenant.start as f64, tenant.end as f64),
        name: match tenant.writer.and_then(|step| inspection.steps.get(step)) {
            Some(step) => format!("{} {}", step.number, step.op),
            None => "kept".to_owned(),
        },
        // What was there before is of no part of the plan.
        series: tenant.writer.map_or(found.parts.len(), part_of),
    });
    let mut legend: Vec<&str> = found.parts.iter().map(|(name, _)| name.as_str()).collect();
    legend.push("kept from calls before");
    section.figure(Figure::new(
        blocks(Axes { x: "step of the plan", y: "byte" }, &legend, &drawn.collect::<Vec<_>>()),
        "Who occupies which bytes: a rectangle is what one step has written, from there until the last step that reads it. Colours are parts of the plan.",
    ));
    let mut table = Table::new([
        "",
        "part",
        "op",
        "reads",
        "writes",
        "runs",
        "MACs",
        "constants, B",
        "arena in use, B",
    ])
    .words(5);
    for step in inspection.steps.iter().take(MOST_STEPS) {
        table.row([
            step.number.to_string(),
            step.part.clone(),
            step.op.to_owned(),
            step.reads.join(", "),
            step.writes.clone(),
            grouped(step.runs),
            grouped(step.macs),
            grouped(step.weights),
            grouped(step.alive),
        ]);
    }
    if inspection.steps.len() > MOST_STEPS {
        let all = grouped(inspection.steps.len());
        section.text(&format!("The first {MOST_STEPS} of {all} steps:"));
    }
    section.table(table);
    section
}

/// Multiply-accumulates, which are known without a board.
fn macs(inspection: &Inspection) -> Section {
    let mut section = Section::new("Work");
    section.tiles(
        [Tile::new("multiply-accumulates", &grouped(inspection.macs))
            .note("with every input at its longest")],
    );
    let busy = inspection.steps.iter().filter(|step| step.macs > 0);
    let of = |step: &Step| (name(step), step.macs as f64 * f64::from(step.runs));
    section.figure(Figure::new(
        bars(&["MACs"], &largest(busy.map(of)), Layout::Grouped),
        "Multiply-accumulates of all runs of each step, the largest first. `--board B` counts instructions on an emulated board.",
    ));
    section
}

/// Instructions that a board has counted, and how long they take.
fn instructions(board: &ModelFigures) -> Section {
    let mut section = Section::new("Instructions");
    let equal = if board.scores_equal {
        "every byte of the scores equals this machine's"
    } else {
        "scores differ from this machine's"
    };
    let mut tiles = vec![
        Tile::new("instructions", &grouped(board.instructions)).note(&format!(
            "on {} ({}), every input at its longest; {equal}",
            board.board, board.processor
        )),
        Tile::new("stack", &format!("{} B", grouped(board.stack_bytes)))
            .note("with loading and all its checks"),
    ];
    tiles.extend(board.time.iter().flat_map(time));
    section.tiles(tiles);
    let mut parts: BTreeMap<&str, f64> = BTreeMap::new();
    for part in &board.parts {
        *parts.entry(&part.part).or_default() += part.instructions as f64;
    }
    let of_part = parts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count));
    section.figure(Figure::new(
        bars(&["instructions"], &largest(of_part), Layout::Grouped),
        "Instructions of each input's part of the plan, and of the trunk.",
    ));
    let of_step = board.parts.iter().map(|part| {
        (
            format!("{} {}", part.id, part.layer),
            part.instructions as f64,
        )
    });
    section.figure(Figure::new(
        bars(&["instructions"], &largest(of_step), Layout::Grouped),
        "Instructions of each step, the largest first.",
    ));
    let mut table = Table::new([
        "",
        "part",
        "layer",
        "kernel",
        "equal to the reference",
        "runs",
        "instructions",
        "per MAC",
        "constants, B",
    ])
    .words(5);
    for part in board.parts.iter().take(MOST_STEPS) {
        table.row([
            part.id.to_string(),
            part.part.clone(),
            part.layer.clone(),
            part.algorithm.clone(),
            part.equal_to_reference
                .map_or("", |equal| if equal { "yes" } else { "NO" })
                .to_owned(),
            grouped(part.calls),
            grouped(part.instructions),
            part.per_mac
                .map_or("\u{2013}".to_owned(), |per_mac| format!("{per_mac:.2}")),
            grouped(part.weight_bytes),
        ]);
    }
    section.table(table);
    section
}

/// How long it takes, and the energy where it is known.
fn time(time: &TimeFigures) -> Vec<Tile> {
    let megahertz = f64::from(time.hertz) / 1e6;
    let span =
        |low: f64, high: f64| format!("{low:.2} to {high:.2} with memory at its best and worst");
    let ms = time.milliseconds;
    let mut tiles = vec![
        Tile::new("milliseconds, modelled", &format!("{:.2}", ms.modelled)).note(&format!(
            "{} at {megahertz} MHz, pipeline {}; {}",
            time.board,
            time.pipeline,
            span(ms.best, ms.worst)
        )),
    ];
    tiles.extend(time.millijoules.map(|mj| {
        Tile::new("millijoules, modelled", &format!("{:.3}", mj.modelled))
            .note(&span(mj.best, mj.worst))
    }));
    tiles
}

fn name(step: &Step) -> String {
    format!("{} {} {}", step.number, step.part, step.op)
}

/// The largest figures, each as a bar.
fn largest(all: impl Iterator<Item = (String, f64)>) -> Vec<Bar> {
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(MOST_BARS);
    let bar = |(name, value): (String, f64)| Bar {
        name,
        values: vec![value],
    };
    all.into_iter().map(bar).collect()
}
