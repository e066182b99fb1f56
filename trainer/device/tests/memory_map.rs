//! The memory map of every board adds up with the linker's: the terminal's image of each is built, and looked at as the tools that
//! flash it and the part that starts it do.

use std::fs;

use object::Endianness;
use object::elf::PT_LOAD;
use object::read::elf::{ElfFile32, FileHeader, ProgramHeader};
use tillsense_board::{Board, BootFormat, Bytes, Region};
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::toolchain::{Image, build_firmware};

/// Bytes of stack that must be left, on any board (`tests/tests/alone.rs` measures how many are used).
const STACK: u64 = 7000;

/// What is flashed: an address, and the bytes from there on.
struct Piece {
    address: u32,
    bytes: Vec<u8>,
}

/// An image as a loader sees it.
struct Loaded {
    entry: u32,
    /// What is flashed, in the order of the file.
    flashed: Vec<Piece>,
    /// Where the program finds itself, in flash or RAM.
    seen: Vec<Region>,
}

fn load(bytes: &[u8]) -> Loaded {
    let elf = ElfFile32::<Endianness>::parse(bytes).unwrap();
    let endian = elf.endian();
    let segments = elf.elf_program_headers().iter();
    let segments = segments.filter(|header| header.p_type(endian) == PT_LOAD);
    let (mut flashed, mut seen) = (Vec::new(), Vec::new());
    for header in segments.filter(|header| header.p_memsz(endian) > 0) {
        seen.push(Region {
            start: header.p_vaddr(endian),
            length: Bytes(header.p_memsz(endian)),
        });
        let bytes = header.data(endian, bytes).unwrap().to_vec();
        let address = header.p_paddr(endian);
        if !bytes.is_empty() {
            flashed.push(Piece { address, bytes });
        }
    }
    Loaded {
        entry: elf.elf_header().e_entry(endian),
        flashed,
        seen,
    }
}

impl Loaded {
    /// The bytes that are flashed from an address on.
    fn at(&self, address: u32, len: usize) -> &[u8] {
        let found = self.flashed.iter().find_map(|piece| {
            let from = address.checked_sub(piece.address)? as usize;
            piece.bytes.get(from..from + len)
        });
        found.unwrap_or_else(|| panic!("nothing is flashed at {address:#010x}"))
    }

    fn word(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.at(address, 4).try_into().unwrap())
    }
}

/// Every flashed byte belongs to the image's slot, none to another and none to the model's; what is seen elsewhere is RAM.
fn stays_in_its_slot(board: &Board, loaded: &Loaded) {
    let (memory, code) = (&board.memory, board.code());
    let mut taken: Vec<Region> = Vec::new();
    for Piece { address, bytes } in &loaded.flashed {
        let offset = board.flash_offset(*address);
        assert!(offset.is_some(), "{address:#010x} is no flash");
        // Code may be fetched at other addresses than those at which the same flash is read.
        let read = match code.has(*address) {
            true => address - code.start + memory.image.start,
            false => *address,
        };
        assert_eq!(offset, board.flash_offset(read), "{address:#010x}");
        let region = Region {
            start: read,
            length: Bytes(bytes.len() as u32),
        };
        assert!(memory.image.holds(&region), "{region} is not the image's");
        assert!(!memory.model.overlaps(&region), "{region} is the model's");
        let is_apart = taken.iter().all(|other| !other.overlaps(&region));
        assert!(is_apart, "{region} is flashed twice");
        taken.push(region);
    }
    for region in &loaded.seen {
        let is_there = [code, memory.image, memory.ram]
            .iter()
            .any(|there| there.holds(region));
        assert!(is_there, "{region} is neither of the image nor RAM");
        assert!(!region.overlaps(&memory.model), "{region} is the model's");
    }
}

/// The part starts the program: by its vectors on Arm, by its first instruction on RISC-V.
fn starts_where_it_must(board: &Board, loaded: &Loaded) {
    let code = board.code();
    // What the boot ROM of a part wants before the code.
    let header = match board.boot.map(|boot| boot.format) {
        Some(BootFormat::Rp2040 | BootFormat::Rp2040Generic) => 0x100,
        Some(BootFormat::Rp2350) if board.core.cpu.is_riscv() => 0x20,
        Some(BootFormat::Esp32c3Direct) => 0x10,
        _ => 0,
    };
    let first = code.start + header;
    if board.core.cpu.is_riscv() {
        assert_eq!(loaded.entry, first);
        return;
    }
    let stack = u64::from(loaded.word(first));
    assert_eq!(stack, board.memory.ram.end() & !7, "the stack pointer");
    let reset = loaded.word(first + 4);
    assert_eq!((reset, reset & 1), (loaded.entry, 1), "the reset vector");
    assert!(code.has(reset) && reset > first);
}

/// What the boot ROM looks for is there.
fn is_found_by_its_boot_rom(board: &Board, loaded: &Loaded) {
    let start = board.code().start;
    let Some(boot) = board.boot else { return };
    match boot.format {
        BootFormat::Rp2040 | BootFormat::Rp2040Generic => {
            let boot2 = loaded.at(start, 256);
            let (code, sum) = boot2.split_at(252);
            assert_eq!(crc_mpeg2(code), u32::from_le_bytes(sum.try_into().unwrap()));
            assert!(code.iter().any(|&byte| byte != 0));
        }
        BootFormat::Rp2350 => {
            let words = (start..start + 4096).step_by(4);
            let flashed = |address: &u32| {
                let last = address + 19;
                let holds = |piece: &&Piece| {
                    piece.address <= *address && last < piece.address + piece.bytes.len() as u32
                };
                loaded.flashed.iter().any(|piece| holds(&piece))
            };
            let marked = words.filter(flashed);
            let blocks: Vec<u32> = marked
                .filter(|&at| loaded.word(at) == 0xFFFF_DED3)
                .collect();
            let [block] = blocks[..] else {
                panic!("{} blocks in the first 4 KiB", blocks.len())
            };
            let item = loaded.word(block + 4);
            // An image type of one word; executable, for RP2350; Arm in the Secure state, or RISC-V.
            let kind = match board.core.cpu.is_riscv() {
                true => 0x1101,
                false => 0x1021,
            };
            assert_eq!((item & 0xFFFF, item >> 16), (0x0142, kind));
            assert_eq!(
                loaded.word(block + 8),
                0x01FF,
                "the last item, after one word"
            );
            assert_eq!(loaded.word(block + 12), 0, "the only block");
            assert_eq!(loaded.word(block + 16), 0xAB12_3579);
            if board.core.cpu.is_riscv() {
                assert_eq!(start + jump(loaded.word(start)), loaded.entry);
            }
        }
        BootFormat::Esp32c3Direct => {
            assert_eq!(
                loaded.at(start, 8),
                [0x1D, 0x04, 0xDB, 0xAE, 0x1D, 0x04, 0xDB, 0xAE]
            );
            let first = start + 8;
            assert_eq!(first + jump(loaded.word(first)), loaded.entry);
        }
    }
}

/// How far RISC-V's `jal x0` jumps forward, below 2 KiB.
fn jump(instruction: u32) -> u32 {
    assert_eq!(
        instruction & !0x7FE0_0000,
        0x6F,
        "{instruction:#x} is no short jump"
    );
    (instruction >> 21 & 0x3FF) << 1
}

/// CRC-32/MPEG-2, bit by bit ("RP2040 Datasheet", 2.8.1.3.1).
fn crc_mpeg2(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            let carry = if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 };
            crc << 1 ^ carry
        })
    })
}

/// Arena, inbox, all other static memory and a stack fit into RAM, and the slot is where the file says.
fn fits_its_memory(machine: &Machine, image: &Image) {
    let memory = &machine.board.memory;
    assert!(image.sizes.bss >= u64::from(memory.arena.0 + memory.inbox.0));
    assert!(
        image.sizes.ram() + STACK <= u64::from(memory.ram.length.0),
        "{:?}",
        image.sizes
    );
    let address = |name| image.symbol(name).map(|symbol| symbol.address);
    assert_eq!(address("_model_slot"), Some(memory.model.start.into()));
    assert_eq!(address("_model_slot_end"), Some(memory.model.end()));
}

#[test]
fn the_terminal_of_every_board_lies_where_its_file_says() {
    let failures: Vec<String> = boards::ALL
        .iter()
        .filter_map(|&machine| {
            let path = build_firmware(machine, "terminal").unwrap();
            let looked = std::panic::catch_unwind(|| {
                let loaded = load(&fs::read(&path).unwrap());
                stays_in_its_slot(&machine.board, &loaded);
                starts_where_it_must(&machine.board, &loaded);
                is_found_by_its_boot_rom(&machine.board, &loaded);
                fits_its_memory(machine, &Image::read(&path).unwrap());
            });
            looked.err().map(|_| machine.to_string())
        })
        .collect();
    assert!(failures.is_empty(), "{failures:?}; the messages are above");
}

#[test]
fn the_sum_is_the_one_that_the_rom_computes() {
    assert_eq!(crc_mpeg2(b"123456789"), 0x0376_E6E7);
}
