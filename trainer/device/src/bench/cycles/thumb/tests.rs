use super::super::instruction::{FLAGS, Kind, LR, PC, Registers, SP, Unit, vector};
use super::*;

/// The set of registers with these numbers.
fn set(numbers: &[u32]) -> Registers {
    numbers.iter().map(|number| 1 << number).sum()
}

/// An encoding (as GNU as makes it), its kind, the registers read, those of them read early and late, and the registers written.
type Case = (u32, Kind, Registers, Registers, Registers, Registers);

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

/// Encodings of Helium (as GNU as makes them), their pipelines and latencies, the registers read and written.
#[test]
fn vectors() {
    let (q, r) = (
        |numbers: &[u16]| numbers.iter().map(|&n| vector(n)).sum::<Registers>(),
        |numbers: &[u32]| set(numbers),
    );
    let cases = [
        (0xECB3_1E10_u32, Unit::Memory, 1, r(&[3]), q(&[0])), // vldrb.u8 q0, [r3], #16
        (0xED92_3E80, Unit::Memory, 1, r(&[2]), q(&[1])),     // vldrh.u16 q1, [r2]
        (0xED92_2E80, Unit::Memory, 1, r(&[2]), q(&[1])),     // vldrb.s16 q1, [r2]
        (0xFD9A_2F00, Unit::Memory, 1, r(&[2]), q(&[1])),     // vldrh.u32 q1, [r2]
        (0xFD98_FE04, Unit::Memory, 2, q(&[4]), q(&[7])),     // vldrw.u32 q7, [q4, #16]
        (0xFC99_2E00, Unit::Memory, 2, r(&[9]) | q(&[0]), q(&[1])), // vldrb.u8 q1, [r9, q0]
        (0xED8D_9F00, Unit::Memory, 1, SP | q(&[4]), 0),      // vstrw.32 q4, [sp]
        (0xEC89_0E8C, Unit::Memory, 1, r(&[9]) | q(&[0, 6]), 0), // vstrb.16 q0, [r9, q6]
        (0xFCB7_1F61, Unit::Memory, 1, r(&[7]), q(&[0, 1, 2, 3])), // vld43.32 {q0-q3}, [r7]!
        (0xFC97_1E00, Unit::Memory, 1, r(&[7]), q(&[0, 1])),  // vld20.8 {q0, q1}, [r7]
        (0xEF24_2846, Unit::Integer, 1, q(&[2, 3]), q(&[1])), // vadd.i32 q1, q2, q3
        (0xEE29_8F4A, Unit::Integer, 1, q(&[4]) | r(&[10]), q(&[4])), // vadd.i32 q4, q4, r10
        (0xEE01_1F41, Unit::Integer, 1, q(&[0]) | r(&[1]), q(&[0])), // vsub.i8 q0, q0, r1
        (0xEF10_0058, Unit::Integer, 1, q(&[0, 4]), q(&[0])), // vqadd.s16 q0, q0, q4
        (0xEF20_0952, Unit::Product, 2, q(&[0, 1]), q(&[0])), // vmul.i32 q0, q0, q1
        (0xEE01_1E68, Unit::Product, 2, q(&[0]) | r(&[8]), q(&[0])), // vmul.i8 q0, q0, r8
        (0xEEF2_8F24, Unit::Product, 2, q(&[1, 2]) | r(&[8]), r(&[8])), // vmladava.s8 r8, q1, q2
        (
            0xEE82_0E24,
            Unit::Product,
            2,
            q(&[1, 2]) | r(&[0, 1]),
            r(&[0, 1]),
        ), // vmlaldava.s16 r0, r1, q1, q2
        (0xEEF9_0F22, Unit::Product, 2, q(&[1]) | r(&[0]), r(&[0])), // vaddva.s32 r0, q1
        (
            0xEE89_0F02,
            Unit::Product,
            2,
            q(&[1]) | r(&[0, 1]),
            r(&[0, 1]),
        ), // vaddlv.s32 r0, r1, q1
        (0xEEA6_3B10, Unit::Integer, 1, r(&[3]), q(&[3])),    // vdup.32 q3, r3
        (0xEC14_0F00, Unit::Product, 1, r(&[0, 4]) | q(&[0]), q(&[0])), // vmov q0[2], q0[0], r0, r4
        (0xEE13_0B10, Unit::Product, 1, q(&[1]), r(&[0])),    // vmov.32 r0, q1[2]
        (0xEF22_0152, Unit::Integer, 1, q(&[1]), q(&[0])),    // vmov q0, q1
        (0xEF80_0055, Unit::Product, 2, 0, q(&[0])),          // vmov.i32 q0, #5
        (0xFFB9_E3CE, Unit::Integer, 1, q(&[7]), q(&[7])),    // vneg.s32 q7, q7
        (0xFFB8_0042, Unit::Integer, 1, q(&[1]), q(&[0])),    // vrev64.32 q0, q1
        (0xEF00_0644, Unit::Integer, 1, q(&[0, 2]), q(&[0])), // vmax.s8 q0, q0, q2
        (0xEE0F_FE0C, Unit::Product, 2, q(&[7, 6]), q(&[7])), // vmullt.s8 q7, q7, q6
        (0xFE15_1E01, Unit::Product, 2, q(&[2, 0]), q(&[0])), // vrmulh.u16 q0, q2, q0
        (0xFF22_0B44, Unit::Product, 2, q(&[1, 2]), q(&[0])), // vqrdmulh.s32 q0, q1, q2
        (0xEE22_0E42, Unit::Product, 2, q(&[0, 1]) | r(&[2]), q(&[0])), // vqrdmlah.s32 q0, q1, r2
        (0xEE22_1E05, Unit::Product, 2, q(&[0, 1, 2]), q(&[0])), // vqrdmladhx.s32 q0, q1, q2
        (0xEFBF_0050, Unit::Integer, 1, q(&[0]), q(&[0])),    // vshr.s32 q0, q0, #1
        (0xEFBD_0252, Unit::Integer, 2, q(&[1]), q(&[0])),    // vrshr.s32 q0, q1, #3
        (0xEF2E_C44C, Unit::Integer, 1, q(&[6, 7]), q(&[6])), // vshl.s32 q6, q6, q7
        (0xEE39_BE6A, Unit::Integer, 1, q(&[5]) | r(&[10]), q(&[5])), // vshl.s32 q5, r10
        (0xEE3B_BE6A, Unit::Integer, 2, q(&[5]) | r(&[10]), q(&[5])), // vrshl.s32 q5, r10
        (0xEE9D_1F43, Unit::Integer, 3, q(&[0, 1]), q(&[0])), // vqrshrnt.s32 q0, q1, #3
        (0xEEB0_CF4A, Unit::Integer, 1, q(&[5]), q(&[6])),    // vmovlb.s16 q6, q5
        (0xFE35_9E8D, Unit::Integer, 3, q(&[4, 6]), q(&[4])), // vmovnt.i32 q4, q6
        (0xEE37_0E01, Unit::Integer, 3, q(&[0]), q(&[0])),    // vqmovnb.s32 q0, q0
        (0xEE27_8FEF, Unit::Integer, 1, r(&[6]), q(&[4]) | r(&[6])), // vidup.u32 q4, r6, #8
        (0xFE21_1F03, Unit::Product, 1, q(&[0, 1]), 0),       // vcmp.s32 gt, q0, q1
        (0xFE33_0F05, Unit::Integer, 1, q(&[1, 2]), q(&[0])), // vpsel q0, q1, q2
    ];
    for (code, unit, latency, reads, writes) in cases {
        let one = decode((code >> 16) as u16, code as u16).unwrap_or_else(|| panic!("{code:08x}"));
        assert_eq!(one.kind, Kind::Vector { unit, latency }, "{code:08x}");
        assert_eq!((one.reads, one.writes), (reads, writes), "{code:08x}");
    }
    let moved = |code: u32| decode((code >> 16) as u16, code as u16).unwrap().base;
    assert_eq!((moved(0xECB3_1E10), moved(0xED92_3E80)), (r(&[3]), 0));
}

#[test]
fn predicates_loops_and_pairs_of_registers() {
    agrees(&[
        (0xFE71_0F4D, Kind::Predicate, 0, 0, 0, 0),         // vpst
        (0xF009_E801, Kind::Predicate, set(&[9]), 0, 0, 0), // vctp.8 r9
        (0xF043_E001, Kind::LoopStart, set(&[3]), 0, 0, 0), // dls lr, r3
        (0xF022_C807, Kind::LoopStart, set(&[2]), 0, 0, 0), // wlstp.32 lr, r2
        (0xF00F_C803, Kind::LoopEnd, LR, 0, 0, LR),         // le lr
        (0xF01F_C805, Kind::LoopEnd, LR, 0, 0, LR),         // letp lr
        (
            0xEA51_8002,
            Kind::Simple,
            set(&[1, 2]) | FLAGS,
            0,
            0,
            set(&[0]),
        ), // csel r0, r1, r2, eq
        (0xEA50_01CF, Kind::Shift, set(&[0, 1]), 0, 0, set(&[0, 1])), // lsll r0, r1, #7
        (
            0xEA51_0002,
            Kind::Simple,
            set(&[1, 2]),
            0,
            0,
            set(&[0]) | FLAGS,
        ), // orrs.w r0, r1, r2 is no select
    ]);
    // A sum of floats, and a move of one.
    for unknown in [0xEF02_0D44_u32, 0xEEB0_0A60] {
        assert_eq!(
            decode((unknown >> 16) as u16, unknown as u16),
            None,
            "{unknown:08x}"
        );
    }
}
