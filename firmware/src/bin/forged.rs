//! The program `forged`: see `tillsense_firmware::programs::forged`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::forged::run);
