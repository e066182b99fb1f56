//! Finds Thumb instructions that a processor lacks, from their encodings ("Armv7-M Architecture Reference Manual", A5;
//! "Armv6-M Architecture Reference Manual", A5).

/// Architecture of a core: the instructions that it executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// Armv6-M: Cortex-M0.
    M0,
    /// Armv7-M without the DSP extension and without floats: Cortex-M3.
    M3,
}

/// The instructions of a stretch that a core lacks: their number in halfwords from the start, and the encoding.
pub fn foreign(core: Core, halfwords: &[u16]) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&first) = halfwords.get(at) {
        // The second half of a wide instruction cannot be missing: a stretch holds whole instructions.
        let second = halfwords.get(at + 1).copied().unwrap_or(0);
        let lacking = match (core, is_wide(first)) {
            (Core::M0, false) => lacks_m0(first),
            (Core::M0, true) => !is_wide_m0(first, second),
            (Core::M3, false) => lacks_m3(first),
            (Core::M3, true) => {
                is_dsp(first, second) || is_coprocessor(first) || is_v8(first, second)
            }
        };
        if lacking {
            let wide = u32::from(first) << 16 | u32::from(second);
            found.push((at, if is_wide(first) { wide } else { first.into() }));
        }
        at += if is_wide(first) { 2 } else { 1 };
    }
    found
}

fn is_wide(first: u16) -> bool {
    first >> 11 >= 0b11101
}

/// Whether Armv6-M lacks this narrow instruction: CBZ, CBNZ and IT of Armv7-M, and those of Armv8-M.
fn lacks_m0(first: u16) -> bool {
    let compare_and_branch = first & 0xF500 == 0xB100;
    let if_then = first & 0xFF00 == 0xBF00 && first & 0xF != 0;
    compare_and_branch || if_then || lacks_m3(first)
}

/// Whether this is a narrow instruction of Armv8-M: HLT, BXNS, BLXNS.
fn lacks_m3(first: u16) -> bool {
    first & 0xFFC0 == 0xBA80 || first & 0xFF07 == 0x4704
}

/// Whether this is a wide instruction of Armv6-M: BL, MSR, MRS, DSB, DMB, ISB, UDF.
fn is_wide_m0(first: u16, second: u16) -> bool {
    let call = first & 0xF800 == 0xF000 && second & 0xD000 == 0xD000;
    let to_special = first & 0xFFF0 == 0xF380 && second & 0xFF00 == 0x8800;
    let from_special = first == 0xF3EF && second & 0xF000 == 0x8000;
    let barrier = first == 0xF3BF && matches!(second & 0xFFF0, 0x8F40 | 0x8F50 | 0x8F60);
    let undefined = first & 0xFFF0 == 0xF7F0 && second & 0xF000 == 0xA000;
    call || to_special || from_special || barrier || undefined
}

/// Whether this is an instruction of the DSP extension of Armv7E-M.
fn is_dsp(first: u16, second: u16) -> bool {
    let pack = first & 0xFFE0 == 0xEAC0 && second & 0x0010 == 0;
    let saturate_16 = first & 0xFF70 == 0xF320 && second & 0xF0F0 == 0;
    match first >> 4 {
        0xFA0..=0xFAF => is_dsp_register(first, second),
        // MLA, MUL, MLS.
        0xFB0 => second & 0x00E0 != 0,
        // SMLAxy, SMLAD, SMLAWy, SMLSD, SMMLA, SMMLS, USADA8 and those that add nothing.
        0xFB1..=0xFB7 => true,
        // SMULL, SDIV, UMULL, UDIV.
        0xFB8..=0xFBB => false,
        // SMLAL and UMLAL; else SMLALxy, SMLALD, SMLSLD, UMAAL.
        0xFBC..=0xFBF => second & 0x00F0 != 0,
        _ => pack || saturate_16,
    }
}

/// Whether this is one of the extension's in "Data processing (register)": all but shifts,
/// extensions without sum, REV and its like, CLZ.
fn is_dsp_register(first: u16, second: u16) -> bool {
    let (operation, kind) = (first >> 4 & 0xF, second >> 4 & 0xF);
    let adds_nothing = first & 0xF == 0xF;
    match (operation, kind) {
        (0..=7, 0) => false,
        // SXTH, UXTH, SXTB, UXTB; with a sum, or on two halves, they are of the extension.
        (0 | 1 | 4 | 5, 8..=11) => !adds_nothing,
        // REV, REV16, RBIT, REVSH; CLZ.
        (9, 8..=11) | (11, 8) => false,
        // SXTAB16, UXTAB16; parallel sums, saturating sums, SEL.
        _ => true,
    }
}

/// Whether this is an instruction of floats, Helium, coprocessors, or custom.
fn is_coprocessor(first: u16) -> bool {
    first & 0xEC00 == 0xEC00
}

/// Whether this is a wide instruction of Armv8-M: low-overhead loops, conditional selects, long
/// shifts, secure gateways, acquire and release.
fn is_v8(first: u16, second: u16) -> bool {
    let low_overhead = first & 0xFF80 == 0xF000 && second & 0xF001 == 0xC001
        || first & 0xFFF0 == 0xF040 && second & 0xF001 == 0xE001;
    let select = first & 0xFFF0 == 0xEA50 && second & 0xF000 >= 0x8000;
    let long_shift = first & 0xFFF0 == 0xEA50 && second & 0x000D == 0x000D;
    let gateway = first == 0xE97F && second == 0xE97F;
    let test_target = first & 0xFFF0 == 0xE840 && second & 0xF03F == 0xF000;
    let acquire_release = first & 0xFFE0 == 0xE8C0 && second & 0x00C0 >= 0x0080;
    low_overhead || select || long_shift || gateway || test_target || acquire_release
}
