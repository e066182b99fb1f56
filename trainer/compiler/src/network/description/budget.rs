//! What a model may take of a terminal: the section `[budget]` of a description, and the option `--budget`.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Limits of a model's resources; a field without a value is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Limit of the model file in bytes of flash.
    #[serde(deserialize_with = "amount")]
    pub flash: Option<u64>,
    /// Limit of the arena in bytes.
    #[serde(deserialize_with = "amount")]
    pub arena: Option<u64>,
    /// Limit of instructions of one inference with every input at its longest.
    #[serde(deserialize_with = "amount")]
    pub instructions: Option<u64>,
}

/// Suffixes of amounts, each with its factor.
const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("k", 1_000),
    ("M", 1_000_000),
];

impl Budget {
    /// Whether no resource is limited.
    pub const fn is_empty(&self) -> bool {
        self.flash.is_none() && self.arena.is_none() && self.instructions.is_none()
    }

    /// These limits, with those of `other` where a field has none here.
    pub fn or(self, other: Budget) -> Budget {
        Budget {
            flash: self.flash.or(other.flash),
            arena: self.arena.or(other.arena),
            instructions: self.instructions.or(other.instructions),
        }
    }
}

impl FromStr for Budget {
    type Err = String;

    /// Parses limits such as `flash=24k,arena=8k,instructions=1.5M`; each of the three may be left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut budget = Budget::default();
        for limit in text.split(',').map(str::trim) {
            let (what, value) = limit
                .split_once('=')
                .ok_or_else(|| format!("`{limit}` limits nothing; write for example flash=24k"))?;
            let place = match what.trim() {
                "flash" => &mut budget.flash,
                "arena" => &mut budget.arena,
                "instructions" => &mut budget.instructions,
                other => {
                    return Err(format!(
                        "`{other}` cannot be limited; flash, arena and instructions can"
                    ));
                }
            };
            if place.replace(parse_amount(value.trim())?).is_some() {
                return Err(format!("{} is limited twice", what.trim()));
            }
        }
        Ok(budget)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = [
            ("flash", self.flash),
            ("arena", self.arena),
            ("instructions", self.instructions),
        ];
        let limits = limits
            .into_iter()
            .filter_map(|(what, limit)| Some((what, limit?)));
        let limits: Vec<_> = limits
            .map(|(what, limit)| format!("{what}={limit}"))
            .collect();
        f.write_str(&limits.join(","))
    }
}

/// Parses a whole number above 0, perhaps with a decimal point and one of [`UNITS`].
fn parse_amount(text: &str) -> Result<u64, String> {
    let fault = || {
        format!(
            "`{text}` is no amount; write for example 24000, 24k (1,000 each), 24Ki (1,024 each) or 1.5M"
        )
    };
    let unit = UNITS.iter().find(|(unit, _)| text.ends_with(unit));
    let (digits, unit) = unit.map_or((text, 1), |(name, unit)| {
        (&text[..text.len() - name.len()], *unit)
    });
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.is_empty() || part.is_empty() || part.len() > 6 || !plain(whole) || !plain(part) {
        return Err(fault());
    }
    let parts = 10u64.pow(part.len() as u32);
    let number = || -> Option<u64> {
        let scaled = whole
            .parse::<u64>()
            .ok()?
            .checked_mul(parts)?
            .checked_add(part.parse().ok()?)?
            .checked_mul(unit)?;
        (scaled >= parts && scaled.is_multiple_of(parts)).then_some(scaled / parts)
    };
    number().ok_or_else(fault)
}

/// Deserialises a limit: a number, or a text for [`parse_amount`].
fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    struct Amount;

    impl Visitor<'_> for Amount {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an amount such as 24000, \"24k\" or \"24Ki\"")
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
            self.visit_str(&value.to_string())
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
            self.visit_str(&value.to_string())
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<u64, E> {
            parse_amount(value).map_err(E::custom)
        }
    }

    from.deserialize_any(Amount).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_limits() {
        let limits = |flash, arena, instructions| Budget {
            flash,
            arena,
            instructions,
        };
        let cases = [
            (
                "flash=24k,arena=8k,instructions=1.5M",
                limits(Some(24_000), Some(8_000), Some(1_500_000)),
            ),
            ("flash=24Ki", limits(Some(24_576), None, None)),
            (
                "flash=24KiB , arena = 1.5KiB",
                limits(Some(24_576), Some(1_536), None),
            ),
            ("arena=348", limits(None, Some(348), None)),
            ("instructions=2MiB", limits(None, None, Some(2 << 20))),
            ("flash=0.5kB", limits(Some(500), None, None)),
            ("flash=1MB", limits(Some(1_000_000), None, None)),
        ];
        for (text, wanted) in cases {
            assert_eq!(text.parse(), Ok(wanted), "{text}");
            assert_eq!(wanted.to_string().parse(), Ok(wanted), "{wanted}");
        }
    }

    #[test]
    fn refuses_what_is_no_limit() {
        let cases = [
            ("", "limits nothing"),
            ("flash", "limits nothing"),
            ("ram=8k", "`ram` cannot be limited"),
            ("flash=1k,flash=2k", "limited twice"),
            ("flash=", "no amount"),
            ("flash=0", "no amount"),
            ("flash=-3", "no amount"),
            ("flash=1.0005k", "no amount"),
            ("flash=.5k", "no amount"),
            ("flash=2g", "no amount"),
            ("flash=2kk", "no amount"),
            ("flash=99999999999999999999", "no amount"),
        ];
        for (text, wanted) in cases {
            let error = text.parse::<Budget>().unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn limits_of_the_command_line_win() {
        let (line, section): (Budget, Budget) = (
            "flash=1k".parse().unwrap(),
            "flash=2k,arena=3k".parse().unwrap(),
        );
        assert_eq!(line.or(section).to_string(), "flash=1000,arena=3000");
        assert!(Budget::default().is_empty() && !line.is_empty());
    }
}
