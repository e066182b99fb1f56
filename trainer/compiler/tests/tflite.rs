//! Files of TensorFlow Lite: networks of the field, and bytes that are none, in memory that is counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::path::Path;

use flatbuffers::{FlatBufferBuilder, field_index_to_field_offset as slot};
use tillsense_compiler::import::net::{Element, Net};
use tillsense_compiler::import::tflite::{TfliteError, read};

/// Bytes that reading takes for each byte of a file, whatever is in it.
const TIMES: usize = 32;
/// Bytes that it may take beside them.
const BESIDE: usize = 4096;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

/// The system's memory, and how much of it each thread holds.
struct Counted;

#[global_allocator]
static MEMORY: Counted = Counted;

// SAFETY: the system's allocator does all that is asked; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.get().saturating_add(layout.size());
        HELD.set(held);
        MOST.set(MOST.get().max(held));
        // SAFETY: the caller keeps the system's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.set(HELD.get().saturating_sub(layout.size()));
        // SAFETY: the caller keeps the system's contract, which is the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Reads a file, in no more memory than its length allows.
#[track_caller]
fn read_in_bounds(bytes: &[u8]) -> Result<Net<'_>, TfliteError> {
    let before = HELD.get();
    MOST.set(before);
    let net = read(bytes);
    let taken = MOST.get() - before;
    assert!(
        taken <= bytes.len() * TIMES + BESIDE,
        "{taken} bytes for {} of the file",
        bytes.len()
    );
    net
}

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/tflite");
    let files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(files.len() > 1);
    files
}

#[test]
fn any_byte_may_be_another() {
    for seed in seeds() {
        let mut bytes = seed.clone();
        for at in 0..seed.len() {
            for value in [0, 0x7f, 0xff, seed[at] ^ 4] {
                bytes[at] = value;
                if let Err(error) = read_in_bounds(&bytes) {
                    assert!(!error.to_string().contains('\n'), "{error}");
                }
            }
            bytes[at] = seed[at];
        }
    }
}

#[test]
fn any_four_bytes_may_be_another_number() {
    for seed in seeds() {
        let mut bytes = seed.clone();
        for at in (0..seed.len() - 4).step_by(4) {
            for value in [
                0u32,
                8,
                0xffff,
                0x7fff_ffff,
                0x8000_0000,
                0xffff_fff0,
                u32::MAX,
            ] {
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
                let _ = read_in_bounds(&bytes);
            }
            bytes[at..at + 4].copy_from_slice(&seed[at..at + 4]);
        }
    }
}

#[test]
fn a_file_may_end_anywhere() {
    for seed in seeds() {
        assert!(read_in_bounds(&seed).is_ok());
        for end in 0..seed.len() {
            // What is cut off may be nothing that is read.
            let _ = read_in_bounds(&seed[..end]);
        }
    }
}

/// A file whose graph names one empty tensor and one operator over and over, and that is as long as it must be for so many.
fn repeated(tensors: usize, operators: usize, operands: usize, filling: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let filling = builder.create_vector(&vec![0u8; filling]);
    let ids = builder.create_vector(&vec![0i32; operands]);
    let table = builder.start_table();
    let tensor = builder.end_table(table);
    let table = builder.start_table();
    builder.push_slot_always(slot(1), ids);
    let operator = builder.end_table(table);
    let table = builder.start_table();
    builder.push_slot_always(slot(3), 158);
    let code = builder.end_table(table);
    let codes = builder.create_vector(&[code]);
    let tensors = builder.create_vector(&vec![tensor; tensors]);
    let operators = builder.create_vector(&vec![operator; operators]);
    let inputs = builder.create_vector(&[0i32]);
    let table = builder.start_table();
    builder.push_slot_always(slot(0), tensors);
    builder.push_slot_always(slot(1), inputs);
    builder.push_slot_always(slot(2), inputs);
    builder.push_slot_always(slot(3), operators);
    let graph = builder.end_table(table);
    let graphs = builder.create_vector(&[graph]);
    let table = builder.start_table();
    builder.push_slot_always(slot(0), 3u32);
    builder.push_slot_always(slot(1), codes);
    builder.push_slot_always(slot(2), graphs);
    builder.push_slot_always(slot(3), filling);
    let model = builder.end_table(table);
    builder.finish(model, Some("TFL3"));
    builder.finished_data().to_vec()
}

#[test]
fn parts_that_are_shared_take_no_more_than_others() {
    let mut read_whole = 0;
    for filling in [0, 1 << 14, 1 << 16] {
        for (tensors, operators, operands) in [
            (1, 1, 1000),
            (8000, 1, 1),
            (1, 8000, 1),
            (4000, 4000, 10),
            (1, 40, 2000),
            (1, 2000, 100),
        ] {
            let file = repeated(tensors, operators, operands, filling);
            read_whole += usize::from(read_in_bounds(&file).is_ok());
        }
    }
    assert!(read_whole > 3, "{read_whole} are read");
}

fn published(name: &str) -> Vec<u8> {
    let folder = std::env::var("TILLSENSE_MODELS")
        .expect("TILLSENSE_MODELS names the folder of the published networks");
    fs::read(Path::new(&folder).join(name)).unwrap()
}

/// What a network of the field is held to: its file, its operators, what it takes and gives.
struct Published {
    file: &'static str,
    operators: Vec<&'static str>,
    input: (&'static [usize], (f32, i64)),
    output: (&'static [usize], (f32, i64)),
    /// Bytes of all constants.
    constants: usize,
}

#[test]
#[ignore = "needs the published networks, whose folder TILLSENSE_MODELS names"]
fn networks_of_the_field_are_read() {
    let separable = ["DepthwiseConv2d", "Conv2d"];
    let end = ["AveragePool2d", "Reshape", "FullyConnected", "Softmax"];
    let residual = ["Conv2d", "Conv2d", "Conv2d", "Add"];
    let networks = [
        Published {
            file: "kws.tflite",
            operators: [&["Conv2d"][..], &separable.repeat(4), &end].concat(),
            input: (&[1, 49, 10, 1], (0.584_702_9, 83)),
            output: (&[1, 12], (0.003_906_25, -128)),
            constants: 24_376,
        },
        Published {
            file: "ic.tflite",
            operators: [&residual.repeat(3)[..], &end].concat(),
            input: (&[1, 32, 32, 3], (1.0, -128)),
            output: (&[1, 10], (0.003_906_25, -128)),
            constants: 78_752,
        },
        Published {
            file: "ad.tflite",
            operators: ["FullyConnected"].repeat(10),
            input: (&[1, 640], (0.391_015_23, 89)),
            output: (&[1, 640], (0.364_498_47, 96)),
            constants: 270_880,
        },
    ];
    for network in networks {
        let bytes = published(network.file);
        let net = read_in_bounds(&bytes).unwrap();
        assert_eq!(net.description, "MLIR Converted.");
        let names: Vec<String> = net
            .operators
            .iter()
            .map(|operator| format!("{:?}", operator.op))
            .collect();
        assert_eq!(names.len(), network.operators.len(), "{names:?}");
        for (name, wanted) in names.iter().zip(network.operators) {
            assert!(
                name.starts_with(wanted),
                "{}: {name} instead of {wanted}",
                network.file
            );
        }
        for (ids, (shape, quant)) in [(&net.inputs, network.input), (&net.outputs, network.output)]
        {
            assert_eq!(ids.len(), 1);
            let tensor = &net.tensors[ids[0]];
            assert_eq!(
                (tensor.element, &tensor.shape[..], tensor.whole()),
                (Element::Int8, shape, Some(quant))
            );
        }
        let constants = net.tensors.iter().filter_map(|tensor| tensor.data);
        assert_eq!(constants.map(<[u8]>::len).sum::<usize>(), network.constants);
    }
}

#[test]
#[ignore = "needs the published networks, whose folder TILLSENSE_MODELS names"]
fn networks_of_the_field_may_be_damaged_anywhere() {
    for file in ["kws.tflite", "ic.tflite"] {
        let whole = published(file);
        let mut bytes = whole.clone();
        for at in (0..whole.len()).step_by(7) {
            bytes[at] ^= 0xff;
            let _ = read_in_bounds(&bytes);
            bytes[at] = whole[at];
            let _ = read_in_bounds(&whole[..at]);
        }
    }
}
