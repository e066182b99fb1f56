//! The program `terminal`: see `tillsense_firmware::programs::terminal`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::terminal::run);
