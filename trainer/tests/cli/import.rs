//! Networks of TensorFlow Lite: `import`, `verify`, and `.tflite` files in place of model files.

use std::fs;
use std::path::PathBuf;

use crate::room::Room;

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tflite");
    fs::read(folder.join(name)).unwrap()
}

fn room() -> Room {
    let room = Room::new();
    for end in ["tflite", "in0.npy", "out0.npy"] {
        room.write(&format!("net.{end}"), fixture(&format!("3.{end}")));
    }
    room
}

#[test]
fn a_network_is_imported_and_verified_in_two_commands() {
    let room = room();
    let told = room.run("import net.tflite").succeeds();
    assert!(told.out.contains("CONV_2D"), "{told:?}");
    assert!(told.out.contains("wrote models/net.till"), "{told:?}");
    let verify = "verify models/net.till --inputs net.in0.npy --expected net.out0.npy";
    let told = room.run(verify).succeeds();
    assert!(told.out.contains("8 of 8 samples identical"), "{told:?}");
    let figures = room.run(&format!("{verify} --json")).json();
    let output = &figures["outputs"][0];
    assert_eq!(
        (&figures["equal"], &output["samples"]),
        (&true.into(), &output["identical"])
    );
    // One value of the answers is another.
    let mut wrong = fixture("3.out0.npy");
    *wrong.last_mut().unwrap() ^= 1;
    room.write("net.out0.npy", wrong);
    let told = room.run(verify);
    assert!(told.out.contains("7 of 8 samples identical"), "{told:?}");
    assert!(
        told.out
            .contains("the first difference is in sample 7: at [7, 1]"),
        "{told:?}"
    );
    told.says_error(1, &["models/net.till", "differ"]);
    room.run("inspect models/net.till").succeeds();
}

#[test]
fn what_cannot_be_imported_is_told_and_nothing_is_left() {
    let room = room();
    room.write("junk.tflite", b"hello, this is no network at all");
    room.run("import junk.tflite").fails(&["junk.tflite"]);
    let whole = fixture("3.tflite");
    room.write("cut.tflite", &whole[..whole.len() / 2]);
    room.run("import cut.tflite").fails(&["cut.tflite"]);
    room.run("import none.tflite")
        .fails(&["none.tflite", "cannot be read"]);
    room.run("import net.tflite -o net.tflite --force")
        .fails(&["net.tflite", "is the network that is read"]);
    assert!(!room.path("models").exists());
    room.run("import net.tflite -o net.till").succeeds();
    room.run("import net.tflite -o net.till")
        .fails(&["net.till", "is there already", "--force"]);
    room.run("import net.tflite -o net.till --force").succeeds();
}

#[test]
fn arrays_that_do_not_fit_are_told() {
    let room = room();
    room.run("import net.tflite -o net.till").succeeds();
    room.run("verify net.till --inputs net.out0.npy --expected net.out0.npy")
        .fails(&["net.out0.npy", "its shape is"]);
    room.run("verify net.till --inputs net.in0.npy --expected net.till")
        .fails(&["net.till", "no .npy file"]);
    room.run("verify net.till --inputs net.in0.npy --inputs net.in0.npy --expected net.out0.npy")
        .fails(&["given twice"]);
    let room = Room::with_model();
    room.write("x.npy", fixture("3.in0.npy"));
    let model = room
        .files()
        .into_iter()
        .find(|name| name.ends_with(".till"))
        .unwrap();
    room.run(&format!("verify {model} --inputs x.npy --expected x.npy"))
        .fails(&["is no plain tensor"]);
}

/// The room with a picture network of 96 x 96 x 3 values.
fn room_with_large() -> Room {
    let room = room();
    for end in ["tflite", "in0.npy", "out0.npy"] {
        room.write(&format!("large.{end}"), fixture(&format!("large.{end}")));
    }
    room.write("names.txt", "left\r\nmiddle\nright\n\n");
    room
}

#[test]
fn a_network_stands_wherever_a_model_file_does() {
    let room = room();
    let verify = "--inputs net.in0.npy --expected net.out0.npy";
    let told = room.run(&format!("verify net.tflite {verify}")).succeeds();
    assert!(told.out.contains("8 of 8 samples identical"), "{told:?}");
    for target in ["m0", "m4", "m55", "rv32imc"] {
        room.run(&format!(
            "verify net.tflite {verify} --target {target} --flash-growth 0"
        ))
        .succeeds();
    }
    let told = room.run("inspect net.tflite --target m4 --json").json();
    assert_eq!(told["target"], "cortex-m4");
    let told = room.run("inspect net.tflite").succeeds();
    assert!(told.out.contains("tensor, 10x4x1"), "{told:?}");
    // What only a model file can be says how to get one.
    room.run("export net.tflite --target m4")
        .fails(&["net.tflite", "tillsense import net.tflite"]);
    room.run("import net.tflite -o net.till").succeeds();
    room.run(&format!("verify net.till {verify} --target m4"))
        .fails(&["--target", "are for .tflite files"]);
    room.write("junk.tflite", b"hello, this is no network at all");
    for command in ["inspect", "bench model", "compare", "run --tensor x.npy"] {
        room.run(&format!("{command} junk.tflite"))
            .fails(&["junk.tflite"]);
    }
    room.run("inspect none.tflite")
        .fails(&["none.tflite", "cannot be read"]);
}

#[test]
fn every_operator_is_told_with_its_products() {
    let room = room();
    let told = room.run("import net.tflite --target m4 --json").json();
    let operators = told["operators"].as_array().unwrap();
    let sum: u64 = operators.iter().map(|o| o["macs"].as_u64().unwrap()).sum();
    assert_eq!(told["macs_before"], sum);
    assert!(told["macs"].as_u64().unwrap() > 0);
    for operator in operators {
        let fate = operator["fate"].as_str().unwrap();
        assert!(["kept", "fused", "folded", "removed"].contains(&fate));
        let became = operator["became"].as_array().unwrap();
        assert_eq!(fate == "kept", !became.is_empty(), "{operator}");
    }
    let told = room.run("import net.tflite --force").succeeds();
    // Plain weights are slower than packed ones: what is counted is the network, imported for the board.
    let words = [
        "tillsense bench model net.tflite --board",
        "tillsense import net.tflite --target cortex-m4 -o models/net-cortex-m4.till",
    ];
    assert!(
        words.iter().all(|words| told.out.contains(words)),
        "{told:?}"
    );
    let told = room.run("import net.tflite --target m4 --force").succeeds();
    let words = "tillsense bench model models/net.till --board mps2-an386";
    assert!(told.out.contains(words), "{told:?}");
    assert!(!told.out.contains("it is faster"), "{told:?}");
    assert!(told.out.contains("--tensor one.npy"), "{told:?}");
}

#[test]
fn a_file_for_another_board_is_refused_before_it_boots() {
    let room = room();
    room.run("import net.tflite -o net.till --target m4")
        .succeeds();
    let arrays = "--inputs net.in0.npy --expected net.out0.npy";
    for command in [
        "bench model net.till",
        "compare net.till",
        &format!("verify net.till {arrays}"),
    ] {
        let told = room.run(&format!("{command} --board riscv-virt"));
        told.fails(&[
            "net.till: packed for cortex-m4; riscv-virt needs rv32imc",
            "tillsense import NETWORK.tflite --target rv32imc",
        ]);
        assert!(!told.err.contains("booting"), "{told:?}");
    }
    room.run("bench model net.tflite --target m4 --board riscv-virt")
        .fails(&["net.tflite: packed for cortex-m4", "--target rv32imc"]);
}

/// A file of `numpy.save`.
fn npy(form: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{form}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let len = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), data].concat()
}

/// The values of an array that numpy saved as int8.
fn values(bytes: &[u8]) -> &[u8] {
    let len = u16::from_le_bytes([bytes[8], bytes[9]]);
    &bytes[10 + usize::from(len)..]
}

#[test]
fn arrays_of_another_shape_are_refused() {
    let room = room();
    let bytes = fixture("3.in0.npy");
    for shape in ["(8, 4, 10)", "(8, 40)", "(8, 1, 4, 10)", "(80, 4)"] {
        room.write("x.npy", npy("|i1", shape, values(&bytes)));
        room.run("verify net.tflite --inputs x.npy --expected net.out0.npy")
            .fails(&["x.npy", "its shape is", "[samples, 10, 4]"]);
    }
    for shape in ["(8, 10, 4)", "(8, 1, 10, 4, 1)"] {
        room.write("x.npy", npy("|i1", shape, values(&bytes)));
        room.run("verify net.tflite --inputs x.npy --expected net.out0.npy")
            .succeeds();
    }
    // One sample needs no side for samples.
    let (one, all) = (&values(&bytes)[..40], fixture("3.out0.npy"));
    room.write("x.npy", npy("|i1", "(10, 4, 1)", one));
    let answers = values(&all);
    let classes = answers.len() / 8;
    let shape = format!("({classes},)");
    room.write("y.npy", npy("|i1", &shape, &answers[..classes]));
    room.run("verify net.tflite --inputs x.npy --expected y.npy")
        .succeeds();
    room.run("run net.tflite --tensor x.npy").succeeds();
    room.run("run net.tflite --tensor net.in0.npy").fails(&[
        "net.in0.npy",
        "holds 8 samples",
        "x[0]",
    ]);
}

#[test]
fn what_is_made_of_arrays_is_said() {
    let room = room();
    let bytes = fixture("3.in0.npy");
    let stored = values(&bytes);
    let verify = "verify net.tflite --inputs x.npy --expected net.out0.npy";
    let more: Vec<u8> = stored.iter().map(|value| value ^ 0x80).collect();
    room.write("x.npy", npy("|u1", "(8, 10, 4)", &more));
    let told = room.run(verify).succeeds();
    assert!(told.err.contains("x.npy: uint8"), "{told:?}");
    let reals: Vec<u8> = (0..320).flat_map(|_| 1e9f32.to_le_bytes()).collect();
    room.write("x.npy", npy("<f4", "(8, 10, 4)", &reals));
    let told = room.run(verify);
    let words = [
        "x.npy: floats, quantised as input `",
        "320 of 320 values lie beyond",
    ];
    assert!(
        words.iter().all(|words| told.err.contains(words)),
        "{told:?}"
    );
    let notes = room.run(&format!("{verify} --json"));
    assert!(notes.out.contains("320 of 320"), "{notes:?}");
}

#[test]
fn names_that_no_end_has_are_told() {
    let room = room();
    room.run("verify net.tflite --inputs foo=net.in0.npy --expected net.out0.npy")
        .fails(&["--inputs foo=net.in0.npy", "no input `foo`", "it has "]);
    room.run("verify net.tflite --inputs net.in0.npy --expected foo=net.out0.npy")
        .fails(&["--expected foo=net.out0.npy", "no output `foo`", "it has "]);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tflite/nets");
    for end in ["tflite", "in0.npy", "out0.npy"] {
        let bytes = fs::read(folder.join(format!("twins.{end}"))).unwrap();
        room.write(&format!("twins.{end}"), bytes);
    }
    let told = room.run("inspect twins.tflite --json").json();
    let name = |at: usize| told["inputs"][at]["name"].as_str().unwrap().to_owned();
    let (first, second) = (name(0), name(1));
    let output = told["heads"][0]["name"].as_str().unwrap().to_owned();
    let told = room.run(&format!(
        "verify twins.tflite --inputs {first}=twins.in0.npy --expected {output}=twins.out0.npy"
    ));
    let words = format!("count as absent: {second}");
    assert!(told.err.contains(&words), "{told:?}");
    room.run("verify twins.tflite --inputs twins.in0.npy --expected twins.out0.npy")
        .fails(&["which input it is for is not said", &first, &second]);
}

#[test]
fn the_first_operator_that_differs_is_named() {
    let room = room();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tflite/tensors");
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let number: usize = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        numbers.push(number);
        room.write(&format!("between/{number}.npy"), fs::read(path).unwrap());
    }
    numbers.sort_unstable();
    let verify = "verify net.tflite --inputs net.in0.npy --intermediates between";
    let told = room.run(&format!("{verify} --json")).succeeds().json();
    let between = &told["intermediates"];
    assert!(between["compared"].as_u64().unwrap() >= 3, "{told}");
    assert_eq!(between["compared"], between["equal"]);
    // The second tensor of the file is another in one value; what comes after it is not told.
    let path = format!("between/{}.npy", numbers[1]);
    let mut wrong = room.read(&path);
    *wrong.last_mut().unwrap() ^= 1;
    room.write(&path, &wrong);
    let told = room.run(verify);
    told.says_error(1, &["net.tflite", "differ"]);
    assert!(
        told.out.contains(&format!("tensor {}", numbers[1])) && told.out.contains("sample 7"),
        "{told:?}"
    );
    room.run("import net.tflite -o net.till").succeeds();
    let verify = "verify net.till --inputs net.in0.npy --intermediates between";
    room.run(verify).fails(&["--network"]);
    room.run(&format!("{verify} --network net.tflite"))
        .says_error(1, &["net.till", "differ"]);
    room.write("empty/readme", b"nothing");
    room.run("verify net.tflite --inputs net.in0.npy --intermediates empty")
        .fails(&["empty", "no int8 array"]);
    room.run("verify net.tflite --inputs net.in0.npy --intermediates gone")
        .fails(&["gone", "no such folder"]);
}

#[test]
fn labels_make_a_verdict_of_an_output() {
    let room = room_with_large();
    let told = room
        .run("import large.tflite --labels names.txt")
        .succeeds();
    assert!(told.out.contains("3 classes named"), "{told:?}");
    let told = room
        .run("run models/large.till --tensor large.in0.npy")
        .code;
    assert_eq!(told, Some(1), "two samples are no tensor");
    let told = room
        .run("verify models/large.till --inputs large.in0.npy --expected large.out0.npy")
        .succeeds();
    assert!(told.out.contains("2 of 2 samples identical"), "{told:?}");
    let inspected = room.run("inspect models/large.till --json").json();
    assert_eq!(
        inspected["heads"][0]["classes"],
        serde_json::json!(["left", "middle", "right"])
    );
    for (text, word) in [
        ("left\nmiddle\n", "names 2 classes"),
        ("left\nmiddle\nleft\n", "line 3"),
        ("left\n\nright\n", "line 2"),
        ("", "has 0 names"),
    ] {
        room.write("wrong.txt", text);
        room.run("import large.tflite --labels wrong.txt -o wrong.till")
            .fails(&[word]);
    }
    room.run("import large.tflite --labels score=names.txt -o wrong.till")
        .fails(&["has no `score`"]);
    room.run("import large.tflite --labels gone.txt -o wrong.till")
        .fails(&["gone.txt", "cannot be read"]);
    // Values that are no probabilities have no classes.
    room.write("sums.tflite", fixture("flat.tflite"));
    let many: String = (0..30).map(|number| format!("c{number}\n")).collect();
    room.write("many.txt", many);
    room.run("import sums.tflite --labels many.txt -o wrong.till")
        .fails(&["probabilities", "softmax"]);
    assert!(!room.path("wrong.till").exists());
}

#[test]
fn pictures_take_the_place_of_a_tensor() {
    let room = room_with_large();
    // A pixel less 128 is what the tensor stores.
    let pixels: Vec<u8> = fixture("large.in0.npy");
    let header = pixels.len() - 2 * 96 * 96 * 3;
    let text = String::from_utf8_lossy(&pixels[..header]).replace("|i1", "|u1");
    let header = [
        &pixels[..10],
        &text.as_bytes()[text.len() - (header - 10)..],
    ]
    .concat();
    let values = pixels[header.len()..].iter().map(|value| value ^ 0x80);
    room.write("pixels.npy", [header, values.collect()].concat());

    room.run("import large.tflite --frontend image:rgb -o picture.till")
        .fails(&["--normalise"]);
    room.run("import large.tflite --frontend image:gray --normalise 0..1 -o picture.till")
        .fails(&["takes 3 values of a pixel"]);
    room.run("import large.tflite --frontend audio -o picture.till")
        .fails(&["push them as a tensor"]);
    room.run("import large.tflite --frontend imgae:rgb -o picture.till")
        .fails(&["did you mean"]);
    room.run("import large.tflite --frontend image:rgb --normalise 1..2 -o picture.till")
        .fails(&["--normalise", "MEAN,DEVIATION"]);
    room.run("import large.tflite --normalise 0..1 -o picture.till")
        .fails(&["--normalise", "--frontend"]);
    room.run("import net.tflite --frontend image:rgb --normalise 0..1 -o picture.till")
        .succeeds();
    assert!(room.path("picture.till").exists());

    // The network is quantised by random inputs: what a real pixel is, is said so that stored values are pixels less 128.
    let inspected = room.run("inspect large.tflite --json").json();
    let takes = inspected["inputs"][0]["takes"].as_str().unwrap().to_owned();
    let number = |word: &str| -> f64 {
        let (_, rest) = takes.split_once(word).unwrap();
        rest.split(',').next().unwrap().trim().parse().unwrap()
    };
    let (scale, zero_point) = (number("scale"), number("zero point"));
    // (value - mean) / deviation = (value - 128 - zero point) * scale
    let normalise = format!("{},{}", 128.0 + zero_point, 1.0 / scale);
    room.run(&format!(
        "import large.tflite --labels names.txt --frontend image:rgb --normalise {normalise} -o picture.till --force"
    ))
    .succeeds();
    let told = room
        .run("verify picture.till --inputs pixels.npy --expected large.out0.npy")
        .succeeds();
    assert!(told.out.contains("2 of 2 samples identical"), "{told:?}");
    room.run("verify picture.till --inputs large.in0.npy --expected large.out0.npy")
        .fails(&["large.in0.npy", "uint8"]);
    let ppm = [b"P6 96 96 255\n".to_vec(), vec![200; 96 * 96 * 3]].concat();
    room.write("photo.ppm", ppm);
    let told = room.run("run picture.till --image photo.ppm").succeeds();
    assert!(
        ["left", "middle", "right"]
            .iter()
            .all(|name| told.out.contains(name)),
        "{told:?}"
    );
}
