//! Models exported for the kernels of one processor.

use std::fs;

use crate::room::Room;

#[test]
fn an_export_is_the_same_model() {
    let room = Room::with_model();
    let ran = room
        .run("export models/shoppers.till --target m4")
        .succeeds();
    assert!(
        ran.out
            .contains("models/shoppers-cortex-m4.till for cortex-m4"),
        "{ran:?}"
    );
    let inspected = room
        .run("inspect models/shoppers-cortex-m4.till --json")
        .json();
    assert_eq!(inspected["target"], "cortex-m4");
    assert_eq!(inspected["flash_growth"], 25);
    assert_eq!(inspected["steps"][1]["op"], "packed_dense");
    assert_eq!(inspected["steps"][1]["packed"]["order"], "pairs");
    // Its own numbers lie beside it, so it has float figures, and every other figure is the same.
    let evaluate = |file: &str| {
        let figures = room
            .run(&format!("evaluate {file} --limit 100 --json"))
            .json();
        figures["heads"].clone()
    };
    let heads = evaluate("models/shoppers-cortex-m4.till");
    assert!(heads[0]["float"]["accuracy"].is_number(), "{heads}");
    assert_eq!(heads, evaluate("models/shoppers.till"));

    let exported = room
        .run("export models/shoppers-cortex-m4.till --target generic -o back.till --json")
        .json();
    assert_eq!(
        (&exported["file"], &exported["target"]),
        (&"back.till".into(), &"generic".into())
    );
    assert!(room.read("back.till") == room.read("models/shoppers.till"));
    room.run("train shoppers --limit 200 --epochs 1 --no-evaluation --target cortex-m4 -o m4.till")
        .succeeds();
    assert!(room.read("m4.till") == room.read("models/shoppers-cortex-m4.till"));
}

#[test]
fn exports_that_cannot_be_made() {
    let room = Room::with_model();
    room.run("export models/shoppers.till")
        .says_error(2, &["--target"]);
    room.run("export models/shoppers.till --target z80")
        .says_error(2, &["z80", "cortex-m4", "rv32imc"]);
    room.run("export models/shoppers.till --target m4 -o file.trained")
        .fails(&["file.trained", "NAME.till"]);
    room.run("train shoppers --limit 200 --epochs 1 --seed 9 --no-evaluation -o other.till")
        .succeeds();
    let files = room.files();
    fs::copy(
        room.path("other.trained"),
        room.path("models/shoppers.trained"),
    )
    .unwrap();
    room.run("export models/shoppers.till --target m4")
        .fails(&["models/shoppers.trained", "belongs to another file"]);
    fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    room.run("export models/shoppers.till --target m4").fails(&[
        "models/shoppers.trained",
        "is not there",
        "tillsense train",
    ]);
    assert_eq!(room.files().len() + 1, files.len(), "nothing was written");
}

#[test]
fn a_board_refuses_what_is_packed_for_another() {
    let room = Room::with_model();
    for target in ["cortex-m55", "rv32imc"] {
        room.run(&format!("export models/shoppers.till --target {target}"))
            .succeeds();
    }
    let ran = room.run("compare models/shoppers-cortex-m55.till --board mps2-an386");
    ran.fails(&[
        "models/shoppers-cortex-m55.till: packed for cortex-m55; mps2-an386 needs cortex-m4",
        "tillsense export",
    ]);
    assert!(!ran.err.contains("booting"), "{ran:?}");
    room.run("compare models/shoppers-rv32imc.till --board riscv-virt --board mps3-an547")
        .fails(&["packed for rv32imc; mps3-an547 needs cortex-m55"]);
}
