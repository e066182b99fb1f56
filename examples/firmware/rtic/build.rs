//! Tells the linker its script; the memory of the chip is in the crate `lm3s6965`.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
