//! The program `engine`: see `tillsense_firmware::programs::engine`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::engine::run);
