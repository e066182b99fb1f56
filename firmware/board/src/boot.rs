//! What a part's boot ROM wants to find in flash before it starts the image, and where flash is seen.

use serde::{Deserialize, Serialize};

use crate::board::Board;
use crate::region::Region;

/// What the boot ROM looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// The form of it.
    pub format: BootFormat,
}

/// A form that the firmware's build knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootFormat {
    /// RP2040: 256 bytes of code at the start of flash that set up the flash, with their CRC; this code is for Winbond's W25Q chips and
    /// those like them, and reads four bits at a time ("RP2040 Datasheet", 2.8.1).
    Rp2040,
    /// The same with code for any flash chip, which reads one bit at a time.
    Rp2040Generic,
    /// RP2350: a block with an IMAGE_DEF in the first 4 KiB of flash ("RP2350 Datasheet", 5.9.5).
    Rp2350,
    /// ESP32-C3 without a second boot loader: two words at the start of flash, behind which the code starts.
    Esp32c3Direct,
}

/// Where an ESP32-C3 sees its flash as data, and where as code.
pub(crate) const ESP32C3_DATA: u32 = 0x3C00_0000;
const ESP32C3_CODE: u32 = 0x4200_0000;
/// Bytes of its flash that its ROM shows there.
pub(crate) const ESP32C3_SEEN: u32 = 4 << 20;

/// The word that the ESP32-C3's ROM wants to find twice.
const ESP32C3_MAGIC: u32 = 0xAEDB_041D;
/// First word of a block of the RP2350, and the last.
const BLOCK_MARKERS: [u32; 2] = [0xFFFF_DED3, 0xAB12_3579];
/// Items of a block: the type of an image, one word, whose upper half says RP2350, executable, and for which processor, in which
/// state; and the last item, with the words of those before it.
const IMAGE_FOR_ARM_SECURE: u32 = 0x1021_0142;
const IMAGE_FOR_RISCV: u32 = 0x1101_0142;
const LAST_AFTER_ONE: u32 = 0x0000_01FF;
/// RISC-V's `jal x0` over 32 bytes, as an RP2350 starts an image for RISC-V at its first byte, and over 8 bytes, as an ESP32-C3 starts
/// behind its two words.
const JUMP_BY_32: u32 = 0x0200_006F;
const JUMP_BY_8: u32 = 0x0080_006F;

impl Board {
    /// The part of the image's flash that holds code, as the processor fetches it: all of it, but for an ESP32-C3, which fetches code
    /// through another window. There the first half is for code and the second for constants.
    pub fn code(&self) -> Region {
        let image = self.memory.image;
        match self.format() {
            Some(BootFormat::Esp32c3Direct) => Region {
                start: image.start - ESP32C3_DATA + ESP32C3_CODE,
                length: image.length.half(),
            },
            _ => image,
        }
    }

    /// The distance of an address from the start of the flash chip that it lies in, for tools that write to offsets. On an ESP32-C3,
    /// code and data at the same offset have different addresses.
    pub fn flash_offset(&self, address: u32) -> Option<u32> {
        let code = self.code();
        let address = match code.has(address) {
            true => address - code.start + self.memory.image.start,
            false => address,
        };
        let flash = &self.memory.flash;
        let mut first = flash.iter().find(|part| part.region().has(address))?.start;
        // Parts of one chip lie side by side.
        while let Some(before) = flash
            .iter()
            .find(|part| part.region().end() == first.into())
        {
            first = before.start;
        }
        Some(address - first)
    }

    /// What the boot ROM looks for.
    pub(crate) fn format(&self) -> Option<BootFormat> {
        self.boot.map(|boot| boot.format)
    }

    /// Bytes before the code at the start of the image.
    pub(crate) fn header(&self) -> u32 {
        match self.format() {
            Some(BootFormat::Rp2040 | BootFormat::Rp2040Generic) => 256,
            Some(BootFormat::Rp2350) if self.core.cpu.is_riscv() => 32,
            Some(BootFormat::Esp32c3Direct) => 16,
            // The block of an RP2350's Arm image lies behind the vectors, which must come first.
            _ => 0,
        }
    }

    /// What lies before or, for an RP2350's Arm cores, behind the vectors: the value of a Rust constant, and its type.
    pub(crate) fn boot_words(&self) -> Option<(String, String)> {
        let [first, last] = BLOCK_MARKERS;
        let words: Vec<u32> = match (self.format()?, self.core.cpu.is_riscv()) {
            (BootFormat::Rp2040, _) => return Some(boot2("W25Q080")),
            (BootFormat::Rp2040Generic, _) => return Some(boot2("GENERIC_03H")),
            // A block's fourth word is the distance of the next block; 0 where there is no other.
            (BootFormat::Rp2350, false) => {
                vec![first, IMAGE_FOR_ARM_SECURE, LAST_AFTER_ONE, 0, last]
            }
            (BootFormat::Rp2350, true) => {
                vec![JUMP_BY_32, first, IMAGE_FOR_RISCV, LAST_AFTER_ONE, 0, last]
            }
            (BootFormat::Esp32c3Direct, _) => vec![ESP32C3_MAGIC, ESP32C3_MAGIC, JUMP_BY_8, 0],
        };
        Some((format!("{words:#x?}"), format!("[u32; {}]", words.len())))
    }
}

/// The code of the crate `rp2040-boot2` for a kind of flash chip.
fn boot2(kind: &str) -> (String, String) {
    (
        format!("rp2040_boot2::BOOT_LOADER_{kind}"),
        String::from("[u8; 256]"),
    )
}
