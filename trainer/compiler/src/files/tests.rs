use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;

fn room() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Whether the program could make it; not everybody may make devices.
fn made(program: &str, words: &[&str], path: &Path) -> bool {
    let done = Command::new(program)
        .arg(words[0])
        .arg(path)
        .args(&words[1..])
        .output();
    done.is_ok_and(|output| output.status.success()) && path.exists()
}

/// Writing, asking first and adding all refuse this place, say what it is, and leave it and its folder as they are.
#[track_caller]
fn refused(path: &Path, word: &str) {
    let before = (
        names(path.parent().unwrap()),
        fs::symlink_metadata(path).unwrap().file_type(),
    );
    let other = path.with_extension("other");
    for error in [
        write(path, b"new").unwrap_err(),
        writable(path).unwrap_err(),
        write_pair((&other, b"a"), (path, b"b")).unwrap_err(),
        append(path).map(drop).unwrap_err().into(),
    ] {
        let error = format!("{error:#}");
        assert!(error.contains(word) && !error.contains('\n'), "{error}");
    }
    let after = (
        names(path.parent().unwrap()),
        fs::symlink_metadata(path).unwrap().file_type(),
    );
    assert_eq!(before, after);
}

#[test]
fn a_file_is_replaced_and_keeps_its_mode() {
    let room = room();
    let path = room.path().join("a.till");
    write(&path, b"first").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    write(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(names(room.path()), ["a.till"]);
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_written() {
    let room = room();
    let place = |name: &str| room.path().join(name);
    fs::create_dir(place("far")).unwrap();
    // Relative and absolute, one behind the other; the last leads to nothing yet.
    symlink("two", place("one")).unwrap();
    symlink(place("far/three"), place("two")).unwrap();
    symlink("file", place("far/three")).unwrap();
    for bytes in [b"made", b"anew"] {
        writable(&place("one")).unwrap();
        write(&place("one"), bytes).unwrap();
        assert_eq!(fs::read(place("far/file")).unwrap(), bytes);
    }
    append(&place("one")).unwrap().write_all(b", more").unwrap();
    assert_eq!(fs::read(place("one")).unwrap(), b"anew, more");
    for link in ["one", "two", "far/three"] {
        assert!(place(link).is_symlink(), "{link}");
    }
    assert_eq!(names(room.path()), ["far", "one", "two"]);
    assert_eq!(names(&place("far")), ["file", "three"]);
}

#[test]
fn links_that_lead_nowhere() {
    let room = room();
    let place = |name: &str| room.path().join(name);
    symlink("round", place("round")).unwrap();
    refused(&place("round"), "symbolic links");
    symlink("none/file", place("lost")).unwrap();
    let error = format!("{:#}", write(&place("lost"), b"x").unwrap_err());
    assert!(error.contains("No such file"), "{error}");
    assert!(place("lost").is_symlink());
}

#[test]
fn folders_pipes_and_sockets_are_refused() {
    let room = room();
    let place = |name: &str| room.path().join(name);
    fs::create_dir(place("folder")).unwrap();
    refused(&place("folder"), "it is a folder");
    assert!(made("mkfifo", &["-m600"], &place("pipe")));
    refused(&place("pipe"), "it is a pipe");
    symlink("pipe", place("link")).unwrap();
    refused(&place("link"), "it is a pipe");
    let _socket = UnixListener::bind(place("socket")).unwrap();
    refused(&place("socket"), "it is a socket");
}

/// A device of the test's own, where it may make one; never one of `/dev`, which a fault would replace.
#[test]
fn devices_are_refused() {
    let room = room();
    let device = room.path().join("null");
    if made("mknod", &["-m600", "c", "1", "3"], &device) {
        refused(&device, "it is a device");
        assert!(fs::metadata(&device).unwrap().file_type().is_char_device());
    }
    assert_eq!(
        kind(fs::metadata("/dev/null").unwrap().file_type()),
        "a device"
    );
}

#[test]
fn a_folder_in_which_nothing_can_be_made() {
    let room = room();
    fs::set_permissions(room.path(), PermissionsExt::from_mode(0o555)).unwrap();
    // The superuser may write there all the same; not so here.
    let folder = match File::create(room.path().join("probe")) {
        Ok(_) => Path::new("/proc"),
        Err(_) => room.path(),
    };
    let path = folder.join("a.till");
    for error in [
        write(&path, b"x").unwrap_err(),
        writable(&path).unwrap_err(),
    ] {
        let error = format!("{error:#}");
        assert!(error.contains("a.till: cannot be written: "), "{error}");
        assert!(!error.contains(".tmp"), "{error}");
    }
    fs::set_permissions(room.path(), PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn a_full_disk_is_told_by_the_name_of_the_file() {
    let inner = "No space left on device (os error 28) at path \"/tmp/.tmpAbCdEf\"";
    let full = io::Error::new(ErrorKind::StorageFull, inner);
    for error in [full, io::Error::from_raw_os_error(28)] {
        let error = Err::<(), _>(told(error)).with_context(|| unwritten(Path::new("a.till")));
        assert_eq!(
            format!("{:#}", error.unwrap_err()),
            "a.till: cannot be written: No space left on device; free some"
        );
    }
}

#[test]
fn a_file_that_is_protected_stays() {
    let room = room();
    let path = room.path().join("a.till");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    refused(&path, "read-only");
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[test]
fn of_a_pair_none_is_replaced_unless_both_can_be() {
    let room = room();
    let place = |name: &str| room.path().join(name);
    let (model, beside) = (place("a.till"), place("a.trained"));
    write_pair((&beside, b"one"), (&model, b"one")).unwrap();
    fs::remove_file(&model).unwrap();
    fs::create_dir(&model).unwrap();
    write_pair((&beside, b"two"), (&model, b"two")).unwrap_err();
    assert_eq!(fs::read(&beside).unwrap(), b"one");
    assert_eq!(names(room.path()), ["a.till", "a.trained"]);
}

#[test]
fn what_is_too_large_is_not_read() {
    let room = room();
    let path = room.path().join("a");
    fs::write(&path, [7; 100]).unwrap();
    assert_eq!(read(&path, 100).unwrap(), [7; 100]);
    assert_eq!(read(&path, 99).unwrap_err().kind(), ErrorKind::FileTooLarge);
    // Endless, and of no length; a hole of a terabyte.
    let endless = read(Path::new("/dev/zero"), 1000).unwrap_err();
    assert_eq!(endless.kind(), ErrorKind::FileTooLarge);
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(
        read(&path, 1 << 28).unwrap_err().kind(),
        ErrorKind::FileTooLarge
    );
    fs::write(&path, [0xff]).unwrap();
    assert_eq!(
        read_text(&path, 9).unwrap_err().kind(),
        ErrorKind::InvalidData
    );
}
