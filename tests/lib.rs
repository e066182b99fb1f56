//! End-to-end tests, in `tests/`: real QEMU processes with time limits, nothing skipped. A missing tool is installed after saying so,
//! or is an error that names the command.
//!
//! | program | checks |
//! |---|---|
//! | `presets` | every preset from synthetic data to the same score bytes on four boards; any inputs missing |
//! | `boards` | the link on every board: order, bad frames, refusals with figures, counts |
//! | `server` | the same server on the host, with every bad input there is |
//! | `parity` | every op against its oracle on the boards, digests equal to the host's |
//! | `image` | no allocator, float text or panics in the terminal's image; its size |
//! | `alone` | the `verdict` program on inputs built into it |
