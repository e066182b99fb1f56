//! Nothing of the user's environment but the toolchain changes a firmware image: each case builds one in a process of its
//! own, under settings that would change or break it, and compares all bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tillsense_device::toolchain::build_firmware;
use tillsense_tests::board;

/// Builds an image and tells where it is; the other tests run this in a process of its own.
#[test]
#[ignore = "run by the other tests"]
fn build_clock() {
    println!(
        "image {}",
        build_firmware(board(BOARD), "clock").unwrap().display()
    );
}

/// The image that a command builds, and its bytes.
fn image(command: &mut Command) -> Result<(PathBuf, Vec<u8>), String> {
    command.args(["--ignored", "--exact", "build_clock", "--nocapture"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    // The test's name may stand in front of it.
    let path = said.lines().find_map(|line| line.split_once("image "));
    let Some((_, path)) = path else {
        return Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    };
    Ok((PathBuf::from(path), fs::read(path).unwrap()))
}

fn this() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// Removes what was built of the firmware, but not the crates that it uses.
fn forget(image: &Path) {
    let builds = image
        .ancestors()
        .nth(2)
        .unwrap()
        .join(board(BOARD).target)
        .join("firmware");
    for folder in [".fingerprint", "deps"] {
        for entry in fs::read_dir(builds.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if !name.starts_with("tillsense-firmware") && !name.contains("tillsense_firmware") {
                continue;
            }
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
    }
}

/// A hostile environment: variables and configurations.
#[derive(Default)]
struct Hostile {
    name: &'static str,
    /// The configuration in a folder above the one where the command runs.
    parent: &'static str,
    /// The configuration in cargo's home.
    home: &'static str,
    variables: &'static [(&'static str, &'static str)],
}

/// The board whose image is built.
const BOARD: &str = "microbit";
const TARGET: &str = "thumbv6m-none-eabi";

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn cases() -> Vec<Hostile> {
    assert_eq!(board(BOARD).target, TARGET);
    let none = Hostile::default;
    vec![
        Hostile {
            name: "flags in a parent",
            parent: "[build]\nrustflags = ['-Copt-level=1', '-Cforce-frame-pointers=yes']",
            ..none()
        },
        Hostile {
            name: "flags of the target in the home",
            home: "[target.thumbv6m-none-eabi]\nrustflags = ['-Copt-level=0']\n[target.'cfg(all())']\nrustflags = ['-Cno-such']",
            ..none()
        },
        Hostile {
            name: "a linker and a runner",
            parent: "[target.thumbv6m-none-eabi]\nlinker = 'no-such-linker'\nrunner = 'false'",
            home: "[target.thumbv6m-none-eabi]\nlinker = 'no-such-linker'",
            ..none()
        },
        Hostile {
            name: "wrappers",
            parent: "[build]\nrustc-wrapper = 'false'",
            home: "[build]\nrustc-workspace-wrapper = 'false'\nrustc = 'false'",
            ..none()
        },
        Hostile {
            name: "profiles",
            parent: "[profile.firmware]\ninherits = 'release'\nopt-level = 3\nlto = false",
            home: "[profile.firmware.package.tillsense-core]\nopt-level = 0\n[profile.release]\noverflow-checks = true",
            ..none()
        },
        Hostile {
            name: "sources and patches",
            parent: "[source.crates-io]\nreplace-with = 'nowhere'\n[source.nowhere]\ndirectory = '/nowhere'",
            home: "[patch.crates-io]\nserde = { path = '/nowhere' }\n[net]\noffline = true",
            ..none()
        },
        Hostile {
            name: "variables of a configuration, another target",
            parent: "[build]\ntarget = 'x86_64-unknown-linux-gnu'\nincremental = true\ntarget-dir = 'elsewhere'",
            home: "[env]\nCARGO_ENCODED_RUSTFLAGS = { value = '-Copt-level=0', force = true }\nTARGET = { value = 'none', force = true }",
            ..none()
        },
        Hostile {
            name: "no configuration at all",
            parent: "this is not TOML",
            home: "nor this",
            ..none()
        },
        Hostile {
            name: "flags in variables",
            variables: &[
                ("RUSTFLAGS", "-Copt-level=0"),
                ("CARGO_ENCODED_RUSTFLAGS", "-Cno-such"),
                ("CARGO_BUILD_RUSTFLAGS", "-Cno-such"),
                ("CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS", "-Copt-level=1"),
            ],
            ..none()
        },
        Hostile {
            name: "incremental builds",
            variables: &[
                ("CARGO_INCREMENTAL", "1"),
                ("CARGO_BUILD_INCREMENTAL", "true"),
            ],
            ..none()
        },
        Hostile {
            name: "profiles in variables",
            variables: &[
                ("CARGO_PROFILE_FIRMWARE_OPT_LEVEL", "3"),
                ("CARGO_PROFILE_FIRMWARE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_DEBUG", "2"),
            ],
            ..none()
        },
        Hostile {
            name: "tools in variables",
            variables: &[
                ("RUSTC", "false"),
                ("RUSTC_WRAPPER", "false"),
                ("RUSTC_WORKSPACE_WRAPPER", "false"),
                ("CARGO_BUILD_RUSTC_WRAPPER", "false"),
                ("CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER", "false"),
                ("RUSTC_BOOTSTRAP", "1"),
            ],
            ..none()
        },
        Hostile {
            name: "folders in variables",
            variables: &[
                ("CARGO_TARGET_DIR", "/nowhere"),
                ("CARGO_BUILD_TARGET_DIR", "/nowhere"),
                ("CARGO_BUILD_TARGET", "nothing"),
                ("CARGO_MANIFEST_DIR", "/nowhere"),
                ("TILLSENSE_SOURCE", "/nowhere"),
                ("SOURCE_DATE_EPOCH", "1"),
            ],
            ..none()
        },
    ]
}

/// A folder with a hostile home for cargo and a hostile configuration above the folder `inner/work`.
fn room(case: &Hostile) -> tempfile::TempDir {
    let room = tempfile::tempdir().unwrap();
    let place = |name: &str| room.path().join(name);
    fs::create_dir_all(place("inner/work")).unwrap();
    for (folder, text) in [(".cargo", case.parent), ("home", case.home)] {
        fs::create_dir_all(place(folder)).unwrap();
        fs::write(place(folder).join("config.toml"), text).unwrap();
    }
    // The room shares the crates that are there already.
    std::os::unix::fs::symlink(cargo_home().join("registry"), place("home/registry")).unwrap();
    room
}

fn cargo_home() -> PathBuf {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cargo"))
}

#[test]
fn an_image_has_the_same_bytes_under_hostile_settings() {
    let (path, wanted) = image(&mut Command::new(this())).unwrap();
    let mut failures = Vec::new();
    for case in cases() {
        let room = room(&case);
        forget(&path);
        let mut command = Command::new(this());
        command.current_dir(room.path().join("inner/work"));
        command.env("CARGO_HOME", room.path().join("home"));
        command.envs(case.variables.iter().copied());
        match image(&mut command) {
            Ok((_, bytes)) if bytes == wanted => {}
            Ok(_) => failures.push(format!("{}: other bytes", case.name)),
            Err(said) => failures.push(format!("{}: {said}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_installed_command_builds_the_same_bytes_in_another_folder() {
    let (_, wanted) = image(&mut Command::new(this())).unwrap();
    // The command runs alone: there is no tree around it, and its cache is empty.
    let room = tempfile::tempdir().unwrap();
    let installed = room.path().join("bin/command");
    fs::create_dir_all(installed.parent().unwrap()).unwrap();
    fs::copy(this(), &installed).unwrap();
    let cache = room.path().join("cache");
    let mut command = Command::new(&installed);
    command
        .current_dir(room.path())
        .env("XDG_CACHE_HOME", &cache);
    let (path, bytes) = image(&mut command).unwrap();
    assert_eq!(
        path,
        cache.join("tillsense/firmware/images/microbit-clock.elf")
    );
    assert!(bytes == wanted, "other bytes than in the tree");
    // Cargo shortened the lock file, and took no other versions.
    let lock = |path: PathBuf| fs::read_to_string(path).unwrap();
    let short = lock(cache.join("tillsense/firmware/source/Cargo.lock"));
    let whole = lock(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"));
    let crates = |lock: &str| -> Vec<[String; 3]> {
        let entries = lock.split("[[package]]").skip(1);
        let line = |entry: &str, key| {
            entry
                .lines()
                .find(|line| line.starts_with(key))
                .map_or(String::new(), str::to_owned)
        };
        entries
            .map(|entry| ["name", "version", "checksum"].map(|key| line(entry, key)))
            .collect()
    };
    let (short, whole) = (crates(&short), crates(&whole));
    assert!(short.len() > 10 && short.len() < whole.len());
    assert!(short.iter().all(|entry| whole.contains(entry)), "{short:?}");
}
