//! Parses decimal text to scaled integers, exactly and without floats.

use super::error::Problem;

/// Limit of exponents.
const MOST_EXPONENT: i32 = 99;

/// Parses `text * 10^decimals`, rounded to the nearest integer, halves away from zero.
///
/// The form is `[+-] digits [. digits] [e [+-] digits]` with at least one digit before the exponent, which the published shop
/// data use for small rates (`9.83E-05`). `NaN` and infinities are refused.
pub(crate) fn scaled(text: &str, decimals: u8) -> Result<i32, Problem> {
    let value = wide(text, decimals)?;
    i32::try_from(value).map_err(|_| Problem::OutOfRange(text.to_owned()))
}

/// As [`scaled`], in 64 bits; what does not fit becomes the largest number or its negative.
pub(crate) fn wide(text: &str, decimals: u8) -> Result<i64, Problem> {
    let not_a_number = || Problem::NotANumber(text.to_owned());
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let e = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let mantissa = &unsigned[..e.unwrap_or(unsigned.len())];
    let exponent = match e {
        Some(at) => exponent(&unsigned[at + 1..]).ok_or_else(not_a_number)?,
        None => 0,
    };
    let point = mantissa
        .iter()
        .position(|&byte| byte == b'.')
        .unwrap_or(mantissa.len());
    let fraction = mantissa.get(point + 1..).unwrap_or_default();
    let digits: Vec<u8> = [&mantissa[..point], fraction].concat();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(not_a_number());
    }

    // The first `kept` digits, with zeros behind them where there are fewer, are the integer; the next one rounds it.
    let kept = point as i64 + i64::from(exponent) + i64::from(decimals);
    let digit = |at: i64| {
        usize::try_from(at)
            .ok()
            .and_then(|at| digits.get(at))
            .map_or(0, |d| d - b'0')
    };
    let mut value: i64 = 0;
    for at in 0..kept {
        // Saturation is far outside i32, so that its range check still sees it.
        value = value
            .saturating_mul(10)
            .saturating_add(i64::from(digit(at)));
    }
    value = value.saturating_add(i64::from(digit(kept) >= 5));
    Ok(if negative { -value } else { value })
}

fn exponent(text: &[u8]) -> Option<i32> {
    let text = core::str::from_utf8(text).ok()?;
    text.parse()
        .ok()
        .filter(|exponent: &i32| exponent.abs() <= MOST_EXPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, decimals, wanted) in [
            ("0", 0, 0),
            ("12", 0, 12),
            ("12", 2, 1200),
            ("-12.345", 2, -1235),
            ("12.344999", 2, 1234),
            ("0.200000000", 6, 200_000),
            ("0.5", 0, 1),
            ("-0.5", 0, -1),
            ("+.25", 1, 3),
            ("7.", 1, 70),
            ("-0", 3, 0),
            ("20000.0", 0, 20_000),
            ("9.83E-05", 6, 98),
            ("9.85e-05", 6, 99),
            ("1.5e3", 0, 1500),
            ("-25e+1", 1, -2500),
            ("5e-1", 0, 1),
            ("5e-2", 0, 0),
            ("99e-99", 9, 0),
            ("0e99", 9, 0),
            ("2147483647", 0, i32::MAX),
            ("-2147483648", 0, i32::MIN),
        ] {
            assert_eq!(scaled(text, decimals).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number() {
        for text in [
            "", "-", ".", "NaN", "inf", "1e", "e3", "1e3.5", "1e100", "1e1e1", "1,5", "1.2.3",
            " 1", "0x10", "--1", "\u{663}",
        ] {
            assert!(
                matches!(scaled(text, 2), Err(Problem::NotANumber(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn what_does_not_fit() {
        for text in [
            "2147483648",
            "-2147483649",
            "99999999999999999999999999999999",
            "1e99",
        ] {
            assert!(
                matches!(scaled(text, 0), Err(Problem::OutOfRange(_))),
                "{text}"
            );
        }
        assert!(matches!(scaled("21474837", 2), Err(Problem::OutOfRange(_))));
    }
}
