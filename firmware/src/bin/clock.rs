//! The program `clock`: see `tillsense_firmware::programs::clock`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::clock::run);
