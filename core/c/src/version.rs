//! Which release the library is.

use tillsense_core::model::header;

/// The release that this header belongs to: `major << 16 | minor << 8 | patch`. A program compares it with
/// `tillsense_version()` once, so that header and library are of one release.
pub const TILLSENSE_VERSION: u32 = 0x0000_0100;

/// The version of the file format that the library reads. It refuses files of another one.
pub const TILLSENSE_FORMAT: u16 = 2;

/// The version of the numeric contract that the library computes by. It refuses files of another one.
pub const TILLSENSE_CONTRACT: u16 = 2;

const _: () = assert!(
    TILLSENSE_VERSION == of_package()
        && TILLSENSE_FORMAT == header::FORMAT
        && TILLSENSE_CONTRACT == header::CONTRACT
);

/// The version in the package's manifest.
const fn of_package() -> u32 {
    const fn number(text: &str) -> u32 {
        match u32::from_str_radix(text, 10) {
            Ok(number) => number,
            Err(_) => panic!("a version has three numbers"),
        }
    }
    number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | number(env!("CARGO_PKG_VERSION_PATCH"))
}

/// Says which release the library is.
///
/// # Answers
/// `major << 16 | minor << 8 | patch`, as `TILLSENSE_VERSION` of its header.
#[unsafe(no_mangle)]
pub const extern "C" fn tillsense_version() -> u32 {
    TILLSENSE_VERSION
}
