//! A model that is part of a program lies at a multiple of 16, whatever else is linked: 200 images with random other statics, of
//! random sizes, alignments, sections and names, before and behind it, at all levels of optimisation, for Cortex-M0, Cortex-M4, RISC-V
//! and this machine. Addresses and bytes are read from the ELF files. Beside it lies the same file by `include_bytes!`, which is
//! aligned by luck, and in some images is not.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use object::{Object, ObjectSegment, ObjectSymbol};
use tillsense_core::parity::SplitMix64;
use tillsense_device::toolchain::{Need, ensure};

/// Images in all.
const IMAGES: usize = 200;
/// A multiple that the core asks for.
const ALIGN: u64 = 16;

/// Processors with other code and other linkers' habits; `None` is this machine.
const TARGETS: [Option<&str>; 4] = [
    Some("thumbv6m-none-eabi"),
    Some("thumbv7em-none-eabi"),
    Some("riscv32imc-unknown-none-elf"),
    None,
];

#[test]
fn a_model_in_a_program_is_aligned_whatever_else_is_linked() {
    let needs: Vec<Need> = TARGETS.iter().flatten().map(|t| Need::Target(t)).collect();
    ensure(&needs).unwrap();
    let cores: Vec<Core> = TARGETS.iter().map(|t| Core::build(*t).unwrap()).collect();
    let model = model();
    let expected = fs::read(&model).unwrap();
    let room = tempfile::tempdir().unwrap();
    let (next, by_luck) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= IMAGES {
                break;
            }
            let core = &cores[number % cores.len()];
            let image = link(core, number, &model, room.path()).unwrap();
            let [included, naive] = read(&image)
                .with_context(|| format!("image {number}"))
                .unwrap();
            let target = core.target.unwrap_or("this machine");
            assert_eq!(included.address % ALIGN, 0, "image {number} for {target}");
            assert!(included.bytes == expected, "image {number} for {target}");
            assert!(naive.bytes == expected, "image {number} for {target}");
            by_luck.fetch_add(usize::from(naive.address % ALIGN == 0), Ordering::Relaxed);
            fs::remove_file(image).unwrap();
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        for worker in (0..workers).map(|_| scope.spawn(work)).collect::<Vec<_>>() {
            worker.join().unwrap();
        }
    });
    let by_luck = by_luck.into_inner();
    assert!(
        by_luck <= IMAGES - 20,
        "`include_bytes!` aligned {by_luck} of {IMAGES}: this test would see nothing"
    );
}

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/firmware/riscv/model.till")
}

/// The core as a library for a target.
struct Core {
    target: Option<&'static str>,
    library: PathBuf,
    /// Folders of the crates that it was built with.
    crates: [PathBuf; 2],
}

impl Core {
    fn build(target: Option<&'static str>) -> Result<Self> {
        let builds = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("alignment");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--release", "--locked", "--offline"]);
        cargo.args(["--package", "tillsense-core", "--no-default-features"]);
        cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        cargo.arg("--target-dir").arg(&builds);
        cargo.args(target.iter().flat_map(|target| ["--target", target]));
        // What is optimised as a whole is linked from bitcode.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Cembed-bitcode=yes");
        let built = cargo.status().context("cannot run cargo")?;
        if !built.success() {
            bail!("the core does not build for {target:?}");
        }
        let folder = builds.join(target.unwrap_or_default()).join("release");
        Ok(Core {
            target,
            library: folder.join("libtillsense_core.rlib"),
            crates: [folder.join("deps"), builds.join("release/deps")],
        })
    }
}

/// A program around the model: its text, and the arguments that compile and link it.
fn link(core: &Core, number: usize, model: &Path, room: &Path) -> Result<PathBuf> {
    let mut dice = SplitMix64::new(number as u64);
    let source = room.join(format!("image{number}.rs"));
    let image = room.join(format!("image{number}.elf"));
    fs::write(&source, program(&mut dice, core.target.is_none(), model))?;
    let mut rustc = Command::new("rustc");
    rustc.arg(&source).arg("-o").arg(&image);
    rustc.args(["--edition", "2024", "--crate-type", "bin", "-Awarnings"]);
    rustc.args(["-Cpanic=abort", "-Crelocation-model=static"]);
    let levels = ["0", "1", "2", "3", "s", "z"];
    rustc.arg(format!("-Copt-level={}", levels[dice.below(6)]));
    // With a standard library this takes seconds, without one nothing.
    let whole = match core.target {
        Some(_) => ["off", "fat", "thin"][dice.below(3)],
        None => ["off", "fat"][usize::from(dice.below(8) == 0)],
    };
    rustc.arg(format!("-Clto={whole}"));
    rustc.arg(format!("-Ccodegen-units={}", 1 + 7 * dice.below(2)));
    let mut library = std::ffi::OsString::from("tillsense_core=");
    library.push(&core.library);
    rustc.arg("--extern").arg(library);
    for folder in &core.crates {
        rustc.arg("-L").arg(folder);
    }
    match core.target {
        Some(target) => {
            let script = room.join(format!("image{number}.x"));
            fs::write(&script, layout(&mut dice))?;
            rustc.args(["--target", target, "-Clinker=rust-lld"]);
            rustc.args(["-Clink-arg=--no-gc-sections"]);
            rustc.arg(format!("-Clink-arg=-T{}", script.display()));
        }
        None => {
            rustc.arg("-Clink-arg=-Wl,--no-gc-sections");
        }
    }
    let output = rustc.env_remove("RUSTFLAGS").output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("image {number} does not link: {rustc:?}\n{said}");
    }
    Ok(image)
}

/// A program of random statics, with the model and the same file by `include_bytes!` somewhere among them.
fn program(dice: &mut SplitMix64, has_system: bool, model: &Path) -> String {
    let mut items: Vec<String> = (0..dice.below(40))
        .map(|number| random_static(dice, number))
        .collect();
    let section = match (has_system, dice.below(4)) {
        (false, 0) => ", section = \".external\"",
        _ => "",
    };
    let included = format!("tillsense_core::include_model!({model:?}{section})");
    for (name, file) in [
        ("INCLUDED", included),
        ("NAIVE", format!("include_bytes!({model:?})")),
    ] {
        let item = format!("#[used]\n#[unsafe(no_mangle)]\npub static {name}: &[u8] = {file};\n");
        items.insert(dice.below(items.len() + 1), item);
    }
    let mut text = String::new();
    for align in [1, 2, 4, 8, 16, 32, 64] {
        let _ = writeln!(
            text,
            "#[repr(C, align({align}))]\npub struct By{align}<const N: usize>([u8; N]);"
        );
    }
    match has_system {
        true => text.push_str("fn main() {}\n"),
        false => text.insert_str(0, BARE),
    }
    text + &items.concat()
}

/// What a program without a system needs to be one.
const BARE: &str = r#"
#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    loop {}
}
"#;

fn random_static(dice: &mut SplitMix64, number: usize) -> String {
    let len = match dice.below(3) {
        0 => dice.below(8),
        1 => dice.below(100),
        _ => dice.below(3000),
    };
    let align = 1 << dice.below(7);
    let section = match dice.below(5) {
        0 => "#[unsafe(link_section = \".rodata.before\")]\n",
        1 => "#[unsafe(link_section = \".odd\")]\n",
        _ => "",
    };
    let name: String = (0..1 + dice.below(12))
        .map(|_| char::from(b'A' + dice.below(26) as u8))
        .collect();
    let fill = dice.below(255);
    // What is written to lies in another section, and leaves more or less of the first ones.
    let mutable = if section.is_empty() && dice.below(3) == 0 {
        "mut "
    } else {
        ""
    };
    format!(
        "{section}#[used]\npub static {mutable}{name}{number}: By{align}<{len}> = By{align}([{fill}; {len}]);\n"
    )
}

/// A linker script with flash at any word, and any number of bytes before the constants.
fn layout(dice: &mut SplitMix64) -> String {
    let start = 0x0800_0000 + 4 * dice.below(64);
    let external = 0x9000_0000u32 + 4 * dice.below(64) as u32;
    let bytes = |dice: &mut SplitMix64| "BYTE(1) ".repeat(dice.below(20));
    let (first, second, third) = (bytes(dice), bytes(dice), bytes(dice));
    format!(
        "ENTRY(_start)\n\
         MEMORY {{\n  FLASH : ORIGIN = {start:#x}, LENGTH = 1M\n  EXTERNAL : ORIGIN = {external:#x}, LENGTH = 1M\n  RAM : ORIGIN = 0x20000000, LENGTH = 1M\n}}\n\
         SECTIONS {{\n\
         .text : {{ {first}*(.text .text.*) }} > FLASH\n\
         .rodata : {{ {second}*(.rodata .rodata.*) }} > FLASH\n\
         .odd : {{ *(.odd) }} > FLASH\n\
         .external : {{ {third}*(.external) }} > EXTERNAL\n\
         .data : {{ *(.data .data.* .sdata .sdata.*) }} > RAM AT> FLASH\n\
         .bss (NOLOAD) : {{ *(.bss .bss.* .sbss .sbss.*) }} > RAM\n\
         /DISCARD/ : {{ *(.ARM.exidx*) *(.eh_frame*) }}\n}}\n"
    )
}

/// Where a file lies in an image, and its bytes there.
struct Placed {
    address: u64,
    bytes: Vec<u8>,
}

/// What `INCLUDED` and `NAIVE` refer to.
fn read(image: &Path) -> Result<[Placed; 2]> {
    let bytes = fs::read(image)?;
    let elf = object::File::parse(&*bytes)?;
    let read = |address: u64, len: u64| {
        let mut segments = elf.segments();
        segments.find_map(|segment| segment.data_range(address, len).ok().flatten())
    };
    let word = if elf.is_64() { 8 } else { 4 };
    let placed = |name| {
        let symbol = elf.symbols().find(|symbol| symbol.name() == Ok(name));
        let address = symbol.context("no such symbol")?.address();
        let number = |address| {
            let bytes = read(address, word).context("a reference outside the image")?;
            let number = bytes.iter().rev();
            anyhow::Ok(number.fold(0, |sum: u64, &byte| sum << 8 | u64::from(byte)))
        };
        let (at, len) = (number(address)?, number(address + word)?);
        let bytes = read(at, len).context("a file outside the image")?.to_vec();
        anyhow::Ok(Placed { address: at, bytes })
    };
    Ok([placed("INCLUDED")?, placed("NAIVE")?])
}
