//! What the documents name is there: paths, links, commands with their options, tests, parts of CI.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::room::Room;

const DOCUMENTS: [&str; 16] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/ACCURACY.md",
    "docs/CONCEPTS.md",
    "docs/LOOK.md",
    "docs/NUMBERS.md",
    "docs/SECURITY.md",
    "docs/START.md",
    "docs/EVALUATION.md",
    "docs/MODEL-FORMAT.md",
    "docs/PERFORMANCE.md",
    "docs/SIZE.md",
    "core/README.md",
    "fuzz/README.md",
    "trainer/README.md",
];

/// What a path from the root of the sources begins with.
const ROOTS: [&str; 8] = [
    "core/",
    "trainer/",
    "firmware/",
    "tests/",
    "docs/",
    "fuzz/",
    ".ci/",
    ".github/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every document with its text.
fn documents() -> impl Iterator<Item = (&'static str, String)> {
    let read = |name| (name, fs::read_to_string(root().join(name)).unwrap());
    DOCUMENTS.into_iter().map(read)
}

/// What stands between backticks, blocks of code left out.
fn quoted(text: &str) -> Vec<String> {
    let mut inside = false;
    let prose = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !fence && !inside
    });
    let prose = prose.collect::<Vec<_>>().join(" ");
    prose
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// `NAME` in a path stands for any name, and CONTRIBUTING's example of a command is called `name`.
fn is_pattern(path: &str) -> bool {
    path.ends_with("cli/name.rs")
        || path
            .split(['/', '.'])
            .any(|part| matches!(part, "NAME" | "BOARD"))
        || path.contains('*')
}

#[test]
fn paths_and_links_exist() {
    let mut missing = Vec::new();
    for (document, text) in documents() {
        let folder = root().join(document);
        let beside = folder.parent().unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        let links = links.map(|link| (link.to_owned(), beside.join(link)));
        let quoted = quoted(&text).into_iter().filter(|path| {
            let is_path = ROOTS.iter().any(|start| path.starts_with(start));
            is_path && !path.contains(' ') && !is_pattern(path)
        });
        let paths = quoted.map(|path| (path.clone(), root().join(path)));
        for (name, path) in links.chain(paths) {
            if !path.exists() && !beside.join(&name).exists() {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The words of each command line in a document that begins so, up to what a shell would not hand on.
fn lines_of<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = Vec<&'t str>> {
    let starts = text.match_indices(start);
    starts.map(move |(at, _)| {
        let rest = &text[at + start.len()..];
        let end = rest.find(['`', '\n', '#', ';', '|', '&', '(', ')', '"', '│']);
        rest[..end.unwrap_or(rest.len())]
            .split_whitespace()
            .collect()
    })
}

/// Every command that begins with `cargo tillsense`, or `tillsense` in backticks or a shell's block: it is there, with its options.
#[test]
fn commands_and_their_options_exist() {
    let room = Room::new();
    let mut asked = BTreeSet::new();
    for (document, text) in documents() {
        let starts = ["cargo tillsense ", "`tillsense ", "$ tillsense "];
        for words in starts.iter().flat_map(|start| lines_of(&text, start)) {
            // One that ends here names options, else it would be prose.
            let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
            let names: Vec<_> = words
                .iter()
                .take_while(|word| is_word(word))
                .take(2)
                .collect();
            let options = words.iter().filter(|word| word.starts_with("--"));
            let options = options.map(|option| option.split(['=', ',']).next().unwrap_or(option));
            let nested =
                ["data", "bench", "terminal"].contains(names.first().map_or(&"", |name| *name));
            let names: Vec<_> = names.iter().take(1 + usize::from(nested)).collect();
            let name = names
                .iter()
                .map(|name| **name)
                .fold(String::new(), |all, name| all + name + " ");
            asked.insert((name.clone(), String::new(), document));
            asked.extend(options.map(|option| (name.clone(), option.to_owned(), document)));
        }
    }
    let mut missing = Vec::new();
    for (name, option, document) in asked {
        // `tillsense name` is the example of CONTRIBUTING.
        if name == "name " || name.is_empty() {
            continue;
        }
        let help = room.run(&format!("{name}--help"));
        if !help.out.contains("Usage:") || !help.out.contains(&option) {
            missing.push(format!("{document}: tillsense {name}{option}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The folder of each package that a document tests.
fn folder(package: &str) -> Option<&'static str> {
    Some(match package {
        "tillsense-core" => "core/tests",
        "tillsense-firmware" => "firmware/tests",
        "tillsense-c" => "core/c/tests",
        "tillsense-compiler" => "trainer/compiler/tests",
        "tillsense-device" => "trainer/device/tests",
        "tillsense-trainer" => "trainer/tests",
        "tillsense-tests" => "tests/tests",
        "tillsense-board" => "firmware/board/tests",
        _ => return None,
    })
}

#[test]
fn tests_and_parts_of_ci_exist() {
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    let mut missing = Vec::new();
    for (document, text) in documents() {
        for words in lines_of(&text, "cargo test -p ") {
            let Some(folder) = folder(words[0]) else {
                missing.push(format!("{document}: package {}", words[0]));
                continue;
            };
            let tests = words.windows(2).filter(|pair| pair[0] == "--test");
            for test in tests.map(|pair| root().join(folder).join(pair[1])) {
                if !test.with_extension("rs").exists() && !test.join("main.rs").exists() {
                    missing.push(format!("{document}: {}", test.display()));
                }
            }
        }
        for part in lines_of(&text, "`.ci/run ").flatten() {
            if part != "PART..." && !ci.contains(&format!("run_{part}()")) {
                missing.push(format!("{document}: .ci/run {part}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
