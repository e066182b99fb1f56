//! The engine's flash: within its budgets, and a model runs on an image that holds only the parts that it needs.

mod fixture;

use std::fs;
use std::path::Path;
use std::time::Duration;

use fixture::model;
use tillsense_compiler::inspect::parts_of;
use tillsense_core::arena::Arena;
use tillsense_core::engine::{Model, Session};
use tillsense_core::frontend::record::Value;
use tillsense_core::model::records::Source;
use tillsense_core::parts::Part;
use tillsense_device::bench::recorded::Recorded;
use tillsense_device::boards::Machine;
use tillsense_device::qemu::run_to_end;
use tillsense_device::toolchain::{Image, build_engine, engine_code};
use tillsense_tests::board;
use tillsense_tests::held::hold;

/// Budget of flash in bytes for the engine with every op and every frontend that models trained here need, on a Cortex-M4.
const TRAINED_BUDGET: u64 = 72 << 10;
/// The same with what only imported networks need.
const ALL_BUDGET: u64 = 88 << 10;
/// The parts that only imported networks need.
const IMPORTED: [Part; 11] = [
    Part::SequenceLstm,
    Part::Matmul,
    Part::Rearrange,
    Part::Resize,
    Part::Arithmetic,
    Part::Reduce,
    Part::SoftmaxRows,
    Part::LogSoftmax,
    Part::L2Norm,
    Part::ArgMax,
    Part::OneFactor,
];
/// Budget of flash in bytes for the engine with the parts that the preset `seed-digits` needs.
const DIGITS_BUDGET: u64 = 25_088;
/// The parts that the preset `seed-digits` needs: a picture, convolutions with a maximum
/// behind them, a fully connected layer, softmax.
const DIGITS: [Part; 5] = [
    Part::Image,
    Part::Conv,
    Part::MaxPool,
    Part::Dense,
    Part::Softmax,
];

/// Lends a model file, aligned as the core needs it.
fn loaded<R>(file: &[u8], work: impl FnOnce(Model<'_>) -> R) -> R {
    let mut place = Box::new(Arena::<{ 64 << 10 }>::new());
    let place = &mut place.as_mut_slice()[..file.len()];
    place.copy_from_slice(file);
    work(Model::load(place).unwrap())
}

/// Head, class and score that `engine` must print for a model, computed on this machine.
fn expected(file: &[u8]) -> Vec<[u32; 3]> {
    loaded(file, |model| {
        let mut arena = Arena::<8192>::new();
        let mut session = Session::new(model, arena.as_mut_slice()).unwrap();
        for (number, input) in model.inputs().enumerate() {
            match input.source {
                Source::Image(p) => {
                    let len = usize::from(p.source_h) * usize::from(p.source_w);
                    let picture = vec![0; len * usize::from(p.source_c)];
                    session.push_image(number, &picture).unwrap();
                }
                Source::Audio(p) => {
                    let hops = usize::from(p.max_steps) * usize::from(p.stack);
                    let len = usize::from(p.frame_len) + hops * usize::from(p.hop);
                    session.push_audio(number, &vec![0; len]).unwrap();
                }
                Source::Text(p) => {
                    let text = vec![b'0'; p.max_bytes.into()];
                    session.push_text(number, &text).unwrap();
                }
                Source::Tensor(p) => {
                    session
                        .push_tensor(number, &vec![0; p.output.len()])
                        .unwrap();
                }
                Source::Record(p) | Source::Sequence(p) => {
                    for _ in 0..p.max_steps {
                        let nothing = vec![Value::Missing; p.field_count.into()];
                        session.push_record(number, &nothing).unwrap();
                    }
                }
            }
        }
        session.run();
        let heads = (0..).map_while(|head| session.verdict(head));
        let line = |(head, verdict): (u32, tillsense_core::engine::Verdict<'_>)| {
            [head, verdict.class.into(), verdict.score.into()]
        };
        (0..).zip(heads).map(line).collect()
    })
}

/// The numbers of the lines that start with a word.
fn numbers(output: &str, word: &str) -> Vec<Vec<u32>> {
    let lines = output.lines().filter_map(|line| line.strip_prefix(word));
    let parse = |line: &str| {
        line.split_whitespace()
            .map(|n| n.parse().unwrap())
            .collect()
    };
    lines.map(parse).collect()
}

fn run(machine: &'static Machine, parts: &[Part], file: &Path) -> (Option<i32>, String) {
    let image = build_engine(machine, parts).unwrap();
    let finished = run_to_end(machine, &image, Some(file), Duration::from_secs(60)).unwrap();
    (finished.code, finished.output)
}

#[test]
fn the_engine_keeps_its_budgets() {
    let all = engine_code(board("mps2-an386"), &Part::ALL).unwrap();
    let mut trained = Part::ALL.to_vec();
    trained.retain(|part| !IMPORTED.contains(part));
    let trained = engine_code(board("mps2-an386"), &trained).unwrap();
    let digits = engine_code(board("mps2-an386"), &DIGITS).unwrap();
    let nothing = engine_code(board("mps2-an386"), &[]).unwrap();
    eprintln!(
        "all parts {all} bytes, without those of imports {trained}, seed-digits {digits}, none {nothing}"
    );
    assert!(all <= ALL_BUDGET, "{all} bytes");
    assert!(trained <= TRAINED_BUDGET, "{trained} bytes");
    assert!(digits <= DIGITS_BUDGET, "{digits} bytes");
    // Parts that are left out take no flash.
    assert!(nothing < digits && digits < trained && trained < all);
}

/// What docs/SIZE.md shows.
#[test]
fn the_engine_takes_what_is_written_down() {
    let mut now = Vec::new();
    for id in [
        "microbit",
        "mps2-an385",
        "mps2-an386",
        "mps2-an500",
        "riscv-virt",
    ] {
        let of = |parts: &[Part]| engine_code(board(id), parts).unwrap();
        now.push(Recorded::new(id, "all", of(&Part::ALL)));
        now.push(Recorded::new(id, "seed-digits", of(&DIGITS)));
        now.push(Recorded::new(id, "none", of(&[])));
    }
    for part in Part::ALL {
        let bytes = engine_code(board("mps2-an386"), &[part]).unwrap();
        now.push(Recorded::new("mps2-an386", part.feature(), bytes));
    }
    hold("sizes.tsv", &now);
}

#[test]
fn the_engine_cannot_panic_whatever_parts_it_has() {
    for machine in [board("microbit"), board("mps2-an386"), board("riscv-virt")] {
        for parts in [&Part::ALL[..], &DIGITS] {
            let image = Image::read(&build_engine(machine, parts).unwrap()).unwrap();
            assert_eq!(image.panics(), Vec::<&str>::new(), "{machine}");
            assert_eq!(image.forbidden(), Vec::<&str>::new(), "{machine}");
        }
    }
}

#[test]
fn a_model_runs_on_the_parts_that_it_needs_and_on_no_fewer() {
    let file = model(0);
    let parts = loaded(&file, |model| parts_of(&model));
    let wanted = [
        Part::Image,
        Part::Audio,
        Part::Text,
        Part::Record,
        Part::Plain,
        Part::Embedding,
        Part::Elementwise,
        Part::Softmax,
    ];
    assert_eq!(parts, wanted);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    fs::write(&path, &file).unwrap();
    for machine in [board("microbit"), board("mps2-an386"), board("riscv-virt")] {
        let (code, output) = run(machine, &parts, &path);
        assert_eq!(code, Some(0), "{machine}: {output}");
        assert_eq!(numbers(&output, "head"), expected(&file), "{machine}");
        let stack = numbers(&output, "stack").concat();
        assert!(stack[0] + 512 <= stack[1], "{machine}: {stack:?}");
        assert!(numbers(&output, "load")[0][0] > 10_000, "{output}");
    }
    for part in &parts {
        let fewer: Vec<_> = parts.iter().copied().filter(|p| p != part).collect();
        let (code, output) = run(board("mps2-an386"), &fewer, &path);
        assert_eq!(code, Some(1), "without {part:?}: {output}");
    }
}
