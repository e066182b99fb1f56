//! The command lines of flash tools: each names the right file, and the address where its form does not say it.

use std::fs;
use std::path::Path;

use tillsense_device::boards::{self, Machine};
use tillsense_device::images::{Contents, Firmware, Form, Holds, ImageSet, Tool, usage, usages};

/// A board's file that is changed in a few places.
fn changed(id: &str, changes: &[(&str, &str)]) -> &'static Machine {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware/boards");
    let mut text = fs::read_to_string(folder.join(format!("{id}.toml"))).unwrap();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("mine.toml");
    fs::write(&path, text).unwrap();
    boards::read(&path).unwrap()
}

/// Some bytes as firmware at the start of the board's image, and some as a model.
fn set(machine: &'static Machine) -> ImageSet {
    let address = match machine.board.flashing.esptool {
        Some(_) => 0,
        None => machine.board.memory.image.start,
    };
    let firmware = Firmware {
        elf: b"\x7fELF".to_vec(),
        written: Contents::at(address, &[1; 100]).unwrap(),
        parts: Vec::new(),
        statics_end: machine.board.memory.ram.start.into(),
    };
    ImageSet::new(machine, "toy-mine", Some(firmware), &[2; 50]).unwrap()
}

/// The command lines of a tool, with words apart by a blank: for firmware and model, and for the model alone.
fn lines(machine: &'static Machine, tool: Tool) -> [Vec<String>; 2] {
    let set = set(machine);
    let usage = usage(&set, Path::new("out"), tool);
    // Every file that is named is one that is written.
    let names: Vec<_> = set
        .files()
        .iter()
        .map(|file| set.file_name(file.holds, file.form))
        .collect();
    for word in usage.all.iter().chain(&usage.model).flatten() {
        let name = word.split("out/").nth(1);
        let name = name.map(|name| name.split('}').next().unwrap_or_default());
        assert!(
            name.is_none_or(|name| names.iter().any(|n| n == name)),
            "{word}"
        );
    }
    [usage.all, usage.model].map(|all| all.iter().map(|words| words.join(" ")).collect())
}

#[test]
fn stm32_over_probe_stlink_and_usb() {
    let machine = boards::find("netduinoplus2").unwrap();
    assert_eq!(
        lines(machine, Tool::ProbeRs),
        [
            [
                "probe-rs download --chip STM32F405RGTx --binary-format hex out/toy-mine.all.hex",
                "probe-rs reset --chip STM32F405RGTx"
            ],
            [
                "probe-rs download --chip STM32F405RGTx --binary-format hex out/toy-mine.model.hex",
                "probe-rs reset --chip STM32F405RGTx"
            ],
        ]
    );
    assert_eq!(
        lines(machine, Tool::StFlash),
        [
            ["st-flash --reset write out/toy-mine.all.bin 0x08000000"],
            ["st-flash --reset write out/toy-mine.model.bin 0x08080000"],
        ]
    );
    // What leaves the boot loader is started, so only firmware may.
    assert_eq!(
        lines(machine, Tool::DfuUtil),
        [
            ["dfu-util -d 0483:df11 -a 0 -s 0x08000000:leave -D out/toy-mine.all.bin"],
            ["dfu-util -d 0483:df11 -a 0 -s 0x08080000 -D out/toy-mine.model.bin"],
        ]
    );
    let tools: Vec<_> = usages(&set(machine), Path::new(""))
        .iter()
        .map(|u| u.tool)
        .collect();
    assert_eq!(tools, [Tool::ProbeRs, Tool::StFlash, Tool::DfuUtil]);
}

#[test]
fn a_model_in_another_flash_is_written_first_and_by_itself() {
    let far = [
        (
            "flash = [\n",
            "flash = [\n    { start = 0x9000_0000, length = \"4M\" },\n",
        ),
        ("start = 0x0808_0000", "start = 0x9000_0000"),
    ];
    let machine = changed("netduinoplus2", &far);
    let set = set(machine);
    assert!(!set.is_flat(Holds::All));
    let flat = set
        .files()
        .iter()
        .any(|file| (file.holds, file.form) == (Holds::All, Form::Bin));
    assert!(!flat, "a flat file over 2 GiB of nothing");
    assert_eq!(
        lines(machine, Tool::StFlash)[0],
        [
            "st-flash write out/toy-mine.model.bin 0x90000000",
            "st-flash --reset write out/toy-mine.firmware.bin 0x08000000"
        ]
    );
    assert_eq!(
        lines(machine, Tool::DfuUtil)[0],
        [
            "dfu-util -d 0483:df11 -a 0 -s 0x90000000 -D out/toy-mine.model.bin",
            "dfu-util -d 0483:df11 -a 0 -s 0x08000000:leave -D out/toy-mine.firmware.bin"
        ]
    );
    assert!(lines(machine, Tool::ProbeRs)[0][0].ends_with("out/toy-mine.all.hex"));
}

#[test]
fn a_drive_and_openocd() {
    let flashing = "[flashing]\npicotool = { family = 0xE48B_FF56 }\nopenocd = { config = \"board/pico.cfg\" }";
    let machine = changed("netduinoplus2", &[("[flashing]", flashing)]);
    assert_eq!(
        lines(machine, Tool::Picotool),
        [
            vec!["picotool load -v -x out/toy-mine.all.uf2"],
            vec!["picotool load -v out/toy-mine.model.uf2", "picotool reboot"],
        ]
    );
    assert_eq!(
        lines(machine, Tool::Openocd),
        [
            ["openocd -f board/pico.cfg -c program {out/toy-mine.all.hex} verify reset exit"],
            ["openocd -f board/pico.cfg -c program {out/toy-mine.model.hex} verify reset exit"],
        ]
    );
    // The board's file does not name it.
    assert!(lines(machine, Tool::Esptool).concat().is_empty());
}

#[test]
fn espressifs_tools_count_from_the_start_of_the_chip() {
    let esp = [("[flashing]", "[flashing]\nesptool = { chip = \"esp32c3\" }")];
    let machine = changed("netduinoplus2", &esp);
    assert_eq!(
        lines(machine, Tool::Esptool),
        [
            [
                "esptool --chip esp32c3 write-flash 0x00000000 out/toy-mine.firmware.bin 0x00080000 out/toy-mine.model.bin"
            ],
            ["esptool --chip esp32c3 write-flash 0x00080000 out/toy-mine.model.bin"],
        ]
    );
    let [all, model] = lines(machine, Tool::ProbeRs);
    assert!(
        all[0].ends_with("--binary-format bin --base-address 0x00000000 out/toy-mine.all.bin"),
        "{all:?}"
    );
    assert!(
        model[0].ends_with("--binary-format bin --base-address 0x00080000 out/toy-mine.model.bin")
    );
}

#[test]
fn without_firmware_there_are_commands_for_the_model_alone() {
    let machine = boards::find("netduinoplus2").unwrap();
    let set = ImageSet::new(machine, "toy", None, &[2; 50]).unwrap();
    for usage in usages(&set, Path::new("")) {
        assert!(usage.all.is_empty() && !usage.model.is_empty(), "{usage:?}");
    }
    assert!(set.files().iter().all(|file| file.holds == Holds::Model));
    // Never beyond the slot.
    let long = vec![0; machine.slot_len as usize + 3];
    let error = ImageSet::new(machine, "toy", None, &long).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the model is 3 bytes longer than"),
        "{error}"
    );
}
