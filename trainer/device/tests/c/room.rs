//! A folder of its own for each test, with a library and a model in it.

use std::fs;
use std::path::{Path, PathBuf};

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::parts_of;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::target::Target;
use tillsense_compiler::testing::lowered::packed;
use tillsense_compiler::testing::networks::{BAG, PICTURE, RECORD, SOUND, described};
use tillsense_core::Model;
use tillsense_core::parts::Part;
use tillsense_device::boards::{self, Machine};
use tillsense_device::package::{self, Layout, Package};
use tillsense_device::toolchain::{Processor, build_library};

/// The sources of the example.
pub fn bare() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/c/bare")
}

/// The boards that the example runs on.
pub fn machines() -> [&'static Machine; 2] {
    ["mps2-an386", "riscv-virt"].map(|id| boards::find(id).unwrap())
}

/// The model that the example runs, for a processor: a picture, a clip, a text and a record.
pub fn four_inputs(target: Target) -> Vec<u8> {
    let toy = described(&[PICTURE, SOUND, BAG, RECORD], "", 1);
    assemble(&packed(&toy, target))
}

/// A model file on the disk, and a library with its parts beside it.
pub struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    /// The library of a layout for a target, with the parts of a model.
    pub fn new(layout: Layout, target: Target, file: &[u8]) -> Room {
        Room::of(layout, Processor::of(target).unwrap(), file)
    }

    /// The same for a processor.
    pub fn of(layout: Layout, processor: &'static Processor, file: &[u8]) -> Room {
        let aligned = Aligned::from(file);
        let model = Model::load(&aligned).unwrap();
        Room::with(layout, processor, &model, &parts_of(&model))
    }

    /// The library of a layout, with these parts.
    pub fn with(
        layout: Layout,
        processor: &'static Processor,
        model: &Model<'_>,
        parts: &[Part],
    ) -> Room {
        let library = build_library(processor, parts).unwrap();
        let package = Package {
            processor,
            library: &library,
            parts,
            model: Some(model),
            bindings: None,
            folder: "tillsense",
        };
        let room = Room {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, bytes) in package::files(layout, &package).unwrap() {
            room.write(&format!("tillsense/{}", path.display()), &bytes);
        }
        room.write("model.till", model.file());
        room
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
