//! The record frontend: encodings, every refusal, garbled field records.

mod frontend_support;

use frontend_support::view;
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::record::{self, RecordError, Value};
use tillsense_core::model::records::{Field, FieldKind, Keep, RecordParams, Scale, Span};
use tillsense_core::parity::SplitMix64;

/// `2^exponent`.
fn power(exponent: i8) -> Scale {
    Scale {
        multiplier: 1 << 30,
        shift: exponent + 1,
    }
}

fn number(log: bool, center: i32, scale: Scale, flag: bool) -> FieldKind<'static> {
    FieldKind::Number {
        decimals: 2,
        log,
        center,
        scale,
        flag,
        one: 32,
    }
}

fn category(names: &'static str, other: bool) -> FieldKind<'static> {
    FieldKind::Category {
        names,
        other,
        one: 32,
    }
}

/// A section with some foreign bytes around the records, and the parameters that point into it.
fn schema(list: &[(&'static str, FieldKind<'static>)]) -> (RecordParams, Vec<u8>) {
    let mut section = vec![0xaa; 5];
    let mut width = 0;
    for (name, kind) in list {
        let mut buffer = [0; 512];
        section.extend_from_slice(
            postcard::to_slice(&Field { name, kind: *kind }, &mut buffer).unwrap(),
        );
        width += record::width(kind);
    }
    let fields = Span {
        offset: 5,
        len: section.len() as u32 - 5,
    };
    section.extend_from_slice(&[0xbb; 3]);
    (
        RecordParams {
            field_count: list.len() as u8,
            fields,
            output: view(1, 1, width as u16),
            max_steps: 1,
            keep: Keep::Last,
        },
        section,
    )
}

fn sample() -> (RecordParams, Vec<u8>) {
    schema(&[
        ("amount", number(true, 2048, power(-4), true)),
        ("age", number(false, 3500, power(-5), false)),
        ("month", category("Jan\nFeb\nMär", false)),
        ("visitor", category("New\nReturning", true)),
    ])
}

fn run(schema: &(RecordParams, Vec<u8>), values: &[Value<'_>]) -> Result<Vec<i8>, RecordError> {
    let mut output = vec![77; schema.0.output.c as usize];
    record::run(&schema.0, &schema.1, values, &mut output)?;
    Ok(output)
}

#[test]
fn encodes_as_documented() {
    use Value::{Missing, Name, Number};
    let schema = sample();
    assert_eq!(record::check(&schema.0, &schema.1), Ok(()));
    let cases: [(&[Value<'_>], [i8; 8]); 5] = [
        // log2(256) = 8 is the centre; 35.00 + 0.64 is two steps of 2^5.
        (
            &[Number(255), Number(3564), Name("Feb"), Name("New")],
            [0, 0, 2, 0, 32, 0, 32, 0],
        ),
        (
            &[Number(511), Number(3500), Name("Mär"), Name("Returning")],
            [16, 0, 0, 0, 0, 32, 0, 32],
        ),
        (
            &[Missing, Missing, Missing, Missing],
            [0, 32, 0, 0, 0, 0, 0, 0],
        ),
        (
            &[Number(0), Number(i32::MAX), Name("Jan"), Name("never seen")],
            [-127, 0, 127, 32, 0, 0, 0, 0],
        ),
        (
            &[Number(i32::MIN), Number(i32::MIN), Missing, Name("")],
            [-127, 0, -127, 0, 0, 0, 0, 0],
        ),
    ];
    for (values, expected) in cases {
        assert_eq!(run(&schema, values), Ok(expected.to_vec()), "{values:?}");
    }
}

#[test]
fn numbers_agree_with_floating_point() {
    let mut rng = SplitMix64::new(1);
    for _ in 0..5000 {
        let bits = rng.between(0, 31);
        let mut any = || (rng.between(-1 << bits, (1 << bits) - 1)) as i32;
        let (x, center) = (any(), any());
        let scale = Scale {
            multiplier: rng.between(1 << 30, (1 << 31) - 1) as i32,
            shift: rng.between(-31, 10) as i8,
        };
        let log = rng.next_u64().is_multiple_of(2);
        let schema = schema(&[("x", number(log, center, scale, false))]);
        assert_eq!(record::check(&schema.0, &schema.1), Ok(()));
        let t = if log {
            libm::log2(1.0 + (x as f64).abs()) * 256.0 * (x as f64).signum()
        } else {
            x as f64
        };
        assert!((record::transform(x, log) as f64 - t).abs() <= if log { 0.53 } else { 0.0 });
        let difference =
            (record::transform(x, log) as f64 - center as f64).clamp(-1073741824.0, 1073741823.0);
        let scaled = difference * scale.multiplier as f64 / 2f64.powi(31 - scale.shift as i32);
        let expected = (scaled + 0.5).floor().clamp(-127.0, 127.0) as i8;
        let got = run(&schema, &[Value::Number(x)]).unwrap()[0];
        // Floating point cannot tell on which side of a tie it is.
        let tie = ((scaled + 0.5) - (scaled + 0.5).round()).abs() < 1e-9;
        assert!(
            got == expected || tie,
            "{x} {center} {scale:?}: {got} {expected}"
        );
    }
}

#[test]
fn refuses_and_names_the_field() {
    use Value::{Missing, Name, Number};
    let schema = sample();
    assert_eq!(run(&schema, &[]), Err(RecordError::WrongCount));
    assert_eq!(run(&schema, &[Missing; 3]), Err(RecordError::WrongCount));
    assert_eq!(run(&schema, &[Missing; 5]), Err(RecordError::WrongCount));
    assert_eq!(
        run(&schema, &[Missing, Name("35"), Missing, Missing]),
        Err(RecordError::NotANumber(1))
    );
    assert_eq!(
        run(&schema, &[Missing, Missing, Number(1), Missing]),
        Err(RecordError::NotAName(2))
    );
    for name in ["feb", "Fe", "Febr", "", "Jan\nFeb", "Feb\0"] {
        assert_eq!(
            run(&schema, &[Missing, Missing, Name(name), Missing]),
            Err(RecordError::UnknownName(2))
        );
    }
}

#[test]
fn fields_can_be_listed() {
    let (params, section) = sample();
    let names: Vec<&str> = record::fields(&params, &section).map(|f| f.name).collect();
    assert_eq!(names, ["amount", "age", "month", "visitor"]);
    let widths: Vec<usize> = record::fields(&params, &section)
        .map(|f| record::width(&f.kind))
        .collect();
    assert_eq!(widths, [2, 1, 3, 2]);
}

#[test]
fn check_refuses_bad_fields() {
    let good = power(0);
    let bad = [
        number(
            false,
            0,
            Scale {
                multiplier: -1,
                ..good
            },
            false,
        ),
        number(
            false,
            0,
            Scale {
                multiplier: 1,
                ..good
            },
            false,
        ),
        number(false, 0, Scale { shift: 31, ..good }, false),
        number(false, 0, Scale { shift: -32, ..good }, false),
        FieldKind::Number {
            decimals: 10,
            log: false,
            center: 0,
            scale: good,
            flag: false,
            one: 1,
        },
        FieldKind::Number {
            decimals: 1,
            log: false,
            center: 0,
            scale: good,
            flag: false,
            one: -1,
        },
        FieldKind::Category {
            names: "a",
            other: true,
            one: -128,
        },
        category("", false),
        category("a\n", false),
        category("\na", false),
        category("a\nb\na", false),
    ];
    for kind in bad {
        let schema = schema(&[("first", number(true, 0, good, true)), ("x", kind)]);
        assert_eq!(
            record::check(&schema.0, &schema.1),
            Err(FrontendError::Field(1)),
            "{kind:?}"
        );
    }
    let unnamed = schema(&[("", number(true, 0, good, true))]);
    assert_eq!(
        record::check(&unnamed.0, &unnamed.1),
        Err(FrontendError::Field(0))
    );
    let twice = schema(&[
        ("a", category("x", true)),
        ("b", category("x", true)),
        ("a", category("y", true)),
    ]);
    assert_eq!(
        record::check(&twice.0, &twice.1),
        Err(FrontendError::Field(2))
    );
}

#[test]
fn check_refuses_bad_shapes() {
    let (good, section) = sample();
    let check = |change: &dyn Fn(&mut RecordParams)| {
        let mut params = good;
        change(&mut params);
        record::check(&params, &section)
    };
    assert_eq!(check(&|p| p.output.c = 9), Err(FrontendError::Shape));
    assert_eq!(check(&|p| p.output.h = 2), Err(FrontendError::Shape));
    assert_eq!(check(&|p| p.max_steps = 0), Err(FrontendError::Shape));
    assert_eq!(
        check(&|p| p.output.zero_point = 1),
        Err(FrontendError::ZeroPoint)
    );
    assert_eq!(check(&|p| p.field_count = 0), Err(FrontendError::Shape));
    assert_eq!(check(&|p| p.field_count = 3), Err(FrontendError::Shape));
    assert_eq!(check(&|p| p.field_count = 5), Err(FrontendError::Field(4)));
    assert_eq!(check(&|p| p.fields.len -= 1), Err(FrontendError::Field(3)));
    assert_eq!(
        check(&|p| p.fields.offset = u32::MAX),
        Err(FrontendError::Field(0))
    );
}

#[test]
fn values_travel() {
    for value in [Value::Missing, Value::Number(-5), Value::Name("Feb")] {
        let mut buffer = [0; 16];
        let bytes = postcard::to_slice(&value, &mut buffer).unwrap();
        assert_eq!(postcard::from_bytes::<Value<'_>>(bytes), Ok(value));
    }
}

#[test]
fn garbled_sections_never_panic() {
    let mut rng = SplitMix64::new(2);
    let (params, section) = sample();
    let names = ["Feb", "New", "", "x"];
    for _ in 0..20_000 {
        let mut section = section.clone();
        for _ in 0..rng.between(0, 3) {
            let at = rng.between(0, section.len() as i64 - 1) as usize;
            section[at] = rng.next_u64() as u8;
        }
        section.truncate(rng.between(0, 2 * section.len() as i64) as usize);
        let mut params = params;
        params.field_count = rng.between(0, 6) as u8;
        params.fields.len = rng.between(0, 80) as u32;
        let values: Vec<Value<'_>> = (0..rng.between(0, 6))
            .map(|_| match rng.between(0, 2) {
                0 => Value::Missing,
                1 => Value::Number(rng.next_u64() as i32),
                _ => Value::Name(names[rng.between(0, 3) as usize]),
            })
            .collect();
        let mut output = vec![0; rng.between(0, 12) as usize];
        let _ = record::check(&params, &section);
        let _ = record::run(&params, &section, &values, &mut output);
    }
}
