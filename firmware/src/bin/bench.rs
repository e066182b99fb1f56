//! The program `bench`: see `tillsense_firmware::programs::bench`.
#![cfg_attr(target_os = "none", no_std, no_main)]

tillsense_firmware::start!(tillsense_firmware::programs::bench::run);
