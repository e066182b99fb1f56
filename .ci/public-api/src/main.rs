//! Lists the public items of a crate, a line each, from rustdoc's JSON: `tillsense-public-api FILE.json`.
//!
//! Items under `#[doc(hidden)]` are no promise and are left out, as are impls that the compiler adds or derives: they would
//! double the list.

use std::process::ExitCode;

use public_api::Builder;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: tillsense-public-api FILE.json");
        return ExitCode::FAILURE;
    };
    let items = Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    match items {
        Ok(items) => {
            for item in items.items() {
                println!("{item}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
