//! `tillsense completions` and `tillsense man`.

use crate::room::Room;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let room = Room::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = room.run(&format!("completions {shell}")).succeeds().out;
        for word in ["inspect", "terminal", "selftest", "json"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    room.run("completions tcsh").says_error(2, &["tcsh"]);
}

#[cfg(unix)]
#[test]
fn bash_completes_commands() {
    let room = Room::new();
    let script = room.run("completions bash").succeeds().out;
    room.write("script", format!("{script}\nCOMP_WORDS=(tillsense insp); COMP_CWORD=1; _tillsense tillsense insp tillsense; echo \"${{COMPREPLY[@]}}\"\n"));
    let ran = std::process::Command::new("bash")
        .arg(room.path("script"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "inspect\n");
}

#[test]
fn every_command_has_a_page() {
    let room = Room::new();
    let ran = room.run("man -o pages").succeeds();
    assert!(ran.err.contains("pages to pages"), "{ran:?}");
    let files = room.files();
    for name in [
        "tillsense",
        "tillsense-inspect",
        "tillsense-terminal-selftest",
    ] {
        let file = format!("pages/{name}.1");
        assert!(files.contains(&file), "{file} is not in {files:?}");
        let page = String::from_utf8(room.read(&file)).unwrap();
        assert!(page.contains(".TH") && page.contains("Examples:"), "{page}");
    }
    assert!(!files.iter().any(|name| name.contains("help")), "{files:?}");
    room.write("file", "");
    room.run("man -o file/x").fails(&["cannot create file/x"]);
}
