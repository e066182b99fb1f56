//! Reader of QEMU's log of what it executes: `-d in_asm,exec,nochain`.
//!
//! QEMU translates a stretch of instructions at a time, with a branch only at its end, and runs it as a whole. The log
//! shows the instructions of a stretch when it is translated, and its address among QEMU's own whenever it begins. QEMU may
//! stop a stretch before its first instruction, or before one that reads a device's counter; the log tells both.

use std::collections::HashMap;
use std::rc::Rc;

use anyhow::{Context, Result};

use super::instruction::Instruction;
use super::isa::{Isa, halves};

/// Instructions with their addresses, in the order of execution.
pub type Stretch = [(u32, Option<Instruction>)];

/// State of the reader between two lines of the log.
#[derive(Debug)]
pub struct Log {
    isa: Isa,
    /// Code that was translated last and has not begun yet: halfwords with their addresses.
    translated: Vec<(u32, u16)>,
    /// Known stretches by the place of their translation.
    known: HashMap<u64, Rc<Stretch>>,
    /// The stretch that began last, and how many of its instructions are executed.
    last: Option<(Rc<Stretch>, usize)>,
    /// The first lines that are not part of the log: complaints of QEMU.
    pub complaints: Vec<String>,
}

/// Limit of complaints that are kept.
const COMPLAINTS: usize = 20;

impl Log {
    /// A reader at the begin of a log.
    pub fn new(isa: Isa) -> Self {
        Log {
            isa,
            translated: Vec::new(),
            known: HashMap::new(),
            last: None,
            complaints: Vec::new(),
        }
    }

    /// Reads a line and returns the stretch executed before it, with the number of its instructions, where the line shows that.
    pub fn line(&mut self, line: &str) -> Result<Option<(Rc<Stretch>, usize)>> {
        if let Some(rest) = line.strip_prefix("Trace ") {
            let began = self.began(rest).with_context(|| format!("`{line}`"))?;
            let all = began.len();
            return Ok(self.last.replace((began, all)));
        }
        if line.starts_with("0x") {
            let code = code(line).with_context(|| format!("`{line}`"))?;
            self.translated.extend(code);
        } else if line.starts_with("IN:") {
            self.translated.clear();
        } else if line.starts_with("Stopped execution") {
            self.last = None;
        } else if let Some((_, at)) = line.split_once("rewound execution of TB to ") {
            let at = u32::from_str_radix(at.trim(), 16).with_context(|| format!("`{line}`"))?;
            if let Some((stretch, executed)) = &mut self.last {
                let place = stretch.iter().position(|(address, _)| *address == at);
                *executed = place.unwrap_or(*executed);
            }
        } else if !line.is_empty() && !is_frame(line) && self.complaints.len() < COMPLAINTS {
            self.complaints.push(line.to_owned());
        }
        Ok(None)
    }

    /// Parses a line `0: PLACE [BASE/ADDRESS/FLAGS/FLAGS] NAME` and returns the stretch that begins.
    fn began(&mut self, rest: &str) -> Option<Rc<Stretch>> {
        let (_, rest) = rest.split_once(": 0x")?;
        let (place, rest) = rest.split_once(" [")?;
        let place = u64::from_str_radix(place, 16).ok()?;
        let address = u32::from_str_radix(rest.split('/').nth(1)?, 16).ok()?;
        let fresh = self
            .translated
            .first()
            .is_some_and(|&(at, _)| at == address);
        if fresh {
            let stretch: Rc<Stretch> = self.instructions().into();
            self.translated.clear();
            self.known.insert(place, stretch);
        }
        let stretch = self.known.get(&place)?;
        (stretch.first()?.0 == address).then(|| Rc::clone(stretch))
    }

    /// The instructions that were translated last. Those whose cost is unknown are `None`: much is translated that no one asks
    /// about.
    fn instructions(&self) -> Vec<(u32, Option<Instruction>)> {
        let mut instructions = Vec::new();
        let mut code = self.translated.iter();
        while let Some(&(address, first)) = code.next() {
            let second = match self.isa.is_wide(first) {
                true => code.next().map_or(0, |&(_, second)| second),
                false => 0,
            };
            instructions.push((address, self.isa.decode(first, second)));
        }
        instructions
    }
}

/// Whether a line only stands around a stretch.
fn is_frame(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("Priv: ")
}

/// Parses a line `0xADDRESS:  CODE  MNEMONIC ..` and returns its halfwords with their addresses. Where QEMU's disassembler does
/// not know an instruction of two, its line shows the first of them alone, and the next line goes on behind it.
fn code(line: &str) -> Option<Vec<(u32, u16)>> {
    let (address, rest) = line.strip_prefix("0x")?.split_once(':')?;
    let address = u32::from_str_radix(address, 16).ok()?;
    let code: Vec<_> = (address..).step_by(2).zip(halves(rest)).collect();
    (!code.is_empty()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "\
----------------
IN: Reset
0x00000404:  480e       ldr      r0, [pc, #0x38]
0x00000406:  f002 fb78  bl       #0x2af4

Trace 0: 0x7fcd28400500 [00800408/00000404/00000110/ff020200] Reset
----------------
IN: __pre_init
0x00002af4:  bd80       pop      {r7, pc}

Trace 0: 0x7fcd28400740 [00800408/00002af4/00000110/ff020200] __pre_init
Trace 0: 0x7fcd28400500 [00800408/00000404/00000110/ff020200] Reset
Stopped execution of TB chain before 0x7fcd28400500 [00000404] Reset
Trace 0: 0x7fcd28400500 [00800408/00000404/00000110/ff020200] Reset
cpu_io_recompile: rewound execution of TB to 00000406
qemu: something else
Trace 0: 0x7fcd28400740 [00800408/00002af4/00000110/ff020200] __pre_init";

    #[test]
    fn what_is_executed_is_known_from_the_lines() {
        let mut log = Log::new(Isa::Thumb);
        let mut executed = Vec::new();
        for line in LINES.lines() {
            if let Some((stretch, count)) = log.line(line).unwrap() {
                executed.extend(stretch[..count].iter().map(|(address, _)| *address));
            }
        }
        assert_eq!(executed, [0x404, 0x406, 0x2af4, 0x404]);
        assert_eq!(log.complaints, ["qemu: something else"]);
    }

    #[test]
    fn a_stretch_that_was_never_translated_is_an_error() {
        let line = "Trace 0: 0x7fcd28400500 [00800408/00000404/00000110/ff020200] Reset";
        assert!(Log::new(Isa::Thumb).line(line).is_err());
        assert!(Log::new(Isa::Thumb).line("Trace 0: nothing").is_err());
        assert!(
            Log::new(Isa::Thumb)
                .line("0x00000404:  OBJD-T: 480e")
                .is_err()
        );
    }
}
