//! Images read back by readers of their own: GNU's objcopy, and small ones for Intel HEX and UF2 written from the formats' descriptions.
//! What they find is what the linker made, with the model at its slot, and boards boot from it in QEMU.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{fs, mem};

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::run::load;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::testing::lowered::packed;
use tillsense_compiler::testing::networks::{PICTURE, described};
use tillsense_device::boards::{self, Machine};
use tillsense_device::compare;
use tillsense_device::images::{Choice, ERASED, Firmware, Form, Holds, ImageSet, Map};
use tillsense_device::link::{Link, Transport};
use tillsense_device::qemu::Process;
use tillsense_device::toolchain::{Image, Need, ensure, for_machines};

/// Bytes by address.
type Memory = BTreeMap<u64, u8>;

/// A model with a picture, packed for a board's kernels.
fn model(machine: &Machine) -> Vec<u8> {
    assemble(&packed(&described(&[PICTURE], "", 3), machine.reads))
}

fn firmware(machine: &'static Machine) -> Firmware {
    Firmware::build(machine, Choice::All, &[]).unwrap_or_else(|e| panic!("{machine}: {e:#}"))
}

fn set(machine: &'static Machine) -> ImageSet {
    ImageSet::new(machine, "toy", Some(firmware(machine)), &model(machine)).unwrap()
}

fn file(set: &ImageSet, holds: Holds, form: Form) -> Option<Vec<u8>> {
    let mut files = set.files().into_iter();
    let found = files.find(|file| file.holds == holds && file.form == form);
    found.map(|file| file.bytes)
}

/// Reads Intel HEX: lines of a colon and bytes in hexadecimal, whose sum is 0.
fn read_hex(text: &[u8]) -> Memory {
    let mut memory = Memory::new();
    let (mut base, mut ended) = (0u64, false);
    for line in std::str::from_utf8(text).unwrap().lines() {
        assert!(!ended, "a record behind the last one");
        let digits = line.trim_end().strip_prefix(':').expect(line);
        let bytes: Vec<u8> = (0..digits.len() / 2)
            .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        assert_eq!(
            bytes.iter().fold(0u8, |a, b| a.wrapping_add(*b)),
            0,
            "{line}"
        );
        let (head, data) = (&bytes[..4], &bytes[4..bytes.len() - 1]);
        assert_eq!(usize::from(head[0]), data.len(), "{line}");
        let offset = u64::from(u16::from_be_bytes([head[1], head[2]]));
        match head[3] {
            0 => {
                assert!(offset as usize + data.len() <= 1 << 16, "{line}");
                for (at, &byte) in (base + offset..).zip(data) {
                    assert_eq!(memory.insert(at, byte), None, "{at:#x} twice");
                }
            }
            1 => ended = true,
            // Sixteenths of an address, as objcopy has them up to a megabyte; then upper halves.
            2 => base = u64::from(u16::from_be_bytes([data[0], data[1]])) << 4,
            4 => base = u64::from(u16::from_be_bytes([data[0], data[1]])) << 16,
            // Where a program starts, which only debuggers ask.
            3 | 5 => {}
            kind => panic!("a record of type {kind}"),
        }
    }
    assert!(ended, "no last record");
    memory
}

/// Reads UF2: blocks of 512 bytes with 256 of data, numbered.
fn read_uf2(file: &[u8], family: u32) -> Memory {
    let (blocks, rest) = file.as_chunks::<512>();
    assert!(rest.is_empty());
    let mut memory = Memory::new();
    for (number, block) in blocks.iter().enumerate() {
        let word = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
        assert_eq!(&block[..4], b"UF2\n");
        assert_eq!((word(4), word(508)), (0x9E5D_5157, 0x0AB1_6F30));
        assert_eq!((word(8), word(16), word(28)), (0x2000, 256, family));
        assert_eq!((word(20), word(24)), (number as u32, blocks.len() as u32));
        // The boot ROM of RP2040 erases a sector at each sixteenth block.
        assert_eq!(word(12) / 256 % 16, number as u32 % 16);
        for (at, &byte) in (u64::from(word(12))..).zip(&block[32..288]) {
            assert_eq!(memory.insert(at, byte), None, "{at:#x} twice");
        }
    }
    memory
}

fn read_bin(address: u64, bytes: &[u8]) -> Memory {
    (address..).zip(bytes.iter().copied()).collect()
}

/// Every byte of `wanted` is in `found`, and all else there is erased flash.
#[track_caller]
fn assert_holds(found: &Memory, wanted: &Memory, what: &str) {
    let missing = wanted.iter().find(|(at, byte)| found.get(at) != Some(byte));
    assert_eq!(missing, None, "{what}");
    let others = found.iter().filter(|(at, _)| !wanted.contains_key(at));
    let written = others.filter(|(_, byte)| **byte != ERASED);
    assert_eq!(written.count(), 0, "{what}: bytes that nobody asked for");
}

/// What GNU's objcopy makes of a file.
fn objcopy(machine: &Machine, options: &[&str], bytes: &[u8]) -> Vec<u8> {
    let program = match machine.target.starts_with("riscv") {
        true => "riscv64-unknown-elf-objcopy",
        false => "arm-none-eabi-objcopy",
    };
    ensure(&[Need::Program(program)]).unwrap();
    let room = tempfile::tempdir().unwrap();
    let (from, to) = (room.path().join("from"), room.path().join("to"));
    fs::write(&from, bytes).unwrap();
    let mut command = Command::new(program);
    let output = command.args(options).arg(&from).arg(&to).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    fs::read(to).unwrap()
}

#[test]
fn every_file_reads_back_as_what_the_linker_made_and_the_model() {
    for &machine in boards::ALL.iter() {
        reads_back(&set(machine));
    }
    // All forms, whatever boards there are.
    let all_forms = (
        "[flashing]",
        "[flashing]\npicotool = { family = 0xE48B_FF56 }",
    );
    let (_room, machine) = changed("netduinoplus2", "all-forms", &[all_forms]);
    let of_other = firmware(boards::find("netduinoplus2").unwrap());
    let set = ImageSet::new(machine, "toy", Some(of_other), &model(machine)).unwrap();
    assert!(file(&set, Holds::All, Form::Uf2).is_some());
    reads_back(&set);
}

#[track_caller]
fn reads_back(set: &ImageSet) {
    let machine = set.machine();
    let elf = file(set, Holds::Firmware, Form::Elf).unwrap();
    let by_linker = read_hex(&objcopy(machine, &["-O", "ihex"], &elf));
    let slot = read_bin(machine.slot.into(), &model(machine));
    // An ESP32-C3 sees the same 4 MiB of flash in two places; esptool counts from their start.
    let is_window = machine.board.flashing.esptool.is_some();
    let written = |memory: Memory| -> Memory {
        let place = |at: u64| if is_window { at & 0x003F_FFFF } else { at };
        memory
            .into_iter()
            .map(|(at, byte)| (place(at), byte))
            .collect()
    };
    let bytes = by_linker.len();
    let (by_linker, slot) = (written(by_linker), written(slot));
    assert_eq!(
        by_linker.len(),
        bytes,
        "{machine}: code and constants overlap"
    );
    let mut both = by_linker.clone();
    both.extend(slot.clone());
    assert_eq!(both.len(), by_linker.len() + slot.len(), "{machine}");
    for (holds, wanted) in [
        (Holds::Firmware, &by_linker),
        (Holds::Model, &slot),
        (Holds::All, &both),
    ] {
        files_hold(set, holds, wanted);
    }
    // From one place to the other it would be gigabytes.
    if is_window {
        return;
    }
    // Where there is a gap, objcopy writes zeros.
    let (&start, _) = by_linker.first_key_value().unwrap();
    let raw = objcopy(machine, &["-O", "binary"], &elf);
    let mut bin = file(set, Holds::Firmware, Form::Bin).unwrap();
    for (at, byte) in (start..).zip(&mut bin) {
        if !by_linker.contains_key(&at) {
            assert_eq!(mem::take(byte), ERASED, "{machine}");
        }
    }
    assert!(raw == bin, "{machine}: objcopy -O binary");
}

#[track_caller]
fn files_hold(set: &ImageSet, holds: Holds, wanted: &Memory) {
    let machine = set.machine();
    let what = format!("{machine}, {}", holds.name());
    let (&start, _) = wanted.first_key_value().unwrap();
    let (&last, _) = wanted.last_key_value().unwrap();
    let hex = file(set, holds, Form::Hex).unwrap();
    assert_eq!(read_hex(&hex), *wanted, "{what}.hex");
    match file(set, holds, Form::Bin) {
        Some(bin) => {
            assert_eq!(bin.len() as u64, last + 1 - start, "{what}.bin");
            assert_holds(&read_bin(start, &bin), wanted, &format!("{what}.bin"));
            let fill = ["-I", "ihex", "-O", "binary", "--gap-fill", "0xFF"];
            assert!(objcopy(machine, &fill, &hex) == bin, "{what}: objcopy");
        }
        None => assert_eq!((holds, set.is_flat(holds)), (Holds::All, false), "{what}"),
    }
    let (uf2, picotool) = (
        file(set, holds, Form::Uf2),
        &machine.board.flashing.picotool,
    );
    assert_eq!(uf2.is_some(), picotool.is_some(), "{what}");
    if let (Some(uf2), Some(picotool)) = (uf2, picotool) {
        let found = read_uf2(&uf2, picotool.family);
        assert_holds(&found, wanted, &format!("{what}.uf2"));
    }
}

#[test]
fn memory_maps_add_up_with_the_linkers() {
    for &machine in boards::ALL.iter() {
        let (firmware, file) = (firmware(machine), Aligned::from(&*model(machine)));
        let map = Map::of(machine, &firmware, &load(&file).unwrap());
        let room = tempfile::NamedTempFile::new().unwrap();
        fs::write(room.path(), &firmware.elf).unwrap();
        let image = Image::read(room.path()).unwrap();
        let symbol = |name: &str| image.symbol(name).map(|symbol| symbol.address);
        assert_eq!(map.firmware.used, image.sizes.flash(), "{machine}");
        let ram = &machine.board.memory.ram;
        assert_eq!(symbol("_stack_start"), Some(ram.end()), "{machine}");
        let behind = u64::from(ram.start) + map.ram.used;
        assert_eq!(symbol("__sheap"), Some(behind), "{machine}");
        assert_eq!(symbol("_model_slot"), Some(map.model.start.into()));
        assert_eq!(symbol("_model_slot_end"), Some(map.model.end));
        assert!(map.ram.used >= u64::from(map.arena.bytes + map.inbox.bytes));
        for area in [map.firmware, map.model, map.ram] {
            assert_eq!(area.used + area.free, area.bytes, "{machine}: {area:?}");
            assert_eq!(u64::from(area.start) + area.bytes, area.end, "{machine}");
        }
    }
}

/// Boots a board and has it answer pictures as this machine does.
fn answers(machine: &'static Machine, mut process: Process, what: &str) {
    // The terminal sends an empty frame as soon as it listens.
    let sign = process.receive(Duration::from_secs(30));
    drop(sign.unwrap_or_else(|e| panic!("{what}: {e:#}")));
    let mut link = Link::over(process);
    let facts = link
        .require_model()
        .unwrap_or_else(|e| panic!("{what}: {e:#}"));
    let file = Aligned::from(&*model(machine));
    let model = load(&file).unwrap();
    assert_eq!(
        (&*facts.name, facts.digest),
        ("toy", model.digest()),
        "{what}"
    );
    let samples = (0..3u8).map(|seed| Sample {
        inputs: vec![Raw::Image(
            (0..72).map(|at: u8| at.wrapping_mul(37) ^ seed).collect(),
        )],
        labels: Vec::new(),
    });
    let place = (machine.id, compare::Unit::Instructions);
    let done = compare::compare(&mut link, place, &model, samples, &[0], |_, _| {});
    let done = done.unwrap_or_else(|e| panic!("{what}: {e:#}"));
    assert_eq!((done.samples, done.identical), (3, 3), "{what}");
}

#[test]
fn boards_boot_from_the_files_and_answer() {
    for machine in boards::emulated() {
        let id = machine.id;
        ensure(&for_machines(&[machine])).unwrap();
        let set = set(machine);
        let room = tempfile::tempdir().unwrap();
        let path = |holds, form| room.path().join(set.file_name(holds, form));
        for image in set.files() {
            fs::write(path(image.holds, image.form), &image.bytes).unwrap();
        }
        let all = path(Holds::All, Form::Hex);
        let process = Process::start_flashed(machine, &[&all]).unwrap();
        answers(machine, process, &format!("{id}, all.hex"));
        // A model beside firmware that was there before.
        let [firmware, model] = [Holds::Firmware, Holds::Model].map(|h| path(h, Form::Hex));
        let process = Process::start_flashed(machine, &[&firmware, &model]).unwrap();
        answers(machine, process, &format!("{id}, model.hex"));
        // QEMU takes flat files too: at address 0, and at the start of an STM32's flash.
        let start = machine.board.memory.image.start;
        if set.is_flat(Holds::All) && [0, 0x0800_0000].contains(&start) {
            let process = Process::start(machine, &path(Holds::All, Form::Bin), None);
            answers(machine, process.unwrap(), &format!("{id}, all.bin"));
        }
    }
}

/// A board's file that is changed in a few places.
fn changed(
    id: &str,
    name: &str,
    changes: &[(&str, &str)],
) -> (tempfile::TempDir, &'static Machine) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware/boards");
    let mut text = fs::read_to_string(folder.join(format!("{id}.toml"))).unwrap();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join(format!("{name}.toml"));
    fs::write(&path, text).unwrap();
    (room, boards::read(&path).unwrap())
}

#[test]
fn a_firmware_that_does_not_fit_gives_way_to_one_with_fewer_parts() {
    let tight = (
        "start = 0x0000_0000, length = \"192K\"",
        "start = 0x0000_0000, length = \"64K\"",
    );
    let (_room, machine) = changed("microbit", "tight", &[tight]);
    let file = Aligned::from(&*model(machine));
    let needed = tillsense_compiler::inspect::parts_of(&load(&file).unwrap());
    let error = Firmware::build(machine, Choice::All, &needed).unwrap_err();
    let told = format!("{error:#}");
    assert!(
        told.contains("bytes more than its part of the flash has, 65,536"),
        "{told}"
    );
    let firmware = Firmware::build(machine, Choice::Fitting, &needed).unwrap();
    assert_eq!(firmware.parts, needed);
    assert!(!firmware.runs_every_model() && firmware.written.end() <= 64 << 10);
    let set = ImageSet::new(machine, "toy", Some(firmware), &file).unwrap();
    let room = tempfile::tempdir().unwrap();
    let all = room.path().join("all.hex");
    fs::write(&all, self::file(&set, Holds::All, Form::Hex).unwrap()).unwrap();
    answers(
        machine,
        Process::start_flashed(machine, &[&all]).unwrap(),
        "tight",
    );
}
