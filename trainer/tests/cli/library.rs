//! `library`: what is written, and what is refused. `trainer/device/tests/c` builds programs around it.

use std::fs;

use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::target::Target;
use tillsense_compiler::testing::lowered::packed;
use tillsense_compiler::testing::networks::{RECORD, described};

use crate::room::Room;

/// A room with a model packed for a Cortex-M4.
fn room() -> Room {
    let room = Room::new();
    let lowered = packed(&described(&[RECORD], "", 3), Target::CortexM4);
    room.write("m.till", assemble(&lowered));
    room
}

#[test]
fn a_library_has_what_a_model_needs() {
    let room = room();
    let ran = room.run("library m.till --target m4").succeeds();
    for word in [
        "record, ",
        "-mcpu=cortex-m4 -mthumb",
        "-ltillsense",
        "tillsense::tillsense",
    ] {
        assert!(ran.out.contains(word), "{word}: {ran:?}");
    }
    assert!(!ran.out.contains("audio"), "{ran:?}");
    let wanted = [
        "m.till",
        "tillsense-cortex-m4/CMakeLists.txt",
        "tillsense-cortex-m4/inputs.h",
        "tillsense-cortex-m4/libtillsense.a",
        "tillsense-cortex-m4/m.h",
        "tillsense-cortex-m4/tillsense-config.cmake",
        "tillsense-cortex-m4/tillsense.h",
        "tillsense-cortex-m4/verdict.h",
    ];
    assert_eq!(room.files(), wanted);
    // The same again, by the name of a board, over what is there: the same bytes.
    let before = room.read("tillsense-cortex-m4/libtillsense.a");
    let json = room.run("library m.till --board mps2-an386 --json").json();
    assert_eq!(json["target"], "cortex-m4");
    assert_eq!(json["ram_bytes"], 0);
    assert!(json["code_bytes"].as_u64() > Some(10_000), "{json}");
    assert!(before == room.read("tillsense-cortex-m4/libtillsense.a"));
}

#[test]
fn what_cannot_be_built_is_refused_in_a_line() {
    let room = room();
    let refused = |words: &str, told: &[&str]| room.run(words).fails(told);
    refused(
        "library none.till --target m4",
        &["none.till", "no such file"],
    );
    refused(
        "library m.till --target m3",
        &["m.till", "packed for cortex-m4", "--target cortex-m3"],
    );
    refused(
        "library m.till --board riscv-virt",
        &["m.till", "rv32imc does not read"],
    );
    refused("library --board mps2-an38", &["no board", "did you mean"]);
    refused(
        "library m.till --target m4 -o m.till",
        &["m.till: is a file"],
    );
    refused(
        "library m.till --target m4 -o /proc/x",
        &["/proc/x: cannot be written"],
    );
    refused(
        "library --target m4 --layout zephyr",
        &["name a model file"],
    );
    refused(
        "library m.till --target m4 --layout esp-idf",
        &["rv32imc", "not on cortex-m4"],
    );
    room.write("verdict.till", room.read("m.till"));
    refused(
        "library verdict.till --target m4",
        &["verdict.h", "rename it"],
    );
    fs::remove_file(room.path("verdict.till")).unwrap();
    room.write("cut.till", &room.read("m.till")[..500]);
    refused("library cut.till --target m4", &["cut.till", "cut off"]);
    let ran = room.run("library --target cortexm4");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("did you mean `cortex-m4`?"), "{ran:?}");
    assert_eq!(room.files(), ["cut.till", "m.till"]);
}

#[test]
fn a_persons_own_files_stay() {
    let room = room();
    room.write("CMakeLists.txt", "project(mine C)\n");
    let told = ["CMakeLists.txt", "is not of `tillsense library`"];
    room.run("library m.till --target m4 -o .")
        .says_error(1, &told);
    assert_eq!(room.files(), ["CMakeLists.txt", "m.till"]);
    assert_eq!(room.read("CMakeLists.txt"), b"project(mine C)\n");
    // So does a header of the library's name, and nothing is built before that is told.
    room.write("own/tillsense.h", "mine\n");
    let ran = room.run("library m.till --target m4 -o own");
    ran.says_error(1, &["tillsense.h", "is not of `tillsense library`"]);
    assert_eq!(room.read("own/tillsense.h"), b"mine\n");
    assert!(!ran.err.contains("building"), "{ran:?}");
    // A folder of one layout becomes one of another.
    for layout in ["zephyr", "arduino", "cmake"] {
        let words = format!("library m.till --target m4 --layout {layout} -o here");
        room.run(&words).succeeds();
    }
    let sketch = fs::read_to_string(room.path("here/examples/verdict/verdict.ino")).unwrap();
    assert!(sketch.contains("#include <tillsense.h>"));
}
