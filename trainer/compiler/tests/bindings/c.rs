//! Bindings in C.

use std::path::Path;

use tillsense_compiler::bindings::{Answers, Facts};
use tillsense_compiler::text::shown_lines;

use crate::fixture::{kinds_file, other_file, plain_scores, plain_values, strange, tensors_file};
use crate::tools::{Room, build, succeeded};

/// What every compiler is told.
const ALWAYS: [&str; 7] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
    "-I.",
];

/// Compilers, each with the standard that it is held to; those for boards are asked where there are any.
const COMPILERS: [(&str, &str, bool); 6] = [
    ("cc", "-std=c99", true),
    ("cc", "-std=c11", true),
    ("c++", "-std=c++11", true),
    ("c++", "-std=c++20", true),
    ("arm-none-eabi-gcc", "-std=c99", false),
    ("riscv64-unknown-elf-gcc", "-std=c99", false),
];

/// The folder of `tillsense.h`.
fn include() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/c/include");
    format!("-I{}", folder.display())
}

/// The header compiles without a warning, twice in one file, used or not.
fn is_clean(header: &str) {
    let room = Room::new();
    room.write("bindings.h", header);
    let program =
        "#include \"bindings.h\"\n#include \"bindings.h\"\nint main(void) { return 0; }\n";
    room.write("unused.c", program);
    room.write("unused.cpp", program.replace("(void)", "()"));
    for (compiler, standard, wanted) in COMPILERS {
        let source = if compiler == "c++" {
            "unused.cpp"
        } else {
            "unused.c"
        };
        let include = include();
        // Picolibc's headers are found by its own specification alone.
        let more: &[&str] = match compiler {
            "riscv64-unknown-elf-gcc" => &["--specs=picolibc.specs"],
            _ => &[],
        };
        let own = [standard, &include, "-fsyntax-only", source];
        match room.try_run(compiler, &[&ALWAYS[..], more, &own].concat()) {
            Some(output) => drop(succeeded(output)),
            None => assert!(!wanted, "{compiler} is not there"),
        }
    }
}

#[test]
fn bindings_are_clean_whatever_names_there_are() {
    for facts in [
        Facts::read(&kinds_file(1)).unwrap(),
        Facts::read(&tensors_file()).unwrap(),
        strange(),
    ] {
        let header = facts.c("a */ b`.till");
        assert_eq!(header, facts.c("a */ b`.till"));
        // A screen shows it as a file holds it.
        assert_eq!(shown_lines(&header), header);
        assert!(header.is_ascii() || header.contains("`да`"));
        is_clean(&header);
    }
}

/// A model of these names: a head with two classes and, before it, a record of one field.
fn named(model: &str, input: &str, head: &str, class: &str) -> Facts {
    let facts = Facts::read(&kinds_file(1)).unwrap();
    let mut record = facts.inputs[3].clone();
    let mut answer = facts.heads[0].clone();
    input.clone_into(&mut record.name);
    head.clone_into(&mut answer.name);
    answer.answers = Answers::Classes {
        names: vec![class.to_owned(), "other".to_owned()],
    };
    Facts {
        name: model.to_owned(),
        inputs: vec![record],
        heads: vec![answer],
        ..facts
    }
}

#[test]
fn the_words_of_two_names_may_make_a_word_of_c() {
    for (model, input, head, class) in [
        ("static", "assert", "cast", "a"),
        ("thread", "local", "a", "b"),
        ("size", "t", "a", "b"),
        ("int32", "t", "a", "b"),
        ("uint", "least8 t", "fast64", "max"),
        ("int", "fast16 t", "least8", "min"),
        ("not", "eq", "a", "b"),
        ("char16", "a", "t", "b"),
        ("sig", "a", "atomic", "max"),
        ("max", "align t", "a", "b"),
        ("co", "yield", "await", "b"),
        ("wchar", "t", "a", "max"),
        ("typeof", "unqual", "a", "b"),
    ] {
        is_clean(&named(model, input, head, class).c("model.till"));
    }
}

#[test]
fn a_session_through_bindings_gives_the_bytes_of_a_plain_one() {
    let built = build("tillsense-c", "core/c");
    let library = built.iter().find(|file| file.ends_with(".a")).unwrap();
    let room = Room::new();
    let kinds = kinds_file(1);
    room.write("kinds.h", Facts::read(&kinds).unwrap().c("model.till"));
    room.write("kinds.c", include_str!("programs/kinds.c"));
    room.write("release.c", include_str!("programs/release.c"));
    room.write("model.till", &kinds);
    room.write("other.till", other_file());
    let tensors = tensors_file();
    room.write(
        "tensors.h",
        Facts::read(&tensors).unwrap().c("tensors.till"),
    );
    room.write("tensors.c", include_str!("programs/tensors.c"));
    room.write("tensors.till", &tensors);
    let include = include();
    for (source, wanted) in [
        // At once and step by step.
        ("kinds.c", plain_scores(&kinds).repeat(2)),
        ("tensors.c", plain_values(&tensors)),
        (
            "release.c",
            "the program was compiled with the header of another release of the library\n"
                .to_owned(),
        ),
    ] {
        let own = [
            "-std=c99",
            &include,
            source,
            library,
            "-lm",
            "-lpthread",
            "-ldl",
            "-o",
            "main",
        ];
        succeeded(room.run("cc", &[&ALWAYS[..], &own].concat()));
        assert_eq!(succeeded(room.run(room.path("main"), &[])), wanted);
    }
}
