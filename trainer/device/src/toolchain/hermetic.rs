//! Hermetic cargo: nothing of the user's environment but the toolchain reaches an image.
//!
//! Cargo reads settings from variables, from `.cargo/config.toml` in the folder where it starts and in all folders above, and
//! from its home. Lists in them are joined with those of the command line, so a command line cannot overrule them for certain.
//! Therefore cargo starts in the root of the file system, with a home of its own that shares only the downloaded crates, and with
//! the variables named here. Variables also overrule what a configuration in the root might say, as far as they reach.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result};
use tillsense_compiler::files;
use toml_edit::DocumentMut;

use crate::toolchain::Said;

/// Variables that say where the toolchain is, and how to reach the network.
const KEPT: [&str; 26] = [
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_AUTO_INSTALL",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "CARGO_HTTP_PROXY",
    "CARGO_HTTP_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    // These are needed to link what runs on a Mac or on Windows: macros and build scripts.
    "DEVELOPER_DIR",
    "SDKROOT",
    "SYSTEMROOT",
    "USERPROFILE",
];

/// Tables of the user's configuration that say where crates come from: the lock file's digests say what is in them.
const TRANSPORT: [&str; 3] = ["source", "http", "net"];

/// Rust's name of this machine.
pub(super) const HOST: &str = env!("TILLSENSE_HOST");

/// A command of the toolchain, started in the root folder with only the variables in [`KEPT`].
pub(super) fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    let kept = KEPT
        .iter()
        .filter_map(|name| Some((name, env::var_os(name)?)));
    command
        .env_clear()
        .envs(kept)
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

/// Cargo with a home of its own.
pub(super) struct Cargo {
    /// Folder of the workspace.
    source: PathBuf,
    home: PathBuf,
    /// Home of the user's cargo, which holds its configuration and the downloaded crates.
    shared: PathBuf,
}

impl Cargo {
    /// Cargo for the workspace in `source`; the folder `home` is made where there is none.
    pub(super) fn new(source: PathBuf, home: PathBuf) -> Result<Self> {
        let shared = env::var_os("CARGO_HOME").map(PathBuf::from);
        let shared = shared.or_else(|| Some(env::home_dir()?.join(".cargo")));
        let shared = shared.context("no folder of cargo: set HOME or CARGO_HOME")?;
        let cargo = Cargo {
            source,
            home,
            shared: std::path::absolute(shared)?,
        };
        let made = fs::create_dir_all(&cargo.home).and_then(|()| fs::create_dir_all(&cargo.shared));
        made.with_context(|| format!("cannot create {}", cargo.home.display()))?;
        // The home shares the crates, and the lock by which processes take turns in downloading.
        cargo.share("registry");
        cargo.share(".package-cache");
        Ok(cargo)
    }

    /// Links one entry of the user's home into this one; where that does not work, cargo makes an entry of its own.
    fn share(&self, name: &str) {
        let (there, here) = (self.shared.join(name), self.home.join(name));
        if fs::read_link(&here).is_ok_and(|now| now == there) {
            return;
        }
        // Only a link is replaced; a file or folder with this name stays.
        if here.is_symlink() && fs::remove_file(&here).is_err() {
            return;
        }
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink(there, here);
    }

    /// A cargo command for the workspace and target, with these flags for the target's compiler.
    pub(super) fn command(&self, name: &str, target: &str, rustflags: &[&str]) -> Command {
        let mut cargo = tool("cargo");
        cargo.arg(name).arg("--quiet").args(["--target", target]);
        cargo
            .arg("--manifest-path")
            .arg(self.source.join("Cargo.toml"));
        let linker = format!(
            "CARGO_TARGET_{}_LINKER",
            target.to_uppercase().replace(['-', '.'], "_")
        );
        // This machine's build scripts are linked by its own linker, which cargo would not tell from one for a target of this name.
        if target != HOST {
            cargo.env(linker, "rust-lld");
        }
        cargo
            .env("CARGO_HOME", &self.home)
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags(rustflags))
            .env("CARGO_INCREMENTAL", "0")
            .env("RUSTC", "rustc")
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            // The crates are the user's as well, so cargo must not clean them.
            .env("CARGO_CACHE_AUTO_CLEAN_FREQUENCY", "never");
        cargo
    }

    /// Flags of rustc, with those that remap paths, so that no path is part of an image.
    fn flags(&self, rustflags: &[&str]) -> OsString {
        let mut flags: OsString = rustflags.join("\x1f").into();
        let registry = self.home.join("registry");
        // Files of build scripts lie beside the sources; where several mappings fit, the last one counts.
        let builds = self.source.parent().unwrap_or(&self.source);
        for (path, name) in [
            (builds, "/builds"),
            (&*self.source, "/tillsense"),
            (&registry, "/crates"),
        ] {
            if !flags.is_empty() {
                flags.push("\x1f");
            }
            flags.push("--remap-path-prefix=");
            flags.push(path);
            flags.push("=");
            flags.push(name);
        }
        flags
    }

    /// Downloads the crates for a target where they are missing, and shortens the lock file to them.
    pub(super) fn fetch(&self, target: &str) -> Result<()> {
        let config = self.home.join("config.toml");
        let forget = || match fs::remove_file(&config) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        };
        forget().with_context(|| format!("cannot remove {}", config.display()))?;
        let mut local = self.command("fetch", target, &[]);
        if local
            .arg("--offline")
            .output()
            .context("cannot run cargo")?
            .status
            .success()
        {
            return Ok(());
        }
        let transport = transport(&self.shared);
        files::write(&config, transport.as_bytes())?;
        let fetched = self
            .command("fetch", target, &[])
            .output()
            .context("cannot run cargo")?;
        if !fetched.status.success() {
            let said = String::from_utf8_lossy(&fetched.stderr);
            let said = said.trim_end();
            let said = format!("cannot fetch the crates of the firmware:\n{said}");
            return Err(Said(said).into());
        }
        Ok(())
    }
}

/// Limit of a configuration file.
const MOST_CONFIG: u64 = 1 << 20;

/// The settings of a home's configuration that say where crates come from.
fn transport(home: &Path) -> String {
    let files =
        ["config.toml", "config"].map(|name| files::read_text(&home.join(name), MOST_CONFIG));
    let text = files.into_iter().find_map(Result::ok).unwrap_or_default();
    let mut config: DocumentMut = text.parse().unwrap_or_default();
    config.retain(|key, _| TRANSPORT.contains(&key));
    config.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_configuration_only_the_way_to_crates_is_kept() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(transport(home.path()), "");
        let config = "[build]\nrustflags = [\"-Copt-level=0\"]\n[source.crates-io]\nreplace-with = \"mirror\"\n[profile.release]\nlto = false\n[net]\nretry = 5\n";
        fs::write(home.path().join("config.toml"), config).unwrap();
        assert_eq!(
            transport(home.path()),
            "[source.crates-io]\nreplace-with = \"mirror\"\n[net]\nretry = 5\n"
        );
    }

    #[test]
    fn variables_of_other_builds_do_not_reach_a_tool() {
        let names: Vec<_> = tool("rustc")
            .get_envs()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(names.iter().any(|name| name == "PATH"));
        // `cargo test` sets some of these.
        for name in [
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "RUSTFLAGS",
            "CARGO_HOME",
        ] {
            assert!(!names.iter().any(|kept| kept == name), "{name}");
        }
    }
}
