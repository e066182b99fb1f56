//! Bindings in Rust.

use std::process::Output;

use tillsense_compiler::bindings::Facts;
use tillsense_compiler::text::shown_lines;

use crate::fixture::{kinds_file, other_file, plain_scores, plain_values, strange, tensors_file};
use crate::tools::{Room, core, said, succeeded};

/// Runs a compiler over a source file; nothing but the core is there for it.
fn compile(room: &Room, compiler: &str, source: &str, more: &[&str]) -> Option<Output> {
    let library = format!("tillsense_core={}", core().display());
    let folder = format!("dependency={}", core().parent().unwrap().display());
    let always = [
        "--edition=2024",
        "--extern",
        &library,
        "-L",
        &folder,
        source,
    ];
    room.try_run(compiler, &[&always, more].concat())
}

fn rustc(room: &Room, source: &str, more: &[&str]) -> Output {
    compile(room, "rustc", source, more).expect("rustc is there")
}

/// A folder with the models of the tests and the bindings of the first.
fn kinds_room() -> Room {
    let room = Room::new();
    let file = kinds_file(1);
    room.write(
        "bindings.rs",
        Facts::read(&file).unwrap().rust("model.till"),
    );
    room.write("model.till", file);
    room.write("again.till", kinds_file(2));
    room.write("other.till", other_file());
    room
}

/// The module compiles without `std` and without a warning, documented throughout, and neither rustfmt nor clippy would change it.
fn is_clean(room: &Room, module: &str) {
    let library =
        "#![no_std]\n#![deny(warnings, missing_docs)]\n//! A library.\npub mod bindings;\n";
    let program = "#![deny(warnings, missing_docs)]\n//! A program.\nmod bindings;\nfn main() {}\n";
    room.write("bindings.rs", module);
    room.write("lib.rs", library);
    room.write("unused.rs", program);
    let emit = ["--emit=metadata"];
    succeeded(rustc(
        room,
        "lib.rs",
        &[&emit[..], &["--crate-type=lib"]].concat(),
    ));
    succeeded(rustc(room, "unused.rs", &emit));
    let documented = compile(room, "rustdoc", "lib.rs", &["-Dwarnings", "--out-dir=doc"]);
    succeeded(documented.expect("rustdoc is there"));
    for (source, kind) in [("lib.rs", "lib"), ("unused.rs", "bin")] {
        let kind = format!("--crate-type={kind}");
        if let Some(checked) = compile(
            room,
            "clippy-driver",
            source,
            &[&emit[..], &[&kind]].concat(),
        ) {
            succeeded(checked);
        }
    }
    if let Some(formatted) = room.try_run("rustfmt", &["--edition=2024", "--check", "bindings.rs"])
    {
        succeeded(formatted);
    }
}

#[test]
fn bindings_are_clean_whatever_names_there_are() {
    for facts in [
        Facts::read(&kinds_file(1)).unwrap(),
        Facts::read(&tensors_file()).unwrap(),
        strange(),
    ] {
        let module = facts.rust("a\nb`.till");
        assert_eq!(module, facts.rust("a\nb`.till"));
        // A screen shows it as a file holds it.
        assert_eq!(shown_lines(&module), module);
        is_clean(&Room::new(), &module);
    }
}

#[test]
fn a_session_through_bindings_gives_the_bytes_of_a_plain_one() {
    let room = kinds_room();
    room.write("main.rs", include_str!("programs/kinds.rs"));
    succeeded(rustc(&room, "main.rs", &["-o", "main"]));
    let out = succeeded(room.run(room.path("main"), &[]));
    let (first, again) = (plain_scores(&kinds_file(1)), plain_scores(&kinds_file(2)));
    assert_ne!(first, again);
    // At once, step by step, and by the model that was trained again.
    assert_eq!(out, [&*first, &*first, &*again].concat());

    let room = Room::new();
    let file = tensors_file();
    room.write(
        "bindings.rs",
        Facts::read(&file).unwrap().rust("model.till"),
    );
    room.write("main.rs", include_str!("programs/tensors.rs"));
    room.write("model.till", &file);
    succeeded(rustc(&room, "main.rs", &["-o", "main"]));
    assert_eq!(
        succeeded(room.run(room.path("main"), &[])),
        plain_values(&file)
    );
}

#[test]
fn wrong_use_does_not_compile() {
    let room = kinds_room();
    let cases = [
        (
            "session.push_image(&[0; 71]).unwrap();",
            "expected an array with a size of 72",
        ),
        (
            "session.push_photo(&[0; 72]).unwrap();",
            "no method named `push_photo`",
        ),
        (
            "session.push_record(&Type::default()).unwrap();",
            "expected `&Record",
        ),
        (
            "let _: Option<Run> = session.a().map(|answer| answer.class);",
            "mismatched types",
        ),
        ("let _ = A::C0;", "no variant"),
        (
            "let _ = Record { plain: Some(1), gaps: None };",
            "missing field `kind`",
        ),
        (
            "let _ = Record { plain: Some(\"1\"), ..Record::default() };",
            "mismatched types",
        ),
        (
            "let _ = Record { kind: Some(TypeKind::New), ..Record::default() };",
            "mismatched types",
        ),
        (
            "static OTHER: &[u8] = checked(tillsense_core::include_model!(\"other.till\")); let _ = OTHER;",
            "the model has other inputs or answers than its bindings",
        ),
    ];
    let program = |line: &str| {
        format!(
            "#![allow(unused_imports)]\nmod bindings;\nuse bindings::*;\npub fn work(session: &mut Session<'_, '_>) {{\n    {line}\n}}\n"
        )
    };
    room.write(
        "right.rs",
        program("session.push_image(&[0; 72]).unwrap();"),
    );
    let arguments = ["--emit=metadata", "--crate-type=lib"];
    succeeded(rustc(&room, "right.rs", &arguments));
    for (line, why) in cases {
        room.write("wrong.rs", program(line));
        let output = rustc(&room, "wrong.rs", &arguments);
        let (_, err) = said(&output);
        assert!(!output.status.success(), "{line}");
        assert!(err.contains(why), "{line}: {err}");
    }
}
