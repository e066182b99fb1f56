//! What a person calls a serial port, and why it cannot be opened.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Error, Result, anyhow, ensure};
use serialport::{ErrorKind, SerialPortType};
use tillsense_compiler::text::brief;

/// Baud rate where none is given: that of the boards which ship.
pub const DEFAULT_BAUD: u32 = 115_200;
/// Baud rates: no board's file has a lower one, and no adapter a higher one.
const BAUDS: RangeInclusive<u32> = 300..=20_000_000;
/// Ports that are named in an error.
const MOST_LISTED: usize = 8;

/// A serial port as `PATH` or `PATH:BAUD`, such as `/dev/ttyACM0`, `/dev/ttyUSB1:9600` or `COM3:115200`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortName {
    /// The device's path or name.
    pub path: String,
    /// Bits a second.
    pub baud: u32,
}

impl FromStr for PortName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (path, baud) = match text.rsplit_once(':') {
            None => (text, DEFAULT_BAUD),
            Some((path, baud)) => {
                let read = baud.parse().ok().filter(|baud| BAUDS.contains(baud));
                let wrong = || {
                    anyhow!(
                        "`{}` is no baud rate from {} to {}; PORT or PORT:BAUD is expected, as in {path}:{DEFAULT_BAUD}",
                        brief(baud),
                        BAUDS.start(),
                        BAUDS.end()
                    )
                };
                (path, read.ok_or_else(wrong)?)
            }
        };
        ensure!(
            !path.is_empty(),
            "a port has a name, as in /dev/ttyACM0:{DEFAULT_BAUD} or COM3"
        );
        Ok(PortName {
            path: path.to_owned(),
            baud,
        })
    }
}

impl Display for PortName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} baud", brief(&self.path), self.baud)
    }
}

/// Why a port cannot be opened, and what to do.
pub(super) fn refusal(name: &PortName, error: &serialport::Error) -> Error {
    let path = brief(&name.path);
    let is_there = Path::new(&name.path).exists() || listed().any(|(port, _)| port == name.path);
    match error.kind {
        ErrorKind::Io(io::ErrorKind::NotFound) => no_such(&path),
        ErrorKind::NoDevice if !is_there => no_such(&path),
        ErrorKind::NoDevice => anyhow!(
            "{path} is busy: another program has it open (a serial monitor, or another `tillsense`); close that first"
        ),
        ErrorKind::Io(io::ErrorKind::PermissionDenied) => anyhow!(
            "no permission to open {path}: add yourself to the group that owns it (`ls -l {path}` shows it, `dialout` on most systems), \
             as in `sudo usermod -aG dialout $USER`, and log in again"
        ),
        // What the system says of a file that is no terminal (ENOTTY), with two libraries of C.
        _ if ["Not a typewriter", "Inappropriate ioctl"]
            .iter()
            .any(|words| error.description.contains(words)) =>
        {
            anyhow!("{path} is no serial port")
        }
        _ => anyhow!("{path} cannot be opened at {} baud: {error}", name.baud),
    }
}

fn no_such(path: &str) -> Error {
    let mut all: Vec<_> = listed()
        .map(|(port, what)| match what {
            Some(what) => format!("{} ({})", brief(port), brief(what)),
            None => brief(port),
        })
        .collect();
    all.sort();
    let more = all.len().saturating_sub(MOST_LISTED);
    all.truncate(MOST_LISTED);
    let others = match (all.is_empty(), more) {
        (true, _) => "this machine has none; is the board plugged in?".to_owned(),
        (false, 0) => format!("there are {}", all.join(", ")),
        (false, more) => format!("there are {} and {more} more", all.join(", ")),
    };
    anyhow!("no serial port {path}; {others}")
}

/// The ports that there are, with the names that USB devices give themselves.
fn listed() -> impl Iterator<Item = (String, Option<String>)> {
    let all = serialport::available_ports().unwrap_or_default();
    all.into_iter().map(|port| {
        let what = match port.port_type {
            SerialPortType::UsbPort(usb) => usb.product.or(usb.manufacturer),
            _ => None,
        };
        (port.port_name, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_a_speed() {
        let cases = [
            ("/dev/ttyACM0", "/dev/ttyACM0", 115_200),
            ("/dev/ttyUSB1:9600", "/dev/ttyUSB1", 9600),
            ("COM3", "COM3", 115_200),
            ("COM3:921600", "COM3", 921_600),
            (
                "/dev/serial/by-path/pci-0:1.0-port0:115200",
                "/dev/serial/by-path/pci-0:1.0-port0",
                115_200,
            ),
        ];
        for (text, path, baud) in cases {
            let path = path.to_owned();
            assert_eq!(text.parse::<PortName>().unwrap(), PortName { path, baud });
        }
        for text in [
            "",
            ":9600",
            "/dev/ttyACM0:",
            "COM3:fast",
            "COM3:0",
            "COM3:-1",
            "COM3:99999999999",
        ] {
            assert!(text.parse::<PortName>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_port_is_told() {
        let told = |path: &str| {
            let name = path.parse().unwrap();
            crate::serial::Serial::open(&name).unwrap_err().to_string()
        };
        assert!(told("/dev/ttyNOWHERE").starts_with("no serial port /dev/ttyNOWHERE; th"));
        let file = tempfile::NamedTempFile::new().unwrap();
        let told = told(file.path().to_str().unwrap());
        assert!(told.ends_with(" is no serial port"), "{told}");
    }
}
