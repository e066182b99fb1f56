//! Decimal text to scaled integers, exactly and without floats.

use super::error::Problem;

/// `text * 10^decimals`, rounded to the nearest integer, halves away from zero.
///
/// The form is `[+-] digits [. digits]` with at least one digit; exponents, `NaN` and infinities are refused.
pub(crate) fn scaled(text: &str, decimals: u8) -> Result<i32, Problem> {
    let not_a_number = || Problem::NotANumber(text.to_owned());
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let point = digits.iter().position(|&byte| byte == b'.');
    let whole = &digits[..point.unwrap_or(digits.len())];
    let fraction = point.map_or(&[][..], |at| &digits[at + 1..]);
    let all = || whole.iter().chain(fraction);
    if all().next().is_none() || !all().all(u8::is_ascii_digit) {
        return Err(not_a_number());
    }

    let kept = usize::from(decimals);
    let padding = core::iter::repeat_n(&b'0', kept.saturating_sub(fraction.len()));
    let mut value: i64 = 0;
    for digit in whole.iter().chain(fraction.iter().take(kept)).chain(padding) {
        // Saturation is far outside i32, so the range check below still sees it.
        value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    }
    value = value.saturating_add(i64::from(fraction.get(kept).is_some_and(|&digit| digit >= b'5')));
    i32::try_from(if negative { -value } else { value })
        .map_err(|_| Problem::OutOfRange(text.to_owned()))
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
            ("2147483647", 0, i32::MAX),
            ("-2147483648", 0, i32::MIN),
        ] {
            assert_eq!(scaled(text, decimals).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number() {
        for text in ["", "-", ".", "NaN", "inf", "1e3", "1,5", "1.2.3", " 1", "0x10", "--1", "\u{663}"] {
            assert!(matches!(scaled(text, 2), Err(Problem::NotANumber(_))), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit() {
        for text in ["2147483648", "-2147483649", "99999999999999999999999999999999"] {
            assert!(matches!(scaled(text, 0), Err(Problem::OutOfRange(_))), "{text}");
        }
        assert!(matches!(scaled("21474837", 2), Err(Problem::OutOfRange(_))));
    }
}
