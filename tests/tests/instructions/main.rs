//! Checks that images hold only instructions which their cores have.
//!
//! QEMU's Cortex-M3 executes some instructions of the DSP extension, and a Cortex-M3 runs all code meant for a Cortex-M0
//! whether a Cortex-M0 could or not, so running an image proves nothing about the instructions in it.

mod thumb;

use std::path::Path;

use thumb::{Core, foreign};
use tillsense_compiler::target::Target;
use tillsense_core::parity::WORKSPACE_LEN;
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::toolchain::{build_firmware, thumb_code};
use tillsense_tests::board;

/// The instructions of an image that a core lacks, with their addresses.
fn lacking(core: Core, image: &Path) -> Vec<String> {
    let stretches = thumb_code(image).unwrap();
    let halfwords: usize = stretches.iter().map(|s| s.halfwords.len()).sum();
    assert!(halfwords > 10_000, "only {halfwords} halfwords of code");
    let found = stretches.iter().flat_map(|stretch| {
        let found = foreign(core, &stretch.halfwords).into_iter();
        found.map(|(at, code)| format!("{:#x}: {code:08x}", stretch.address + 2 * at as u64))
    });
    found.collect()
}

fn image(machine: &'static Machine, program: &str) -> std::path::PathBuf {
    build_firmware(machine, program).unwrap()
}

/// The programs of a board that are checked. A board without room for the parity suite's workspace, such as the micro:bit, has
/// nothing of the suite left in its image; the suite's code for a Cortex-M0 is that of `mps2-an385-m0`.
fn programs(machine: &Machine) -> &'static [&'static str] {
    match (machine.arena as usize) < WORKSPACE_LEN {
        true => &["terminal"],
        false => &["terminal", "parity"],
    }
}

#[test]
fn images_for_cores_without_an_extension_hold_none_of_it() {
    for &machine in boards::ALL.iter() {
        let core = match machine.reads {
            Target::CortexM0 => Core::M0,
            Target::CortexM3 => Core::M3,
            _ => continue,
        };
        for program in programs(machine) {
            let lacking = lacking(core, &image(machine, program));
            assert_eq!(lacking, Vec::<String>::new(), "{program} for {machine}");
        }
    }
}

#[test]
fn images_for_larger_cores_are_seen_to_hold_more() {
    let on_m3 = lacking(Core::M3, &image(board("mps2-an386"), "parity"));
    assert!(on_m3.len() > 10, "{on_m3:?}");
    let on_m3 = lacking(Core::M3, &image(board("mps3-an547"), "parity"));
    assert!(on_m3.len() > 100, "{on_m3:?}");
    let on_m0 = lacking(Core::M0, &image(board("mps2-an385"), "parity"));
    assert!(on_m0.len() > 1000, "{}", on_m0.len());
}

/// The encodings are those that GNU as makes.
#[test]
fn single_instructions_are_told_apart() {
    let only_with_dsp: [u32; 24] = [
        0xFB21_3002, // smlad r0, r1, r2, r3
        0xFB21_F002, // smuad r0, r1, r2
        0xFB11_3002, // smlabb r0, r1, r2, r3
        0xFB11_F032, // smultt r0, r1, r2
        0xFB31_F002, // smulwb r0, r1, r2
        0xFB41_3002, // smlsd r0, r1, r2, r3
        0xFB51_F002, // smmul r0, r1, r2
        0xFB51_F012, // smmulr r0, r1, r2
        0xFB61_3002, // smmls r0, r1, r2, r3
        0xFB71_F002, // usad8 r0, r1, r2
        0xFBC2_01C3, // smlald r0, r1, r2, r3
        0xFBC2_0183, // smlalbb r0, r1, r2, r3
        0xFBD2_01C3, // smlsld r0, r1, r2, r3
        0xFBE2_0163, // umaal r0, r1, r2, r3
        0xFA2F_F081, // sxtb16 r0, r1
        0xFA21_F082, // sxtab16 r0, r1, r2
        0xFA41_F082, // sxtab r0, r1, r2
        0xFA81_F012, // qadd8 r0, r1, r2
        0xFAC1_F002, // ssub8 r0, r1, r2
        0xFA82_F081, // qadd r0, r1, r2
        0xFAA1_F082, // sel r0, r1, r2
        0xEAC1_0002, // pkhbt r0, r1, r2
        0xEAC1_4022, // pkhtb r0, r1, r2, asr #16
        0xF321_0007, // ssat16 r0, #8, r1
    ];
    let on_m3_too: [u32; 20] = [
        0xFB01_3002, // mla r0, r1, r2, r3
        0xFB01_3012, // mls r0, r1, r2, r3
        0xFB01_F002, // mul r0, r1, r2
        0xFB82_0103, // smull r0, r1, r2, r3
        0xFBC2_0103, // smlal r0, r1, r2, r3
        0xFBE2_0103, // umlal r0, r1, r2, r3
        0xFB91_F0F2, // sdiv r0, r1, r2
        0xFBB1_F0F2, // udiv r0, r1, r2
        0xFA4F_F081, // sxtb.w r0, r1
        0xFA1F_F881, // uxth.w r8, r1
        0xFA01_F002, // lsl.w r0, r1, r2
        0xFA61_F002, // ror.w r0, r1, r2
        0xFAB1_F081, // clz r0, r1
        0xFA91_F0A1, // rbit r0, r1
        0xF301_0007, // ssat r0, #8, r1
        0xF321_0047, // ssat r0, #8, r1, asr #1
        0xF341_0007, // sbfx r0, r1, #0, #8
        0xE8D0_F001, // tbb [r0, r1]
        0xE8D1_0F4F, // ldrexb r0, [r1]
        0xEA51_0002, // orrs.w r0, r1, r2
    ];
    let halves = |code: u32| [(code >> 16) as u16, code as u16];
    for code in only_with_dsp {
        assert_eq!(foreign(Core::M3, &halves(code)), [(0, code)], "{code:08x}");
    }
    for code in on_m3_too {
        assert_eq!(foreign(Core::M3, &halves(code)), [], "{code:08x}");
        assert_eq!(foreign(Core::M0, &halves(code)), [(0, code)], "{code:08x}");
    }
    // vadd.f32 s0, s0, s1; le to the last instruction; csel r0, r1, r2, eq: no Cortex-M3 has them.
    for code in [0xEE30_0A20, 0xF00F_C001, 0xEA51_8002] {
        assert_eq!(foreign(Core::M3, &halves(code)), [(0, code)], "{code:08x}");
    }
    // bl, dsb, isb, mrs r0, primask; msr primask, r0: Armv6-M has them.
    for code in [
        0xF000_F800,
        0xF3BF_8F4F,
        0xF3BF_8F6F,
        0xF3EF_8010,
        0xF380_8810,
    ] {
        assert_eq!(foreign(Core::M0, &halves(code)), [], "{code:08x}");
    }
    // cbz r0, itt eq: not on a Cortex-M0; nop, sev, ldr, bx lr are.
    assert_eq!(
        foreign(Core::M0, &[0xB100, 0xBF04, 0xBF00, 0xBF40, 0x6800, 0x4770]),
        [(0, 0xB100), (1, 0xBF04)]
    );
    assert_eq!(foreign(Core::M3, &[0xB100, 0xBF04, 0xBF00]), []);
}
