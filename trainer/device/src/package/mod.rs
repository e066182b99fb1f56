//! The library as other build systems take it: CMake, Zephyr, Arduino and ESP-IDF, folders that are ready to copy.
//!
//! A layout is a list of files, so that nothing is written before all of it is made. Where the layout shows a sample program, that
//! holds the model and inputs of the right kinds and sizes.

mod inputs;
mod template;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::target::Target;
use tillsense_core::engine::Model;
use tillsense_core::parts::Part;

use crate::toolchain::{Library, Processor, header};
use template::fill;

/// A build system that a library is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A folder for `find_package` or `add_subdirectory`.
    Cmake,
    /// A module of Zephyr with a sample.
    Zephyr,
    /// A precompiled library of the Arduino IDE with an example.
    Arduino,
    /// A component of ESP-IDF with an example.
    EspIdf,
}

/// A library and what it was made for.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// What it runs on.
    pub processor: &'static Processor,
    /// The library.
    pub library: &'a Library,
    /// The parts of the core that it holds.
    pub parts: &'a [Part],
    /// The model that samples run.
    pub model: Option<&'a Model<'a>>,
    /// The bindings of that model in C, with the name of their file.
    pub bindings: Option<&'a Placed>,
    /// The name of the folder that the files go to.
    pub folder: &'a str,
}

/// A file of a layout: its path in the folder, and its bytes.
pub type Placed = (PathBuf, Vec<u8>);

/// The files of a library for a build system.
pub fn files(layout: Layout, package: &Package<'_>) -> Result<Vec<Placed>> {
    let (mut files, headers) = match layout {
        Layout::Cmake => (cmake(package)?, ""),
        Layout::Zephyr => (zephyr(package)?, "include"),
        Layout::Arduino => (arduino(package)?, "src"),
        Layout::EspIdf => (esp_idf(package)?, "include"),
    };
    if let Some((name, text)) = package.bindings {
        let path = Path::new(headers).join(name);
        ensure!(
            files.iter().all(|(there, _)| *there != path),
            "the model's file is called as a header of the library is ({}): rename it",
            path.display()
        );
        files.push((path, text.clone()));
    }
    Ok(files)
}

/// Refuses a layout that cannot be made for a processor, or without a model, before anything is built.
pub fn require(layout: Layout, processor: &Processor, model: bool) -> Result<()> {
    let name = processor.name;
    if layout == Layout::Cmake {
        return Ok(());
    }
    match layout {
        Layout::EspIdf if processor.reads != Some(Target::Rv32imc) => bail!(
            "ESP-IDF runs on rv32imc (ESP32-C2, C3, C6, H2) of these processors, not on {name}; Xtensa has no target in stable Rust"
        ),
        _ if processor.reads.is_none() => {
            bail!("a layout for boards is made for a processor, not for the {name}")
        }
        _ if !model => bail!("this layout shows a sample program: name a model file"),
        _ => Ok(()),
    }
}

fn cmake(package: &Package<'_>) -> Result<Vec<Placed>> {
    // Rust's own library on this machine needs what the system's C library has in files of their own.
    let system = match package.processor.reads {
        Some(_) => "",
        None => "pthread;dl;m",
    };
    let config = fill(
        include_str!("templates/cmake/tillsense-config.cmake"),
        &[
            ("VERSION", VERSION),
            ("PROCESSOR", package.processor.name),
            ("PARTS", &package.parts_in_words()),
            ("FOLDER", package.folder),
            ("SYSTEM", system),
            ("EMBED", EMBED.trim_end()),
        ],
    );
    let mut files = vec![
        placed("libtillsense.a", package.library.archive.clone()),
        placed("tillsense.h", header()?),
        placed(
            "CMakeLists.txt",
            include_str!("templates/cmake/CMakeLists.txt"),
        ),
        placed("tillsense-config.cmake", config),
    ];
    if let Some(model) = package.model {
        files.push(placed("inputs.h", inputs::header(model)));
        files.push(placed("verdict.h", package.verdict()?));
    }
    Ok(files)
}

fn zephyr(package: &Package<'_>) -> Result<Vec<Placed>> {
    let kconfig = fill(
        include_str!("templates/zephyr/Kconfig"),
        &[
            ("VERSION", VERSION),
            ("PROCESSOR", package.processor.name),
            ("PARTS", &package.parts_in_words()),
            ("DEPENDS", zephyrs_name(package.processor)),
        ],
    );
    let sample = fill(
        include_str!("templates/zephyr/sample.cmake"),
        &[("FOLDER", package.folder)],
    );
    let at = "samples/verdict";
    Ok(vec![
        placed("lib/libtillsense.a", package.library.archive.clone()),
        placed("include/tillsense.h", header()?),
        placed("cmake/embed.cmake", EMBED),
        placed(
            "zephyr/module.yml",
            include_str!("templates/zephyr/module.yml"),
        ),
        placed("zephyr/Kconfig", kconfig),
        placed(
            "zephyr/CMakeLists.txt",
            include_str!("templates/zephyr/CMakeLists.txt"),
        ),
        placed(&format!("{at}/CMakeLists.txt"), sample),
        placed(
            &format!("{at}/prj.conf"),
            include_str!("templates/zephyr/prj.conf"),
        ),
        placed(
            &format!("{at}/sample.yaml"),
            fill(
                include_str!("templates/zephyr/sample.yaml"),
                &[("ARCH", zephyrs_arch(package.processor))],
            ),
        ),
        placed(
            &format!("{at}/src/main.c"),
            include_str!("templates/zephyr/main.c"),
        ),
        placed(&format!("{at}/src/verdict.h"), package.verdict()?),
        placed(
            &format!("{at}/src/inputs.h"),
            inputs::header(package.model()?),
        ),
        placed(&format!("{at}/model.till"), package.model()?.file()),
    ])
}

fn arduino(package: &Package<'_>) -> Result<Vec<Placed>> {
    let properties = fill(
        include_str!("templates/arduino/library.properties"),
        &[
            ("VERSION", VERSION),
            ("PROCESSOR", package.processor.name),
            ("PARTS", &package.parts_in_words()),
        ],
    );
    let at = "examples/verdict";
    let model_header = fill(
        include_str!("templates/arduino/model.h"),
        &[("NAME", &inputs::comment(package.model()?.name()))],
    );
    let mut files = vec![
        placed("library.properties", properties),
        placed("src/tillsense.h", header()?),
        placed(
            &format!("{at}/verdict.ino"),
            include_str!("templates/arduino/verdict.ino"),
        ),
        placed(&format!("{at}/verdict.h"), package.verdict()?),
        placed(&format!("{at}/inputs.h"), inputs::header(package.model()?)),
        placed(&format!("{at}/model.h"), model_header),
        placed(
            &format!("{at}/model.c"),
            inputs::array(package.model()?.file()),
        ),
    ];
    let places = arduinos_names(package.processor).iter();
    files.extend(places.map(|mcu| {
        placed(
            &format!("src/{mcu}/libtillsense.a"),
            package.library.archive.clone(),
        )
    }));
    Ok(files)
}

fn esp_idf(package: &Package<'_>) -> Result<Vec<Placed>> {
    let words = &[
        ("VERSION", VERSION),
        ("PROCESSOR", package.processor.name),
        ("PARTS", &package.parts_in_words()),
        ("FOLDER", package.folder),
    ];
    // The component is called as its folder.
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    ensure!(
        package.folder.chars().all(plain),
        "`{}`: a component of ESP-IDF is called as its folder, in letters, digits, `_` and `-`",
        package.folder
    );
    let at = "examples/verdict";
    Ok(vec![
        placed("lib/libtillsense.a", package.library.archive.clone()),
        placed("include/tillsense.h", header()?),
        placed("cmake/embed.cmake", EMBED),
        placed(
            "CMakeLists.txt",
            fill(include_str!("templates/esp-idf/CMakeLists.txt"), words),
        ),
        placed(
            "idf_component.yml",
            fill(include_str!("templates/esp-idf/idf_component.yml"), words),
        ),
        placed(
            &format!("{at}/CMakeLists.txt"),
            include_str!("templates/esp-idf/example.cmake"),
        ),
        placed(
            &format!("{at}/sdkconfig.defaults"),
            include_str!("templates/esp-idf/sdkconfig.defaults"),
        ),
        placed(
            &format!("{at}/main/CMakeLists.txt"),
            fill(include_str!("templates/esp-idf/main.cmake"), words),
        ),
        placed(
            &format!("{at}/main/main.c"),
            include_str!("templates/esp-idf/main.c"),
        ),
        placed(&format!("{at}/main/verdict.h"), package.verdict()?),
        placed(
            &format!("{at}/main/inputs.h"),
            inputs::header(package.model()?),
        ),
        placed(&format!("{at}/main/model.till"), package.model()?.file()),
    ])
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
const EMBED: &str = include_str!("templates/embed.cmake");

impl<'a> Package<'a> {
    fn parts_in_words(&self) -> String {
        let names: Vec<_> = self.parts.iter().map(|part| part.feature()).collect();
        names.join(", ")
    }

    fn model(&self) -> Result<&'a Model<'a>> {
        self.model.context("this layout needs a model")
    }

    /// The sample's program without what differs between systems.
    fn verdict(&self) -> Result<String> {
        let name = inputs::comment(self.model()?.name());
        Ok(fill(
            include_str!("templates/verdict.h"),
            &[("NAME", &name)],
        ))
    }
}

fn placed(path: &str, bytes: impl AsRef<[u8]>) -> Placed {
    (PathBuf::from(path), bytes.as_ref().to_vec())
}

/// What Zephyr calls the family of the processor.
fn zephyrs_arch(processor: &Processor) -> &'static str {
    match processor.reads {
        Some(Target::Rv32imc) => "riscv",
        _ => "arm",
    }
}

/// On which of Zephyr's processors the library runs.
fn zephyrs_name(processor: &Processor) -> &'static str {
    match processor.reads {
        Some(Target::CortexM0) => {
            "CPU_CORTEX_M0 || CPU_CORTEX_M0PLUS || CPU_CORTEX_M1 || CPU_CORTEX_M23"
        }
        Some(Target::CortexM3) => "CPU_CORTEX_M3",
        Some(Target::CortexM4) => "CPU_CORTEX_M4",
        Some(Target::CortexM7) => "CPU_CORTEX_M7",
        Some(Target::CortexM33) => "CPU_CORTEX_M33 && ARMV8_M_DSP",
        Some(Target::CortexM55) => "CPU_CORTEX_M55 && ARMV8_1_M_MVEI",
        Some(Target::Rv32imc) => "RISCV && !64BIT && !FPU",
        Some(Target::Generic) | None => "n",
    }
}

/// The folders in which the Arduino IDE looks for a library of this processor: what boards call `build.mcu`.
fn arduinos_names(processor: &Processor) -> &'static [&'static str] {
    match processor.reads {
        Some(Target::CortexM0) => &["cortex-m0", "cortex-m0plus"],
        Some(Target::CortexM3) => &["cortex-m3"],
        Some(Target::CortexM4) => &["cortex-m4"],
        Some(Target::CortexM7) => &["cortex-m7"],
        Some(Target::CortexM33) => &["cortex-m33"],
        Some(Target::CortexM55) => &["cortex-m55"],
        Some(Target::Rv32imc) => &["esp32c3", "esp32c6", "esp32h2"],
        Some(Target::Generic) | None => &[],
    }
}
