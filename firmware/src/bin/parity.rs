//! The program `parity`: see `tillsense_firmware::programs::parity`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::parity::run);
