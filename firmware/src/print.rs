//! Text on the board's UART.

use core::fmt;

use crate::board;

/// The board's UART as a writer of text.
#[derive(Clone, Copy, Debug)]
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(board::write);
        Ok(())
    }
}

/// Prints a line on the board's UART.
macro_rules! say {
    ($($arguments:tt)*) => {{
        use core::fmt::Write as _;
        // The UART never refuses a byte.
        let _ = writeln!($crate::print::Console, $($arguments)*);
    }};
}
