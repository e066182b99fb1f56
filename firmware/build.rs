//! Makes the linker's memory layout and the constants of the board that TILLSENSE_BOARD names, says whether its core takes words at any
//! address, and refuses a build for no board, for one that is not there, or for another target than the board's.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use tillsense_board::{Board, constants, memory_x, named};

/// The name of a board of `boards/`, or the path of a board's file anywhere.
const BOARD: &str = "TILLSENSE_BOARD";
/// Set for an image that QEMU runs, whose machine may have another clock than the board.
const IN_QEMU: &str = "TILLSENSE_IN_QEMU";

fn main() {
    println!("cargo:rustc-check-cfg=cfg(unaligned)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed={BOARD}");
    println!("cargo:rerun-if-env-changed={IN_QEMU}");
    // On the host only the server is built, for its tests.
    if variable("CARGO_CFG_TARGET_OS") != "none" {
        return;
    }
    let board = board(&variable(BOARD));
    let board = match variable(IN_QEMU).is_empty() {
        true => board,
        false => board.in_qemu(),
    };
    let target = variable("TARGET");
    if target != board.core.target {
        let (id, wanted) = (&board.id, &board.core.target);
        refuse(&format!("{id} needs --target {wanted}, not {target}"));
    }
    if board.core.cpu.is_unaligned() {
        println!("cargo:rustc-cfg=unaligned");
    }
    let out = PathBuf::from(variable("OUT_DIR"));
    write(&out.join("memory.x"), &memory_x(&board));
    write(&out.join("board.rs"), &constants(&board));
    if env::var_os("CARGO_FEATURE_STANDALONE").is_some() {
        take(&out, "TILLSENSE_MODEL", "model.bin");
        take(&out, "TILLSENSE_SESSION", "session.bin");
    }
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    // Else the linker pads segments to pages of a system that is not there, and puts its headers into flash where an image begins
    // within a page.
    println!("cargo:rustc-link-arg-bins=--nmagic");
}

fn board(name: &str) -> Board {
    if name.is_empty() {
        refuse(&format!(
            "set {BOARD} to the name of a board (firmware/boards/NAME.toml) or to the path of a board's .toml file"
        ));
    }
    let found = if name.ends_with(".toml") {
        println!("cargo:rerun-if-changed={name}");
        Board::read(Path::new(name))
    } else {
        named(name)
    };
    found.unwrap_or_else(|error| refuse(&format!("{BOARD}: {error}")))
}

/// Copies a file that is to be built into the image.
fn take(out: &Path, name: &str, to: &str) {
    println!("cargo:rerun-if-env-changed={name}");
    let source = variable(name);
    if source.is_empty() {
        refuse(&format!(
            "the feature `standalone` needs {name}: the path of a file"
        ));
    }
    println!("cargo:rerun-if-changed={source}");
    if let Err(error) = fs::copy(&source, out.join(to)) {
        refuse(&format!("{name}={source}: {error}"));
    }
}

fn write(path: &Path, text: &str) {
    if let Err(error) = fs::write(path, text) {
        refuse(&format!("{}: {error}", path.display()));
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn refuse(why: &str) -> ! {
    eprintln!("tillsense-firmware: {why}");
    process::exit(1);
}
