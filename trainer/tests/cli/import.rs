//! Networks of TensorFlow Lite: `import` and `verify`.

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
    assert_eq!(figures[0]["samples"], figures[0]["identical"]);
    // One value of the answers is another.
    let mut wrong = fixture("3.out0.npy");
    *wrong.last_mut().unwrap() ^= 1;
    room.write("net.out0.npy", wrong);
    let told = room.run(verify);
    assert!(told.out.contains("7 of 8 samples identical"), "{told:?}");
    assert!(
        told.out.contains("the first difference is in sample 7"),
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
