//! Images: what is written into a board's flash, in which files, and by which commands.
//!
//! - [`Contents`] are bytes at addresses, of an ELF file or a model;
//! - [`Firmware`] is the terminal's firmware, with all parts of the core or those that a model needs;
//! - [`ImageSet`] joins firmware and model and makes the files: `.elf`, `.bin`, Intel HEX ([`hex()`]) and UF2 ([`uf2()`]);
//! - [`Map`] says where everything lies, and how much flash and RAM are left;
//! - [`usages`] are the command lines of each tool that a board's file names, [`Installed`] runs one.

mod contents;
mod files;
mod firmware;
mod flash;
mod hex;
mod map;
mod place;
mod tools;
mod uf2;

pub use contents::{Contents, ERASED, Piece};
pub use files::{Form, Holds, ImageFile, ImageSet, file_name};
pub use firmware::{Choice, Firmware};
pub use flash::Installed;
pub use hex::hex;
pub use map::{Area, Map, Share};
pub use tools::{Tool, Usage, Words, usage, usages};
pub use uf2::uf2;
