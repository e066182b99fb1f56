//! What a person says about the ends of a network: names of classes, and pictures in place of tensors.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, anyhow, bail, ensure};

use super::error::ImportError;
use super::net::{Net, TensorId};
use crate::network::graph::Quant;
use crate::text::brief;
use crate::words::{grouped, meant};

/// Most classes of a file of names.
const MOST_CLASSES: usize = 10_000;
/// Bytes of the longest name of a class.
const MOST_NAME: usize = 200;

/// What is said about the ends of a network.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// Names of the classes of outputs.
    pub labels: Vec<Labels>,
    /// Inputs that take pictures.
    pub pictures: Vec<Pictures>,
}

/// The names of an output's classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The output; `None` of the only one.
    pub output: Option<String>,
    /// The names, in the order of the output's values.
    pub classes: Vec<String>,
}

/// An input that takes pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// The input; `None` of the only one.
    pub input: Option<String>,
    /// Values of a pixel: 1 or 3.
    pub channels: u8,
    /// What real value a pixel's value is.
    pub normalise: Normalise,
}

/// What real value a pixel's value from 0 to 255 is for a network, in single precision as a script computes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Normalise {
    /// The value itself.
    Bytes,
    /// `value / 255`.
    Unit,
    /// `value / 127.5 - 1`.
    Symmetric,
    /// `(value - mean) / deviation`.
    Standard {
        /// What is taken away.
        mean: f32,
        /// What is divided by.
        deviation: f32,
    },
}

impl Labels {
    /// The names in a text, one a line. Empty lines at the end are none; elsewhere they would move all names behind them.
    pub fn parse(output: Option<String>, text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
        let classes: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        let count = classes.len();
        ensure!(
            (2..=MOST_CLASSES).contains(&count) && !text.is_empty(),
            "has {} names of classes; write 2 to {}, one a line",
            if text.is_empty() { 0 } else { count },
            grouped(MOST_CLASSES)
        );
        for (number, name) in (1..).zip(&classes) {
            ensure!(
                !name.is_empty(),
                "line {number}: is empty, and every line names a class; take it away"
            );
            ensure!(
                name.len() <= MOST_NAME && !name.contains(char::is_control),
                "line {number}: `{}` is longer than {MOST_NAME} bytes, or holds what cannot be shown; name the class otherwise",
                brief(name)
            );
        }
        let mut sorted: Vec<(&String, usize)> = classes.iter().zip(1..).collect();
        sorted.sort();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            bail!(
                "line {}: `{}` is the name of line {}, too; classes have different names",
                pair[1].1,
                brief(pair[1].0),
                pair[0].1
            );
        }
        Ok(Labels { output, classes })
    }
}

impl FromStr for Normalise {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "0..1" => return Ok(Normalise::Unit),
            "-1..1" => return Ok(Normalise::Symmetric),
            "0..255" => return Ok(Normalise::Bytes),
            _ => {}
        }
        let numbers = text
            .split_once(',')
            .and_then(|(mean, deviation)| Some((mean.parse().ok()?, deviation.parse().ok()?)));
        match numbers {
            Some((mean, deviation)) if f32::is_finite(mean) && f32::is_normal(deviation) => {
                Ok(Normalise::Standard { mean, deviation })
            }
            _ => Err(anyhow!(
                "`{}`: write 0..1, -1..1, 0..255, or MEAN,DEVIATION of values from 0 to 255",
                brief(text)
            )),
        }
    }
}

impl Normalise {
    /// The stored value of each value of a pixel, as QUANTIZE makes it of the real one.
    pub fn table(self, quant: Quant) -> [i8; 256] {
        std::array::from_fn(|value| stored(self.real(value as u8), quant))
    }

    fn real(self, value: u8) -> f32 {
        let value = f32::from(value);
        match self {
            Normalise::Bytes => value,
            Normalise::Unit => value / 255.0,
            Normalise::Symmetric => value / 127.5 - 1.0,
            Normalise::Standard { mean, deviation } => (value - mean) / deviation,
        }
    }
}

impl fmt::Display for Normalise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Normalise::Bytes => f.write_str("0..255"),
            Normalise::Unit => f.write_str("0..1"),
            Normalise::Symmetric => f.write_str("-1..1"),
            Normalise::Standard { mean, deviation } => write!(f, "{mean},{deviation}"),
        }
    }
}

/// The stored value of a real one, as QUANTIZE makes it: in single precision, halves away from zero.
pub fn stored(real: f32, quant: Quant) -> i8 {
    let steps = (real / quant.scale).round();
    // Beyond single precision's integers nothing is left to round.
    (f64::from(steps) + f64::from(quant.zero_point)).clamp(-128.0, 127.0) as i8
}

/// Which of several ends is meant by a name, or without one where there is one end.
pub(super) fn find(
    option: &str,
    given: Option<&str>,
    names: &[String],
) -> Result<usize, ImportError> {
    let all = || names.join(", ");
    match (given, names) {
        (None, [_]) => Ok(0),
        (None, _) => Err(ImportError::Net(format!(
            "{option}: the network has several ({}); write {option} NAME=...",
            all()
        ))),
        (Some(name), _) => names.iter().position(|own| own == name).ok_or_else(|| {
            let meant = meant(name, names.iter().map(String::as_str));
            ImportError::Net(format!(
                "{option}: the network has no `{}`, but {}{meant}",
                brief(name),
                all()
            ))
        }),
    }
}

/// Rows, columns and channels of a picture that a tensor holds.
pub(super) fn picture(net: &Net<'_>, input: TensorId) -> Option<[usize; 3]> {
    match &net.tensors[input].shape[..] {
        [1, h, w, c @ (1 | 3)] => Some([*h, *w, *c]),
        [1, h, w] => Some([*h, *w, 1]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_are_read_line_by_line() {
        let labels = Labels::parse(None, "\u{feff}yes\r\n no \nmaybe\n\n").unwrap();
        assert_eq!(labels.classes, ["yes", "no", "maybe"]);
        for (text, word) in [
            ("", "has 0 names"),
            ("one\n", "has 1 names"),
            ("a\n\nb\n", "line 2: is empty"),
            ("a\nb\nc\nb\n", "line 4: `b` is the name of line 2"),
            ("a\nb\u{7}\n", "line 2"),
        ] {
            let error = Labels::parse(None, text).unwrap_err().to_string();
            assert!(error.contains(word), "{text:?}: {error}");
        }
    }

    #[test]
    fn pixels_are_stored_as_quantize_stores_real_values() {
        let quant = |scale, zero_point| Quant { scale, zero_point };
        // By hand: 255 / 255 in steps of 1/255 from -128, the same of bytes, and of -1 to 1 in steps of 1/128.
        let exact: [i8; 256] = std::array::from_fn(|value| (value as i32 - 128) as i8);
        assert_eq!(Normalise::Unit.table(quant(1.0 / 255.0, -128)), exact);
        assert_eq!(Normalise::Bytes.table(quant(1.0, -128)), exact);
        let table = Normalise::Symmetric.table(quant(1.0 / 128.0, 0));
        assert_eq!((table[0], table[255]), (-128, 127));
        // (0 - 100) / 50 = -2 and (125 - 100) / 50 = 0.5, of which half a step is rounded away from zero.
        let standard: Normalise = "100,50".parse().unwrap();
        let table = standard.table(quant(1.0, 0));
        assert_eq!((table[0], table[125], table[75]), (-2, 1, -1));
        for wrong in ["", "1", "1,0", "a,b", "nan,1", "0...1"] {
            assert!(wrong.parse::<Normalise>().is_err(), "{wrong}");
        }
    }
}
