use super::instruction::{FLAGS, Kind, LR, PC, SP};
use super::*;

/// The set of registers with these numbers.
fn set(numbers: &[u32]) -> u32 {
    numbers.iter().map(|number| 1 << number).sum()
}

/// An encoding (as GNU as makes it), its kind, the registers read, those of them read early and late, and the registers written.
type Case = (u32, Kind, u32, u32, u32, u32);

fn agrees(cases: &[Case]) {
    for &(code, kind, reads, early, late, writes) in cases {
        let halves = if code >> 16 == 0 {
            (code as u16, 0)
        } else {
            ((code >> 16) as u16, code as u16)
        };
        let one = decode(halves.0, halves.1).unwrap_or_else(|| panic!("{code:08x}"));
        assert_eq!(
            (one.kind, one.reads, one.early, one.late, one.writes),
            (kind, reads, early, late, writes),
            "{code:08x}"
        );
        assert_eq!(one.wide, code >> 16 != 0, "{code:08x}");
    }
}

const LOAD: Kind = Kind::Load { narrow: false };
const LOAD_NARROW: Kind = Kind::Load { narrow: true };
const STORE: Kind = Kind::Store { indexed: false };
const STORE_INDEXED: Kind = Kind::Store { indexed: true };
const GO: Kind = Kind::Branch { conditional: false };
const GO_IF: Kind = Kind::Branch { conditional: true };
const PARTS: Kind = Kind::Parallel { latency: 1 };
const PARTS_SLOWLY: Kind = Kind::Parallel { latency: 2 };

#[test]
fn narrow_instructions() {
    let (simple, shift) = (Kind::Simple, Kind::Shift);
    agrees(&[
        (0x0008, simple, set(&[1]), 0, 0, set(&[0]) | FLAGS), // movs r0, r1
        (0x00C8, shift, set(&[1]), 0, 0, set(&[0]) | FLAGS),  // lsls r0, r1, #3
        (0x1088, shift, set(&[1]), 0, 0, set(&[0]) | FLAGS),  // asrs r0, r1, #2
        (0x1888, simple, set(&[1, 2]), 0, 0, set(&[0]) | FLAGS), // adds r0, r1, r2
        (0x1EC8, simple, set(&[1]), 0, 0, set(&[0]) | FLAGS), // subs r0, r1, #3
        (0x2305, simple, 0, 0, 0, set(&[3]) | FLAGS),         // movs r3, #5
        (0x2B05, simple, set(&[3]), 0, 0, FLAGS),             // cmp r3, #5
        (0x3B05, simple, set(&[3]), 0, 0, set(&[3]) | FLAGS), // subs r3, #5
        (0x4008, simple, set(&[0, 1]), 0, 0, set(&[0]) | FLAGS), // ands r0, r1
        (0x4088, shift, set(&[0, 1]), 0, 0, set(&[0]) | FLAGS), // lsls r0, r1
        (
            0x4148,
            simple,
            set(&[0, 1]) | FLAGS,
            0,
            0,
            set(&[0]) | FLAGS,
        ), // adcs r0, r1
        (0x4248, simple, set(&[1]), 0, 0, set(&[0]) | FLAGS), // rsbs r0, r1, #0
        (0x4288, simple, set(&[0, 1]), 0, 0, FLAGS),          // cmp r0, r1
        (
            0x4348,
            Kind::Multiply,
            set(&[0, 1]),
            0,
            0,
            set(&[0]) | FLAGS,
        ), // muls r0, r1
        (0x44C8, simple, set(&[8, 9]), 0, 0, set(&[8])),      // add r8, r9
        (0x4640, simple, set(&[8]), 0, 0, set(&[0])),         // mov r0, r8
        (0x4770, GO, LR, 0, 0, 0),                            // bx lr
        (0x4798, GO, set(&[3]), 0, 0, LR),                    // blx r3
        (0x4687, GO, set(&[0]), 0, 0, 0),                     // mov pc, r0
        (0x4A03, LOAD, 0, 0, 0, set(&[2])),                   // ldr r2, [pc, #12]
        (0x5888, LOAD, set(&[1, 2]), set(&[1, 2]), 0, set(&[0])), // ldr r0, [r1, r2]
        (
            0x5688,
            LOAD_NARROW,
            set(&[1, 2]),
            set(&[1, 2]),
            0,
            set(&[0]),
        ), // ldrsb r0, [r1, r2]
        (
            0x5488,
            STORE_INDEXED,
            set(&[0, 1, 2]),
            set(&[1, 2]),
            set(&[0]),
            0,
        ), // strb r0, [r1, r2]
        (0x6048, STORE, set(&[0, 1]), set(&[1]), set(&[0]), 0), // str r0, [r1, #4]
        (0x7848, LOAD_NARROW, set(&[1]), set(&[1]), 0, set(&[0])), // ldrb r0, [r1, #1]
        (0x8848, LOAD_NARROW, set(&[1]), set(&[1]), 0, set(&[0])), // ldrh r0, [r1, #2]
        (0x9301, STORE, set(&[3]) | SP, SP, set(&[3]), 0),    // str r3, [sp, #4]
        (0x9B01, LOAD, SP, SP, 0, set(&[3])),                 // ldr r3, [sp, #4]
        (0xA302, simple, 0, 0, 0, set(&[3])),                 // adr r3
        (0xB082, simple, SP, 0, 0, SP),                       // sub sp, #8
        (0xB108, GO_IF, set(&[0]), 0, set(&[0]), 0),          // cbz r0
        (0xB248, PARTS, set(&[1]), 0, 0, set(&[0])),          // sxtb r0, r1
        (
            0xB510,
            Kind::StoreMany(2),
            set(&[4]) | LR | SP,
            SP,
            set(&[4]) | LR,
            0,
        ), // push {r4, lr}
        (0xBD10, Kind::LoadMany(2), SP, SP, 0, set(&[4]) | PC), // pop {r4, pc}
        (0xBA08, PARTS, set(&[1]), set(&[1]), 0, set(&[0])),  // rev r0, r1
        (0xB672, Kind::System, 0, 0, 0, 0),                   // cpsid i
        (0xBF00, Kind::Nop, 0, 0, 0, 0),                      // nop
        (0xBF18, Kind::IfThen, 0, 0, 0, 0),                   // it ne
        (
            0xC106,
            Kind::StoreMany(2),
            set(&[1, 2]),
            set(&[1]),
            set(&[1, 2]),
            0,
        ), // stm r1!, {r1, r2}
        (
            0xC90C,
            Kind::LoadMany(2),
            set(&[1]),
            set(&[1]),
            0,
            set(&[2, 3]),
        ), // ldm r1!, {r2, r3}
        (0xD1FC, GO_IF, FLAGS, 0, FLAGS, 0),                  // bne
        (0xE7FC, GO, 0, 0, 0, 0),                             // b
    ]);
    assert_eq!(decode(0xDE00, 0), None); // udf
}

#[test]
fn wide_instructions_on_registers() {
    let (simple, shift, product) = (Kind::Simple, Kind::Shift, Kind::Multiply);
    agrees(&[
        (0xEB01_0002, simple, set(&[1, 2]), 0, 0, set(&[0])), // add.w r0, r1, r2
        (0xEB01_0082, shift, set(&[1, 2]), set(&[2]), 0, set(&[0])), // add.w r0, r1, r2, lsl #2
        (0xEBB1_0F02, simple, set(&[1, 2]), 0, 0, FLAGS),     // cmp.w r1, r2
        (0xEA4F_0001, simple, set(&[1]), 0, 0, set(&[0])),    // mov.w r0, r1
        (0xEA4F_4021, shift, set(&[1]), 0, 0, set(&[0])),     // asr.w r0, r1, #16
        (0xEAC1_0002, PARTS, set(&[1, 2]), set(&[2]), 0, set(&[0])), // pkhbt r0, r1, r2
        (0xF101_0005, simple, set(&[1]), 0, 0, set(&[0])),    // add.w r0, r1, #5
        (0xF04F_0005, simple, 0, 0, 0, set(&[0])),            // mov.w r0, #5
        (0xF1B1_0F05, simple, set(&[1]), 0, 0, FLAGS),        // cmp.w r1, #5
        (0xF240_1005, simple, 0, 0, 0, set(&[0])),            // movw r0, #261
        (0xF2C0_1005, simple, set(&[0]), 0, 0, set(&[0])),    // movt r0, #261
        (
            0xF301_0007,
            PARTS_SLOWLY,
            set(&[1]),
            set(&[1]),
            0,
            set(&[0]),
        ), // ssat r0, #8, r1
        (0xF3C1_0047, PARTS, set(&[1]), set(&[1]), 0, set(&[0])), // ubfx r0, r1, #1, #8
        (0xF361_0007, Kind::Bits, set(&[0, 1]), 0, 0, set(&[0])), // bfi r0, r1, #0, #8
        (0xFA01_F002, shift, set(&[1, 2]), 0, 0, set(&[0])),  // lsl.w r0, r1, r2
        (0xFA2F_F081, PARTS, set(&[1]), 0, 0, set(&[0])),     // sxtb16 r0, r1
        (0xFA21_F082, PARTS, set(&[1, 2]), set(&[2]), 0, set(&[0])), // sxtab16 r0, r1, r2
        (0xFA81_F012, PARTS_SLOWLY, set(&[1, 2]), 0, 0, set(&[0])), // qadd8 r0, r1, r2
        (0xFAC1_F002, PARTS, set(&[1, 2]), 0, 0, set(&[0])),  // ssub8 r0, r1, r2
        (0xFA82_F081, PARTS_SLOWLY, set(&[1, 2]), 0, 0, set(&[0])), // qadd r0, r1, r2
        (0xFAA1_F082, PARTS, set(&[1, 2]) | FLAGS, 0, 0, set(&[0])), // sel r0, r1, r2
        (0xFAB1_F081, Kind::Bits, set(&[1]), 0, 0, set(&[0])), // clz r0, r1
        (0xFB01_F002, product, set(&[1, 2]), 0, 0, set(&[0])), // mul r0, r1, r2
        (
            0xFB21_3002,
            product,
            set(&[1, 2, 3]),
            0,
            set(&[3]),
            set(&[0]),
        ), // smlad r0, r1, r2, r3
        (0xFB51_F012, product, set(&[1, 2]), 0, 0, set(&[0])), // smmulr r0, r1, r2
        (0xFB82_0103, product, set(&[2, 3]), 0, 0, set(&[0, 1])), // smull r0, r1, r2, r3
        (
            0xFBC2_01C3,
            product,
            set(&[0, 1, 2, 3]),
            0,
            set(&[0, 1]),
            set(&[0, 1]),
        ), // smlald
        (0xFB91_F0F2, Kind::Divide, set(&[1, 2]), 0, 0, set(&[0])), // sdiv r0, r1, r2
    ]);
}

#[test]
fn wide_instructions_on_memory_and_branches() {
    agrees(&[
        (
            0xE9D1_2300,
            Kind::LoadMany(2),
            set(&[1]),
            set(&[1]),
            0,
            set(&[2, 3]),
        ), // ldrd r2, r3, [r1]
        (
            0xE8E1_2302,
            Kind::StoreMany(2),
            set(&[1, 2, 3]),
            set(&[1]),
            set(&[2, 3]),
            0,
        ), // strd r2, r3, [r1], #8
        (
            0xE8B1_0FF0,
            Kind::LoadMany(8),
            set(&[1]),
            set(&[1]),
            0,
            0xFF0,
        ), // ldm.w r1!, {r4-r11}
        (0xE92D_4FF0, Kind::StoreMany(9), 0x4FF0 | SP, SP, 0x4FF0, 0), // push.w {r4-r11, lr}
        (0xE8DF_F000, Kind::Table, set(&[0]), set(&[0]), 0, 0),        // tbb [pc, r0]
        (0xF8D1_0004, LOAD, set(&[1]), set(&[1]), 0, set(&[0])),       // ldr.w r0, [r1, #4]
        (0xF851_0B04, LOAD, set(&[1]), set(&[1]), 0, set(&[0])),       // ldr r0, [r1], #4
        (0xF851_0022, LOAD, set(&[1, 2]), set(&[1, 2]), 0, set(&[0])), // ldr.w r0, [r1, r2, lsl #2]
        (0xF8DF_0010, LOAD, 0, 0, 0, set(&[0])),                       // ldr.w r0, [pc, #16]
        (0xF991_0004, LOAD_NARROW, set(&[1]), set(&[1]), 0, set(&[0])), // ldrsb.w r0, [r1, #4]
        (0xF801_0B01, STORE, set(&[0, 1]), set(&[1]), set(&[0]), 0),   // strb r0, [r1], #1
        (
            0xF841_0022,
            STORE_INDEXED,
            set(&[0, 1, 2]),
            set(&[1, 2]),
            set(&[0]),
            0,
        ), // str.w r0, [r1, r2, lsl #2]
        (
            0xED91_0B00,
            Kind::FloatMemory {
                load: true,
                words: 2,
            },
            set(&[1]),
            set(&[1]),
            0,
            0,
        ), // vldr d0, [r1]
        (
            0xED2D_8B04,
            Kind::FloatMemory {
                load: false,
                words: 4,
            },
            SP,
            SP,
            0,
            0,
        ), // vpush {d8, d9}
        (0xEE00_1A10, Kind::FloatMove(1), set(&[1]), 0, 0, 0),         // vmov s0, r1
        (0xEC51_0B10, Kind::FloatMove(2), 0, 0, 0, set(&[0, 1])),      // vmov r0, r1, d0
        (0xF000_F800, GO, 0, 0, 0, LR),                                // bl
        (0xF000_B800, GO, 0, 0, 0, 0),                                 // b.w
        (0xF040_8000, GO_IF, FLAGS, 0, FLAGS, 0),                      // bne.w
        (0xF3EF_8010, Kind::System, 0, 0, 0, set(&[0])),               // mrs r0, primask
        (0xF3BF_8F4F, Kind::System, 0, 0, 0, 0),                       // dsb
        (0xF3AF_8000, Kind::Nop, 0, 0, 0, 0),                          // nop.w
    ]);
    let moved = |code: u32| decode((code >> 16) as u16, code as u16).unwrap().base;
    assert_eq!((moved(0xF851_0B04), moved(0xF8D1_0004)), (set(&[1]), 0));
    assert_eq!((moved(0xE8E1_2302), moved(0xE9D1_2300)), (set(&[1]), 0));
    assert_eq!((moved(0xE8B1_0FF0), moved(0xED2D_8B04)), (set(&[1]), SP));
    for unknown in [0xEE30_0A20_u32, 0xF7F0_A000] {
        assert_eq!(decode((unknown >> 16) as u16, unknown as u16), None); // vadd.f32, udf.w
    }
}

/// QEMU's log of a caller at 0x100 that runs two trials at 0x200, each with a loop of two rounds.
fn two_trials() -> String {
    let mut log = "IN:\n0x00000100:  f000 f87e  bl #0x200\nTrace 0: 0x1 [0/100/0/0]\n".to_owned();
    log += "IN:\n0x00000200:  3801  subs r0, #1\n0x00000202:  d1fd  bne #0x200\n";
    log += &"Trace 0: 0x2 [0/200/0/0]\n".repeat(2);
    log += "IN:\n0x00000204:  4770  bx lr\nTrace 0: 0x3 [0/204/0/0]\n";
    log += "IN:\n0x00000104:  f7ff fffc  bl #0x100\nTrace 0: 0x4 [0/104/0/0]\n";
    log += "IN:\n0x00000300:  bf00  nop\nTrace 0: 0x5 [0/300/0/0]\n";
    let again = [
        "1 [0/100/",
        "2 [0/200/",
        "2 [0/200/",
        "3 [0/204/",
        "4 [0/104/",
        "1 [0/100/",
    ];
    log += &again
        .map(|place| format!("Trace 0: 0x{place}0/0]\n"))
        .concat();
    log
}

#[test]
fn trials_are_found_between_call_and_return() {
    let done = Watch::new(0x200, 0x300..0x302)
        .read(two_trials().as_bytes())
        .unwrap();
    let [(instructions, cycles), again] = done[..] else {
        panic!("{done:?}")
    };
    assert_eq!((instructions, cycles.m4), (5, 1 + 3 + 1 + 1 + 3));
    assert_eq!(again, (instructions, cycles));
    assert!(
        Watch::new(0x400, 0..0)
            .read(two_trials().as_bytes())
            .is_err()
    );
}

#[test]
fn counts_must_be_those_of_the_log() {
    let one = |instructions| (instructions, Cycles { m4: 0, m7: 0 });
    let logged = [one(100), one(200)];
    assert!(check(&[103, 203], &logged).is_ok());
    for counted in [
        &[103, 204][..],
        &[103],
        &[99, 199],
        &[120, 220],
        &[103, 203, 303],
    ] {
        assert!(check(counted, &logged).is_err(), "{counted:?}");
    }
}
