//! `tillsense.h` is what cbindgen makes of the sources. `UPDATE=1 cargo test -p tillsense-c --test header` writes it.

use std::path::Path;
use std::{env, fs};

#[test]
fn the_header_is_that_of_the_sources() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new()
        .with_crate(package)
        .with_config(config)
        .generate()
        .unwrap();
    let mut made = Vec::new();
    bindings.write(&mut made);
    let made = in_terms_of_c(&String::from_utf8(made).unwrap());
    let at = package.join("include/tillsense.h");
    if env::var_os("UPDATE").is_some() {
        fs::write(&at, &made).unwrap();
    }
    let committed = fs::read_to_string(&at).unwrap_or_default();
    assert!(committed == made, "UPDATE=1 writes the header anew");
}

/// What cbindgen has no setting for: variants with the library's prefix instead of their enum's, the length of an array that is passed,
/// and sections of Rust's documentation as Doxygen has them.
fn in_terms_of_c(header: &str) -> String {
    let named = header
        .replace("TILLSENSE_STATUS_", "TILLSENSE_")
        .replace("TILLSENSE_KIND_", "TILLSENSE_")
        .replace(
            "uint8_t *interface_digest)",
            "uint8_t interface_digest[32])",
        )
        .replace(" * # Safety\n * ", " * @pre ")
        .replace(" * # Answers\n * ", " * @return ");
    let line = |line: &str| match line
        .strip_prefix(" * - `")
        .and_then(|rest| rest.split_once("`: "))
    {
        Some((name, text)) => format!(" * @param {name} {text}\n"),
        None => format!("{line}\n"),
    };
    named.lines().map(line).collect()
}
