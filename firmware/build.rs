//! Chooses the board's memory layout for the linker, says which cores take words at any address, and refuses a build for no board, for two, or for the wrong target.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Cargo feature, the target's first word, memory layout.
const BOARDS: [(&str, &str, &str); 10] = [
    ("board-microbit", "thumbv6m", "microbit.x"),
    ("board-mps2-an385", "thumbv7m", "mps2.x"),
    ("board-mps2-an385-m0", "thumbv6m", "mps2.x"),
    ("board-mps2-an386", "thumbv7em", "mps2.x"),
    ("board-mps2-an500", "thumbv7em", "mps2.x"),
    ("board-mps2-an505", "thumbv8m.main", "mps2_an505.x"),
    ("board-mps3-an547", "thumbv8m.main", "mps3_an547.x"),
    ("board-netduinoplus2", "thumbv7em", "netduinoplus2.x"),
    ("board-riscv-virt", "riscv32imac", "riscv_virt.x"),
    ("board-sifive-e", "riscv32imac", "sifive_e.x"),
];

fn main() {
    println!("cargo:rustc-check-cfg=cfg(unaligned)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=memory");
    // On the host only the server is built, for its tests.
    if variable("CARGO_CFG_TARGET_OS") != "none" {
        return;
    }
    let chosen: Vec<_> = BOARDS
        .iter()
        .filter(|(feature, ..)| is_on(feature))
        .collect();
    let [(feature, family, layout)] = chosen[..] else {
        let names: Vec<_> = BOARDS.iter().map(|(feature, ..)| *feature).collect();
        refuse(&format!(
            "choose one board with --features, not {}: {}",
            chosen.len(),
            names.join(", ")
        ));
    };
    let target = variable("TARGET");
    if target.split('-').next() != Some(family) {
        refuse(&format!(
            "{feature} needs a target {family}-..., not {target}"
        ));
    }
    // Cores that load and store words at any address.
    if matches!(*family, "thumbv7m" | "thumbv7em" | "thumbv8m.main") {
        println!("cargo:rustc-cfg=unaligned");
    }
    let out = PathBuf::from(variable("OUT_DIR"));
    let source = Path::new("memory").join(layout);
    if let Err(error) = fs::copy(&source, out.join("memory.x")) {
        refuse(&format!("{}: {error}", source.display()));
    }
    if is_on("standalone") {
        take(&out, "TILLSENSE_MODEL", "model.bin");
        take(&out, "TILLSENSE_SESSION", "session.bin");
    }
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
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

fn is_on(feature: &str) -> bool {
    env::var_os(format!(
        "CARGO_FEATURE_{}",
        feature.to_uppercase().replace('-', "_")
    ))
    .is_some()
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn refuse(why: &str) -> ! {
    eprintln!("tillsense-firmware: {why}");
    process::exit(1);
}
