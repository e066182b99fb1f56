//! Model files in a program: their place, what is refused where a program is compiled, and which bindings they belong to.

use std::fs;
use std::path::Path;

use tillsense_core::model::embed::Embedded;
use tillsense_core::model::header::{HEADER_LEN, states_interface};
use tillsense_core::{Model, include_model};

static FILE: &[u8] = include_model!("../../fuzz/seeds/load/tensor");
/// By an absolute path, as of a file that a build script makes.
const ALSO: &[u8] = include_model!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../fuzz/seeds/load/plain"
));

/// In a section that a linker script may put anywhere.
static APART: &[u8] = include_model!("../../fuzz/seeds/load/tensor", section = ".external_flash");

const LEN: usize = include_bytes!("../../fuzz/seeds/load/tensor").len();

#[test]
fn a_file_in_the_program_is_the_file_and_loads() {
    for (file, name) in [(FILE, "tensor"), (ALSO, "plain"), (APART, "tensor")] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/load");
        assert_eq!(file, fs::read(folder.join(name)).unwrap());
        assert!(file.as_ptr().addr().is_multiple_of(16));
        Model::load(file).unwrap();
    }
}

/// What the compiler says of a file in a program, which is what happens at run time to one that is given then.
fn refusal(change: impl FnOnce(&mut [u8; LEN])) -> String {
    let mut file: [u8; LEN] = FILE.try_into().unwrap();
    change(&mut file);
    let refused = std::panic::catch_unwind(|| Embedded::new(&file)).unwrap_err();
    (*refused.downcast::<&str>().unwrap()).to_owned()
}

#[test]
fn a_program_with_what_is_no_model_does_not_compile() {
    let short = std::panic::catch_unwind(|| Embedded::new(&[0; HEADER_LEN - 1])).unwrap_err();
    let short = short.downcast::<&str>().unwrap();
    assert!(short.contains("shorter than the header"), "{short}");
    let all: [(usize, &str); 4] = [
        (3, "no Tillsense model"),
        (8, "another numeric contract"),
        (12, "another format"),
        (24, "not as long as its header says"),
    ];
    for (at, words) in all {
        let said = refusal(|file| file[at] ^= 1);
        assert!(said.starts_with("include_model!: "), "{said}");
        assert!(said.contains(words), "byte {at}: {said}");
    }
}

#[test]
fn bindings_belong_to_the_files_that_state_their_digest() {
    let digest = Model::load(FILE).unwrap().interface();
    assert!(states_interface(FILE, &digest));
    assert!(!states_interface(ALSO, &digest));
    assert!(!states_interface(&FILE[..HEADER_LEN - 1], &digest));
    for at in 0..32 {
        let mut other = digest;
        other[at] ^= 0x80;
        assert!(!states_interface(FILE, &other), "byte {at}");
    }
}
