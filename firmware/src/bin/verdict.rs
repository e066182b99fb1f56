//! The program `verdict`: see `tillsense_firmware::programs::verdict`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::verdict::run);
