//! Fetching from a server in this process that keeps, cuts, damages or refuses what it serves.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::super::convert::tests::tar_gz;
use super::super::tests::published::folder;
use super::super::zip::tests::zip;
use super::*;

/// The manner in which the server serves a path.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// The server answers as asked, ranges included.
    Well,
    /// The server ignores ranges.
    NoRanges,
    /// The server ends the connection after this many bytes of each answer.
    Cut(usize),
    /// The server answers with this status only.
    Status(u16),
}

/// The requests seen: path and range.
type Seen = Arc<Mutex<Vec<(String, Option<String>)>>>;

struct Server {
    base: String,
    seen: Seen,
}

impl Server {
    fn new(files: Vec<(&str, Vec<u8>, Manner)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let files: HashMap<String, (Vec<u8>, Manner)> = files
            .into_iter()
            .map(|(path, bytes, manner)| (format!("/{path}"), (bytes, manner)))
            .collect();
        let log = Arc::clone(&seen);
        // The thread waits for connections until the test process ends.
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that leaves early is no fault of the server.
                let _ = answer(stream.unwrap(), &files, &log);
            }
        });
        Self { base, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.seen
            .lock()
            .unwrap()
            .iter()
            .map(|(_, range)| range.clone())
            .collect()
    }
}

fn answer(
    mut stream: TcpStream,
    files: &HashMap<String, (Vec<u8>, Manner)>,
    seen: &Seen,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("range") => {
                range = Some(value.to_owned())
            }
            Some(_) => {}
            None => break,
        }
    }
    seen.lock().unwrap().push((path.clone(), range.clone()));

    let (bytes, manner) = files
        .get(&path)
        .cloned()
        .unwrap_or((Vec::new(), Manner::Status(404)));
    let start = range
        .filter(|_| manner != Manner::NoRanges)
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>()
                .ok()
        });
    let whole = bytes.len();
    let head = match (manner, start) {
        (Manner::Status(status), _) => format!("{status} Sorry\r\nContent-Length: 0"),
        (_, Some(start)) if start >= whole => {
            format!("416 Range\r\nContent-Length: 0\r\nContent-Range: bytes */{whole}")
        }
        (_, Some(start)) => format!(
            "206 Partial\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{}/{whole}",
            whole - start,
            whole - 1
        ),
        (_, None) => format!("200 OK\r\nContent-Length: {whole}"),
    };
    write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n")?;
    let body = bytes.get(start.unwrap_or(0)..).unwrap_or_default();
    let sent = match manner {
        Manner::Status(_) => 0,
        Manner::Cut(most) => body.len().min(most),
        _ => body.len(),
    };
    stream.write_all(&body[..sent])
}

/// Content of 100 kB without repetition.
fn content() -> Vec<u8> {
    (0..100_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

/// Fetches one file as if `FILES` held nothing else.
fn get(dir: &Path, wanted: &[u8], origins: &[Origin<'_>]) -> Result<Fetched, DataError> {
    let sha256 = digest::of_bytes(wanted);
    let entry = Entry {
        set: SetKind::Mnist,
        path: "mnist/x.bin",
        bytes: wanted.len() as u64,
        sha256: &sha256,
        instead: None,
        origins,
    };
    let what = Fetch {
        dir,
        sets: &[],
        from: None,
        progress: false,
    };
    fetch_entry(&what, &entry)
}

fn same(url: &str) -> Origin<'_> {
    Origin {
        url,
        form: Form::Same,
    }
}

/// Names of the files in the set's folder.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("mnist")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn whole_file_once() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    let server = Server::new(vec![("x.bin", data.clone(), Manner::Well)]);
    let url = server.url("x.bin");
    let fetched = get(dir.path(), &data, &[same(&url)]).unwrap();
    assert_eq!(fetched.from, Some(url.clone()));
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), data);
    assert_eq!(names(dir.path()), ["x.bin"]);
    let again = get(dir.path(), &data, &[same(&url)]).unwrap();
    assert_eq!(again.from, None);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn goes_on_after_each_cut() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    let server = Server::new(vec![("x.bin", data.clone(), Manner::Cut(40_000))]);
    let url = server.url("x.bin");
    get(dir.path(), &data, &[same(&url)]).unwrap();
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), data);
    let wanted = [
        None,
        Some("bytes=40000-".to_owned()),
        Some("bytes=80000-".to_owned()),
    ];
    assert_eq!(server.ranges(), wanted);
}

#[test]
fn goes_on_in_a_later_run() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    fs::create_dir(dir.path().join("mnist")).unwrap();
    fs::write(dir.path().join("mnist/x.bin.part"), &data[..77_777]).unwrap();
    let server = Server::new(vec![("x.bin", data.clone(), Manner::Well)]);
    let url = server.url("x.bin");
    get(dir.path(), &data, &[same(&url)]).unwrap();
    assert_eq!(server.ranges(), [Some("bytes=77777-".to_owned())]);
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), data);
}

#[test]
fn a_complete_or_overlong_part() {
    let data = content();
    let server = Server::new(vec![("x.bin", data.clone(), Manner::Well)]);
    let url = server.url("x.bin");
    for (part, requests) in [(data.clone(), 0), ([&data[..], b"more"].concat(), 1)] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("mnist")).unwrap();
        fs::write(dir.path().join("mnist/x.bin.part"), part).unwrap();
        get(dir.path(), &data, &[same(&url)]).unwrap();
        assert_eq!(server.ranges().len(), requests);
        assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), data);
    }
}

#[test]
fn a_server_without_ranges_begins_again() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    fs::create_dir(dir.path().join("mnist")).unwrap();
    fs::write(dir.path().join("mnist/x.bin.part"), &data[..5000]).unwrap();
    let server = Server::new(vec![("x.bin", data.clone(), Manner::NoRanges)]);
    let url = server.url("x.bin");
    get(dir.path(), &data, &[same(&url)]).unwrap();
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), data);
}

#[test]
fn damaged_bytes_are_deleted() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    let mut bad = data.clone();
    bad[50_000] ^= 1;
    let server = Server::new(vec![("x.bin", bad, Manner::Well)]);
    let url = server.url("x.bin");
    let error = get(dir.path(), &data, &[same(&url)]).unwrap_err();
    assert!(matches!(error.problem, Problem::Checksum(..)), "{error}");
    assert_eq!(error.file, Path::new(&url));
    assert!(names(dir.path()).is_empty());
}

#[test]
fn wrong_lengths() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    let server = Server::new(vec![
        ("long", [&data[..], b"more"].concat(), Manner::Well),
        ("short", data[..99_000].to_vec(), Manner::Well),
    ]);
    let error = get(dir.path(), &data, &[same(&server.url("long"))]).unwrap_err();
    assert!(matches!(error.problem, Problem::TooLong(..)), "{error}");
    // A short file looks like a broken connection until the server says that there is no more.
    let dir = tempfile::tempdir().unwrap();
    let error = get(dir.path(), &data, &[same(&server.url("short"))]).unwrap_err();
    assert!(matches!(error.problem, Problem::Checksum(..)), "{error}");
    assert!(names(dir.path()).is_empty());
}

#[test]
fn missing_at_the_first_address_found_at_the_second() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    let server = Server::new(vec![
        ("x.bin", data.clone(), Manner::Well),
        ("busy", Vec::new(), Manner::Status(503)),
    ]);
    let (gone, busy, good) = (server.url("gone"), server.url("busy"), server.url("x.bin"));
    let error = get(dir.path(), &data, &[same(&gone)]).unwrap_err();
    assert!(matches!(error.problem, Problem::Http(404)), "{error}");
    assert!(error.to_string().contains("--from URL"), "{error}");
    let error = get(dir.path(), &data, &[same(&busy)]).unwrap_err();
    assert!(matches!(error.problem, Problem::Http(503)), "{error}");
    let fetched = get(dir.path(), &data, &[same(&gone), same(&busy), same(&good)]).unwrap();
    assert_eq!(fetched.from, Some(good));
}

#[test]
fn no_server_and_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/x.bin");
    let error = get(dir.path(), b"x", &[same(&url)]).unwrap_err();
    assert!(matches!(error.problem, Problem::Network(_)), "{error}");
    let file = dir.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let error = get(&file, b"x", &[same(&url)]).unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn a_file_with_other_bytes_is_left_alone() {
    let (dir, data) = (tempfile::tempdir().unwrap(), content());
    fs::create_dir(dir.path().join("mnist")).unwrap();
    fs::write(dir.path().join("mnist/x.bin"), "mine").unwrap();
    let error = get(dir.path(), &data, &[]).unwrap_err();
    assert!(matches!(error.problem, Problem::Checksum(..)), "{error}");
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), b"mine");
}

#[test]
fn archives_are_turned_into_the_file() {
    let data = content();
    let clips: [(&str, &[u8]); 1] = [("recordings/0_a_0.wav", &data)];
    let archive = tar_gz(&clips);
    let packed = convert(archive.clone(), Form::RecordingsTarGz).unwrap();
    let server = Server::new(vec![
        ("a.tar.gz", archive, Manner::Cut(30_000)),
        ("a.zip", zip(("b", b"b"), ("x.csv", &data)), Manner::Well),
        ("bad.zip", b"<html>moved</html>".to_vec(), Manner::Well),
    ]);
    let (tar, good, bad) = (
        server.url("a.tar.gz"),
        server.url("a.zip"),
        server.url("bad.zip"),
    );
    let from = |url, form| Origin { url, form };

    let dir = tempfile::tempdir().unwrap();
    get(dir.path(), &packed, &[from(&tar, Form::RecordingsTarGz)]).unwrap();
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), packed);
    assert_eq!(names(dir.path()), ["x.bin"]);

    let dir = tempfile::tempdir().unwrap();
    let form = Form::Zip("x.csv");
    let error = get(dir.path(), &data, &[from(&bad, form)]).unwrap_err();
    assert!(matches!(error.problem, Problem::Packing(_)), "{error}");
    assert!(names(dir.path()).is_empty());
    get(dir.path(), &data, &[from(&bad, form), from(&good, form)]).unwrap();
    assert_eq!(fs::read(dir.path().join("mnist/x.bin")).unwrap(), data);
}

/// The published files from a mirror.
#[test]
#[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
fn whole_sets_from_a_mirror() {
    let real = folder();
    let sets = [SetKind::Mnist, SetKind::Banking77, SetKind::OnlineShoppers];
    let wanted: Vec<&Entry<'_>> = FILES
        .iter()
        .filter(|entry| sets.contains(&entry.set))
        .collect();
    let read = |path: &str| fs::read(real.join(path)).unwrap();
    let serve = |entry: &&Entry<'static>| (entry.path, read(entry.path), Manner::Cut(3 << 20));
    let server = Server::new(FILES.iter().collect::<Vec<_>>().iter().map(serve).collect());
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("new/data");
    let what = Fetch {
        dir: &target,
        sets: &sets,
        from: Some(&format!("{}/", server.base)),
        progress: false,
    };
    let fetched = fetch(&what).unwrap();
    assert_eq!(fetched.len(), wanted.len());
    assert!(fetched.iter().all(|file| file.from.is_some()));
    let again = fetch(&what).unwrap();
    assert!(again.iter().all(|file| file.from.is_none()));
    for entry in wanted {
        assert_eq!(fs::read(target.join(entry.path)).unwrap(), read(entry.path));
    }
}
