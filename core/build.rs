//! Chooses the kernels: `cfg(kernels = "...")` names the instruction set that this build may use.
//!
//! Stable Rust hides the DSP and Helium target features of Arm, so the target and `-Ctarget-cpu` decide.

use std::env;

/// All values of `cfg(kernels)`.
const KERNELS: [&str; 6] = [
    "portable", "arm_v6m", "arm_v7m", "arm_dsp", "arm_mve", "riscv",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let values: Vec<String> = KERNELS.iter().map(|name| format!("{name:?}")).collect();
    println!(
        "cargo:rustc-check-cfg=cfg(kernels, values({}))",
        values.join(", ")
    );
    println!("cargo:rustc-check-cfg=cfg(winograd, values(none(), \"portable\", \"kernels\"))");
    println!("cargo:rustc-check-cfg=cfg(armv8m)");
    let kernels = chosen(&variable("TARGET"), &variable("CARGO_ENCODED_RUSTFLAGS"));
    println!("cargo:rustc-cfg=kernels={kernels:?}");
    if variable("TARGET").starts_with("thumbv8m") {
        println!("cargo:rustc-cfg=armv8m");
    }
    // Where there is nothing for the Winograd domain, the op is refused.
    let winograd = match kernels {
        "arm_dsp" | "riscv" => Some("kernels"),
        "portable" => Some("portable"),
        _ => None,
    };
    if let Some(winograd) = winograd {
        println!("cargo:rustc-cfg=winograd");
        println!("cargo:rustc-cfg=winograd={winograd:?}");
    }
}

fn chosen(target: &str, rustflags: &str) -> &'static str {
    let is = |cpu: &str| rustflags.contains(&format!("target-cpu={cpu}"));
    match target.split('-').next().unwrap_or_default() {
        "thumbv8m.main" if is("cortex-m55") => "arm_mve",
        // The target alone promises no DSP extension: it is optional on a Cortex-M33.
        "thumbv8m.main" if is("cortex-m33") => "arm_dsp",
        "thumbv7em" => "arm_dsp",
        "thumbv7m" | "thumbv8m.main" => "arm_v7m",
        "thumbv6m" | "thumbv8m.base" => "arm_v6m",
        "riscv32imc" | "riscv32imac" | "riscv32im" => "riscv",
        _ => "portable",
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
