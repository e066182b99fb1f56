//! Firmware in C: the library as a person gets it, the program of `examples/c/bare` built around it by CMake, run in QEMU, and every
//! score byte compared with this machine's. A missing tool is installed after saying so, or is an error that names the command.

mod layouts;
mod program;
mod room;
mod size;
