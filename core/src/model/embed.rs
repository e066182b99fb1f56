//! Model files that are part of a program: [`include_model!`](crate::include_model).

use crate::model::header::{
    ALIGN, AT_CONTRACT, AT_FORMAT, AT_TOTAL_LEN, CONTRACT, FORMAT, HEADER_LEN, MAGIC,
};

/// A model file of `N` bytes at an address that is a multiple of 16, wherever the linker puts it.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct Embedded<const N: usize>([u8; N]);

const _: () = assert!(align_of::<Embedded<1>>() == ALIGN);

impl<const N: usize> Embedded<N> {
    /// Keeps a file.
    ///
    /// # Panics
    ///
    /// Where the bytes do not begin with the header of a model file that this core reads, or are not as many as the header says: in
    /// a constant, which is what [`include_model!`](crate::include_model) makes of it, the program does not compile. What is
    /// behind the header is for [`Model::load`](crate::Model::load) to check.
    pub const fn new(file: &[u8; N]) -> Self {
        assert!(
            N >= HEADER_LEN,
            "include_model!: the file is cut off: it is shorter than the header of a model file"
        );
        let mut at = 0;
        while at < MAGIC.len() {
            assert!(
                file[at] == MAGIC[at],
                "include_model!: the file is no Tillsense model; `tillsense train` and `tillsense import` write those"
            );
            at += 1;
        }
        assert!(
            half(file, AT_CONTRACT) == CONTRACT,
            "include_model!: the file is made for another numeric contract than this tillsense-core computes by; export it again with the tillsense command of this version"
        );
        assert!(
            half(file, AT_FORMAT) == FORMAT,
            "include_model!: the file is written in another format than this tillsense-core reads; export it again with the tillsense command of this version"
        );
        assert!(
            word(file, AT_TOTAL_LEN) as usize == N,
            "include_model!: the file is not as long as its header says; copy it again or export it again"
        );
        Embedded(*file)
    }

    /// The file.
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

const fn half(file: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([file[at], file[at + 1]])
}

const fn word(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]])
}

/// Makes a model file part of the program: a `&'static [u8]` at an address that is a multiple of 16, as
/// [`Model::load`](crate::Model::load) needs it, whatever else the linker places. `include_bytes!` alone aligns by luck.
///
/// The path is one as for [`include_bytes!`]: from the folder of the source file, or absolute, such as
/// `concat!(env!("OUT_DIR"), "/x.till")`.
///
/// ```ignore
/// use tillsense_core::{Model, include_model};
///
/// static FILE: &[u8] = include_model!("../x.till");
///
/// let model = Model::load(FILE).expect("`tillsense export` wrote it");
/// ```
///
/// A file that is no model, of another format or numeric contract, or cut off does not compile:
///
/// ```compile_fail
/// # use tillsense_core::include_model;
/// static FILE: &[u8] = include_model!("../src/lib.rs");
/// ```
///
/// `section` names the section of the linker script that the file goes to, such as one in flash behind a serial interface that the
/// processor reads like memory; the constants of a program go to `.rodata` without it.
///
/// ```ignore
/// static FILE: &[u8] = include_model!("../x.till", section = ".external_flash");
/// ```
#[macro_export]
macro_rules! include_model {
    ($path:expr $(, section = $section:literal)? $(,)?) => {{
        const LEN: usize = ::core::include_bytes!($path).len();
        $(#[unsafe(link_section = $section)])?
        static FILE: $crate::model::embed::Embedded<LEN> =
            $crate::model::embed::Embedded::new(::core::include_bytes!($path));
        FILE.bytes()
    }};
}
