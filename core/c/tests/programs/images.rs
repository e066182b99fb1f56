//! Images of processors: every function of the header linked as firmware links it, and what is in there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::build::{Library, PACKAGE, STRICT, TMP, ran};

/// A processor, and the compiler whose C library firmware links.
struct Target {
    triple: &'static str,
    tools: &'static str,
    flags: &'static [&'static str],
}

const TARGETS: [Target; 3] = [
    Target {
        triple: "thumbv6m-none-eabi",
        tools: "arm-none-eabi-",
        flags: &["-mcpu=cortex-m0", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7em-none-eabi",
        tools: "arm-none-eabi-",
        flags: &["-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "riscv32imac-unknown-none-elf",
        tools: "riscv64-unknown-elf-",
        // The specs place an image in 64 KiB unless told otherwise.
        flags: &[
            "-march=rv32imac",
            "-mabi=ilp32",
            "--specs=picolibc.specs",
            "-Wl,--defsym=__flash_size=0x100000",
        ],
    },
];

/// The order in which libraries are searched, `%` for ours.
const ORDERS: [&str; 3] = ["% -lc -lgcc", "-lc -lgcc % -lc -lgcc", "% -nodefaultlibs"];

#[test]
fn images_hold_no_panic_and_no_words_that_nobody_asks_for() {
    for target in &TARGETS {
        let library = Library::of(target.triple);
        let symbols = target.linked(&library, ORDERS[0], &[]);
        let triple = target.triple;
        assert_eq!(panics(&symbols), Vec::<&str>::new(), "{triple}");
        assert_eq!(
            containing(&symbols, &["3fmt"]),
            Vec::<&str>::new(),
            "{triple}"
        );
        let wordy = target.linked(&library, ORDERS[0], &["-DEXPLAIN"]);
        assert_eq!(panics(&wordy), Vec::<&str>::new(), "{triple}");
        assert_ne!(
            containing(&wordy, &["3fmt"]),
            Vec::<&str>::new(),
            "{triple}"
        );
        // All that the header declares is in there.
        for function in functions() {
            let there = wordy.iter().any(|(_, name)| *name == function);
            assert!(there, "{triple}: every.c does not call {function}");
        }
        // What lies in RAM is the program's own.
        let of_program = ["session", "arena", "outside", "status", "first"];
        let statics = wordy
            .iter()
            .filter(|(kind, _)| "bBdD".contains(kind.as_str()));
        let foreign: Vec<&str> = statics
            .map(|(_, name)| name.as_str())
            .filter(|name| !of_program.contains(name) && !name.starts_with('_'))
            .collect();
        assert_eq!(foreign, Vec::<&str>::new(), "{triple}");
    }
}

#[test]
fn the_library_goes_with_c_libraries_in_any_order_and_without_one() {
    for target in &TARGETS {
        let library = Library::of(target.triple);
        for order in &ORDERS[1..] {
            target.linked(&library, order, &[]);
        }
    }
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let names = [
        "_RNvNtCs5nKyfMNnD7_4core9panicking5panic",
        "_ZN4core9panicking9panic_fmt17h0123456789abcdefE",
        "_RNvCs3vCxMfH9qrm_7___rustc17rust_begin_unwind",
        "_ZN4core6option13unwrap_failed17h0123456789abcdefE",
        "_ZN4core6result13unwrap_failed17h0123456789abcdefE",
    ];
    let symbols = names.map(|name| ("t".to_owned(), name.to_owned()));
    assert_eq!(panics(&symbols), names);
}

impl Target {
    /// Links `every.c`; answers kinds and names of the image's symbols.
    fn linked(&self, library: &Library, order: &str, more: &[&str]) -> Vec<(String, String)> {
        let name = format!("{}{}", order, more.concat()).replace(['%', ' '], "");
        let folder = Path::new(TMP).join("every").join(self.triple);
        fs::create_dir_all(&folder).unwrap();
        let image = folder.join(name);
        let libraries = order.split(' ').map(|this| match this {
            "%" => library.path().as_os_str().to_owned(),
            flag => flag.into(),
        });
        ran(Command::new(format!("{}gcc", self.tools))
            .args(["-std=c99", "-Os", "-ffunction-sections", "-fdata-sections"])
            .args(STRICT)
            .args(self.flags)
            .args(more)
            .arg(format!("-I{PACKAGE}/include"))
            .args(["-nostartfiles", "-Wl,--gc-sections"])
            .arg(Path::new(PACKAGE).join("tests/programs/every.c"))
            .args(libraries)
            .arg("-o")
            .arg(&image));
        let listed = ran(Command::new(format!("{}nm", self.tools)).arg(&image));
        let symbol = |line: &str| {
            let mut words = line.split_whitespace().rev();
            let (name, kind) = (words.next()?, words.next()?);
            Some((kind.to_owned(), name.to_owned()))
        };
        listed.lines().filter_map(symbol).collect()
    }
}

/// Names of functions that a panic calls, and of the handler.
fn panics(symbols: &[(String, String)]) -> Vec<&str> {
    containing(
        symbols,
        &[
            "panicking",
            "unwrap_failed",
            "expect_failed",
            "slice_index_fail",
            "begin_unwind",
        ],
    )
}

fn containing<'s>(symbols: &'s [(String, String)], parts: &[&str]) -> Vec<&'s str> {
    let names = symbols.iter().map(|(_, name)| name.as_str());
    names
        .filter(|name| parts.iter().any(|part| name.contains(part)))
        .collect()
}

/// Every function that the header declares.
fn functions() -> Vec<String> {
    let header = fs::read_to_string(Path::new(PACKAGE).join("include/tillsense.h")).unwrap();
    let declared = header
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let name = |line: &str| {
        let before = line.split_once('(')?.0;
        let name = before.rsplit([' ', '*']).next()?;
        name.starts_with("tillsense_").then(|| name.to_owned())
    };
    let names: Vec<String> = declared.filter_map(name).collect();
    assert!(names.len() > 30, "{names:?}");
    names
}
