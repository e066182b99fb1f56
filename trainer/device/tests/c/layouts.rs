//! What `tillsense library` lays out: built where the build system is there, compiled as far as its headers can be stood in for.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::target::Target;
use tillsense_core::engine::Model;
use tillsense_core::parts::Part;
use tillsense_device::package::{self, Layout, Package};
use tillsense_device::toolchain::{
    Library, Need, PROCESSORS, Processor, build_library, ensure, for_c,
};

use crate::room::{Room, four_inputs, machines};

/// What a C program must have for the library: what every C compiler asks for, and helpers that it brings.
const ASKED_FOR: [&str; 12] = [
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "__aeabi_llsl",
    "__aeabi_llsr",
    "__aeabi_lmul",
    "__aeabi_uidiv",
    "__aeabi_uidivmod",
    "__aeabi_idiv",
    "__aeabi_uldivmod",
    "__udivdi3",
];

/// Runs a command to its end and answers what it printed.
#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_library_asks_for_what_every_c_program_has() {
    for processor in PROCESSORS.iter().filter(|p| p.reads.is_some()) {
        let library = build_library(processor, &Part::ALL).unwrap();
        let archive = ArchiveFile::parse(&*library.archive).unwrap();
        let members: Vec<_> = archive.members().map(|member| member.unwrap()).collect();
        // One object: what is not engine or C boundary is the program's.
        let [member] = &members[..] else {
            panic!("{}: {} objects", processor.name, members.len())
        };
        let bytes = member.data(&*library.archive).unwrap();
        let object = object::File::parse(bytes).unwrap();
        let (mut defined, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        for symbol in object.symbols().filter(|symbol| symbol.is_global()) {
            let name = symbol.name().unwrap().to_owned();
            match symbol.is_undefined() {
                true => wanted.insert(name),
                false => defined.insert(name),
            };
        }
        let strange: Vec<_> = wanted
            .iter()
            .filter(|name| !ASKED_FOR.contains(&name.as_str()))
            .collect();
        assert!(strange.is_empty(), "{}: {strange:?}", processor.name);
        assert!(defined.contains("tillsense_explain"), "{}", processor.name);
        let sizes = library.sizes.unwrap();
        assert_eq!(sizes.ram(), 0, "{}: no global state", processor.name);
    }
}

/// The library on this machine, through `find_package`, with the sample that every layout has.
#[test]
fn cmake_finds_the_package() {
    ensure(&[
        Need::Program("cmake"),
        Need::Program("ninja"),
        Need::Program("cc"),
    ])
    .unwrap();
    let room = host_room();
    room.write(
        "CMakeLists.txt",
        b"cmake_minimum_required(VERSION 3.20)
project(app C)
find_package(tillsense CONFIG REQUIRED PATHS ${CMAKE_CURRENT_LIST_DIR}/tillsense NO_DEFAULT_PATH)
add_executable(app main.c)
target_link_libraries(app PRIVATE tillsense::tillsense)
tillsense_embed(app model model.till)
",
    );
    room.write(
        "main.c",
        b"#include \"verdict.h\"
extern const unsigned char model[], model_end[];
static void say(const char *line) { puts(line); }
int main(void) { say_verdicts(model, (size_t)(model_end - model), say); return 0; }
",
    );
    let (source, build) = (room.path("."), room.path("build"));
    done(
        Command::new("cmake")
            .args(["-G", "Ninja", "-S"])
            .arg(source)
            .arg("-B")
            .arg(&build),
    );
    done(Command::new("cmake").arg("--build").arg(&build));
    assert_verdicts(&done(&mut Command::new(build.join("app"))));
}

/// A room with the library for this machine.
fn host_room() -> Room {
    let file = four_inputs(Target::CortexM4);
    let host = PROCESSORS.iter().find(|p| p.reads.is_none()).unwrap();
    Room::of(Layout::Cmake, host, &file)
}

/// A line for each head of the model with four inputs.
#[track_caller]
fn assert_verdicts(said: &str) {
    let heads: Vec<_> = said
        .lines()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(heads, ["a", "b"], "{said}");
    assert!(said.lines().all(|line| line.contains(" of 256")), "{said}");
}

/// The Arduino IDE cannot be had here: the sketch is compiled as C++ with a stand-in for its header, linked for a Cortex-M4 with
/// the library as the IDE would find it, and run on this machine.
#[test]
fn an_arduino_sketch_compiles_links_and_runs() {
    let machine = machines()[0];
    ensure(&for_c(machine)).unwrap();
    ensure(&[Need::Program("c++"), Need::Program("cc")]).unwrap();
    let room = Room::new(
        Layout::Arduino,
        Target::CortexM4,
        &four_inputs(Target::CortexM4),
    );
    let properties = room.read("tillsense/library.properties");
    for line in ["name=Tillsense", "precompiled=true", "ldflags=-ltillsense"] {
        assert!(properties.lines().any(|there| there == line), "{line}");
    }
    room.write(
        "stand-in/Arduino.h",
        b"#include <stdio.h>
struct Port { void begin(long) {} operator bool() { return true; } void println(const char *line) { puts(line); } };
static Port Serial;
void setup();
void loop();
int main() { setup(); loop(); return 0; }
",
    );
    let sketch = room.path("tillsense/examples/verdict");
    let arm: &[&str] = &[
        "-mcpu=cortex-m4",
        "-mthumb",
        "-mfloat-abi=softfp",
        "-mfpu=fpv4-sp-d16",
    ];
    let host = host_room();
    let on_arm = room.path("tillsense/src/cortex-m4");
    let cross = ["arm-none-eabi-gcc", "arm-none-eabi-g++"];
    let specs = ["--specs=nano.specs", "--specs=nosys.specs"];
    build_sketch(&room, &sketch, cross, arm, &on_arm, &specs);
    let (native, here) = (["cc", "c++"], host.path("tillsense"));
    let system = ["-lpthread", "-ldl", "-lm"];
    build_sketch(&room, &sketch, native, &[], &here, &system);
    assert_verdicts(&done(&mut Command::new(room.path("sketch"))));
}

/// Compiles as the IDE does: the sketch is C++ that includes `Arduino.h` first, the model beside it C. Debian has no C++ library
/// for Arm, which the sketch does not need, so the C compiler links.
fn build_sketch(
    room: &Room,
    sketch: &Path,
    [cc, cxx]: [&str; 2],
    flags: &[&str],
    library: &Path,
    system: &[&str],
) {
    let compile = |compiler: &str, of: &[&str], source: &str| {
        let object = room.path(&format!("{source}.o"));
        let mut command = Command::new(compiler);
        command.args(flags).args(of);
        command.args(["-Os", "-Wall", "-Wextra", "-Werror", "-I"]);
        command.arg(room.path("tillsense/src"));
        command.arg("-c").arg(sketch.join(source));
        done(command.arg("-o").arg(&object));
        object
    };
    let stand_in = room.path("stand-in/Arduino.h");
    let of_sketch = ["-std=c++11", "-fno-exceptions", "-fno-rtti"];
    let of_sketch = [&of_sketch[..], &["-x", "c++", "-include"]].concat();
    let of_sketch = [&of_sketch[..], &[stand_in.to_str().unwrap()]].concat();
    let sketch_object = compile(cxx, &of_sketch, "verdict.ino");
    let mut link = Command::new(cc);
    link.args(flags).arg(sketch_object);
    link.arg(compile(cc, &[], "model.c")).arg("-L").arg(library);
    link.arg("-ltillsense").args(system);
    done(
        link.args(["-Wl,--gc-sections", "-o"])
            .arg(room.path("sketch")),
    );
}

/// Zephyr and ESP-IDF cannot be had here: their samples are compiled with stand-ins for the headers and linked.
#[test]
fn samples_of_zephyr_and_esp_idf_compile_and_link() {
    let stand_in: &[u8] = b"#include <stdio.h>\n#define printk printf\n";
    for (layout, target, machine, main, extra) in [
        (
            Layout::Zephyr,
            Target::CortexM33,
            machines()[0],
            "samples/verdict/src",
            "int main(void);\nvoid entry(void) { main(); }\n",
        ),
        (
            Layout::EspIdf,
            Target::Rv32imc,
            machines()[1],
            "examples/verdict/main",
            "void app_main(void);\nint main(void) { app_main(); return 0; }\n",
        ),
    ] {
        ensure(&for_c(machine)).unwrap();
        let room = Room::new(layout, target, &four_inputs(target));
        // Either system's main thread has less stack than a model takes to be opened.
        let (settings, stack) = match layout {
            Layout::Zephyr => ("samples/verdict/prj.conf", "CONFIG_MAIN_STACK_SIZE=8192"),
            _ => (
                "examples/verdict/sdkconfig.defaults",
                "CONFIG_ESP_MAIN_TASK_STACK_SIZE=8192",
            ),
        };
        let settings = room.read(&format!("tillsense/{settings}"));
        assert!(settings.lines().any(|line| line == stack), "{settings}");
        room.write("stand-in/zephyr/kernel.h", stand_in);
        room.write("extra.c", extra.as_bytes());
        room.write("model.S", b".section .rodata\n.balign 16\n.global model, model_end\nmodel: .incbin \"model.till\"\nmodel_end:\n");
        let (compiler, specs): (_, &[&str]) = match layout {
            Layout::Zephyr => (
                "arm-none-eabi-gcc",
                &["--specs=nano.specs", "--specs=nosys.specs"],
            ),
            _ => (
                "riscv64-unknown-elf-gcc",
                &[
                    "--specs=picolibc.specs",
                    "--oslib=semihost",
                    "-Wl,--defsym=__flash_size=0x100000",
                ],
            ),
        };
        let mut build = Command::new(compiler);
        build.current_dir(room.path("."));
        build
            .args(Processor::of(target).unwrap().c_flags.split(' '))
            .args(specs);
        build.args([
            "-Os",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Istand-in",
            "-Itillsense/include",
        ]);
        build
            .arg(format!("tillsense/{main}/main.c"))
            .args(["extra.c", "model.S"]);
        build.args([
            "-Ltillsense/lib",
            "-ltillsense",
            "-Wl,--gc-sections",
            "-o",
            "sample.elf",
        ]);
        done(&mut build);
    }
}

#[test]
fn layouts_that_cannot_be_are_refused_before_anything_is_built() {
    let of = |target| Processor::of(target).unwrap();
    let host = PROCESSORS.iter().find(|p| p.reads.is_none()).unwrap();
    let told = |layout, processor, model| {
        package::require(layout, processor, model)
            .unwrap_err()
            .to_string()
    };
    assert!(told(Layout::EspIdf, of(Target::CortexM4), true).contains("rv32imc"));
    assert!(told(Layout::Zephyr, host, true).contains("host"));
    assert!(told(Layout::Arduino, of(Target::CortexM4), false).contains("name a model file"));
    assert!(package::require(Layout::Cmake, host, false).is_ok());
}

/// Without a model a package holds the library alone.
#[test]
fn a_package_without_a_model_shows_no_inputs() {
    let processor = Processor::of(Target::CortexM4).unwrap();
    let library = build_library(processor, &Part::ALL).unwrap();
    let package = Package {
        processor,
        library: &library,
        parts: &Part::ALL,
        model: None,
        bindings: None,
        folder: "tillsense",
    };
    let files = package::files(Layout::Cmake, &package).unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|(path, _)| path.to_str().unwrap())
        .collect();
    let wanted = [
        "libtillsense.a",
        "tillsense.h",
        "CMakeLists.txt",
        "tillsense-config.cmake",
    ];
    assert_eq!(names, wanted);
    let text = String::from_utf8(files[3].1.clone()).unwrap();
    assert!(!text.contains('@'), "{text}");
}

/// ESP-IDF calls a component as its folder, so the example asks for it by that name.
#[test]
fn an_example_of_esp_idf_asks_for_the_component_by_its_folder() {
    let file = Aligned::from(&*four_inputs(Target::Rv32imc));
    let model = Model::load(&file).unwrap();
    let library = Library::default();
    let mut package = Package {
        processor: Processor::of(Target::Rv32imc).unwrap(),
        library: &library,
        parts: &Part::ALL,
        model: Some(&model),
        bindings: None,
        folder: "verdicts-1",
    };
    let files = package::files(Layout::EspIdf, &package).unwrap();
    let main = Path::new("examples/verdict/main/CMakeLists.txt");
    let (_, text) = files.iter().find(|(path, _)| path == main).unwrap();
    let text = String::from_utf8_lossy(text);
    assert!(text.contains("REQUIRES verdicts-1)"), "{text}");
    package.folder = "my verdicts";
    let told = package::files(Layout::EspIdf, &package).unwrap_err();
    assert!(told.to_string().contains("my verdicts"), "{told}");
}
