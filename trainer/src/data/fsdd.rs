//! The Free Spoken Digit Dataset: `recordings/{digit}_{speaker}_{take}.wav`, in a folder or in one plain tar file.
//!
//! The official split makes takes 0 to 4 the test clips (<https://github.com/Jakobovski/free-spoken-digit-dataset>).

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use tillsense_compiler::files;

use super::archive::{Limits, MOST_MEMBER, MOST_MEMBERS, each_member};
use super::error::{DataError, Problem};
use super::media::wav;
use super::types::{Clip, Clips, Split};

/// Takes below this are test clips.
const TEST_TAKES: u16 = 5;
const MOST_SPEAKERS: usize = 256;

/// Reads both parts from `folder/fsdd/fsdd.tar` or, where that is missing, `folder/fsdd/recordings/`.
pub(crate) fn read(folder: &Path) -> Result<Split<Clips>, DataError> {
    let folder = folder.join("fsdd");
    let (tar, recordings) = (folder.join("fsdd.tar"), folder.join("recordings"));
    if !tar.exists() && recordings.is_dir() {
        return split(&recordings, from_folder(&recordings)?);
    }
    split(&tar, from_tar(&tar)?)
}

/// A clip with the name of its speaker.
struct Named {
    file: PathBuf,
    speaker: String,
    clip: Clip,
}

fn from_folder(folder: &Path) -> Result<Vec<Named>, DataError> {
    let (mut found, mut all) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).map_err(|error| DataError::io(folder, error))? {
        let path = entry.map_err(|error| DataError::io(folder, error))?.path();
        if !is_clip(&path) {
            continue;
        }
        let bytes = files::read(&path, MOST_MEMBER).map_err(|error| DataError::io(&path, error))?;
        all += bytes.len() as u64;
        if all > MOST_MEMBERS {
            return Err(DataError::new(folder, Problem::TooLarge(MOST_MEMBERS)));
        }
        found.push(named(&path, &bytes).map_err(|problem| DataError::new(&path, problem))?);
    }
    Ok(found)
}

fn from_tar(path: &Path) -> Result<Vec<Named>, DataError> {
    let file = File::open(path).map_err(|error| DataError::io(path, error))?;
    // Names too long for a header are read whole, so more than the clips' limit is read, but not without end.
    let reader = BufReader::new(file.take(2 * MOST_MEMBERS));
    let mut found = Vec::new();
    each_member(reader, Limits::PUBLISHED, is_clip, |name, bytes| {
        found.push(named(&name, &bytes)?);
        Ok(())
    })
    .map_err(|(place, problem)| DataError {
        place,
        ..DataError::new(path, problem)
    })?;
    Ok(found)
}

/// Whether this is the name of a recording.
pub(super) fn is_clip(path: &Path) -> bool {
    // macOS keeps metadata of a file beside it, in `._NAME`.
    let hidden = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"._"));
    let wav = |extension: &OsStr| extension.eq_ignore_ascii_case("wav");
    !hidden && path.extension().is_some_and(wav)
}

/// Parses digit, speaker and take from the name, and samples from the bytes.
fn named(path: &Path, bytes: &[u8]) -> Result<Named, Problem> {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    let (digit, speaker, take) = name.and_then(parts).ok_or(Problem::ClipName)?;
    let clip = Clip {
        samples: wav::clip(bytes).map_err(Problem::Wav)?,
        label: digit,
        speaker: 0,
        take,
    };
    Ok(Named {
        file: path.to_owned(),
        speaker: speaker.to_owned(),
        clip,
    })
}

fn parts(stem: &str) -> Option<(u8, &str, u16)> {
    let (digit, rest) = stem.split_once('_')?;
    let (speaker, take) = rest.rsplit_once('_')?;
    let digit = digit.parse().ok().filter(|&digit| digit <= 9)?;
    Some((digit, speaker, take.parse().ok()?)).filter(|_| !speaker.is_empty())
}

fn split(path: &Path, mut found: Vec<Named>) -> Result<Split<Clips>, DataError> {
    if found.is_empty() {
        return Err(DataError::new(path, Problem::NoClip));
    }
    let speakers: Vec<String> = {
        let set: BTreeSet<&str> = found.iter().map(|named| named.speaker.as_str()).collect();
        set.into_iter().map(str::to_owned).collect()
    };
    if speakers.len() > MOST_SPEAKERS {
        let problem = Problem::Speakers(speakers.len(), MOST_SPEAKERS);
        return Err(DataError::new(path, problem));
    }
    for named in &mut found {
        let index = speakers.binary_search(&named.speaker);
        named.clip.speaker = index.expect("the list was made from these names") as u8;
    }
    // Folders list their files in any order; the sets must not depend on it.
    let key = |named: &Named| (named.clip.label, named.clip.speaker, named.clip.take);
    found.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.file.cmp(&b.file)));
    // Files such as `7_anna_1.wav` and `7_anna_01.WAV` are the same take: it is not known which is meant.
    if let Some([one, other]) = found.array_windows().find(|[a, b]| key(a) == key(b)) {
        let name = |named: &Named| named.file.file_name().unwrap_or_default().to_owned();
        let problem = Problem::SameClip(name(one).into(), name(other).into());
        return Err(DataError::new(path, problem));
    }
    let (test, train): (Vec<Clip>, Vec<Clip>) = found
        .into_iter()
        .map(|named| named.clip)
        .partition(|clip| clip.take < TEST_TAKES);
    for (clips, name) in [(&train, "train"), (&test, "test")] {
        if clips.is_empty() {
            return Err(DataError::new(path, Problem::Empty(name)));
        }
    }
    let set = |clips| Clips {
        clips,
        speakers: speakers.clone(),
        sample_rate: wav::SAMPLE_RATE,
    };
    Ok(Split {
        train: set(train),
        test: set(test),
    })
}

#[cfg(test)]
mod tests {
    use super::super::error::{Place, WavFault};
    use super::*;

    const NAMES: [&str; 4] = ["3_zoe_5.wav", "3_al_b_0.wav", "0_zoe_12.wav", "9_zoe_4.wav"];

    fn tar_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder
                .append_data(&mut header, format!("recordings/{name}"), &bytes[..])
                .unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn good() -> Vec<(&'static str, Vec<u8>)> {
        let clip = |i: usize| wav::write(&[i as i16 + 1; 7]);
        NAMES
            .iter()
            .enumerate()
            .map(|(i, &name)| (name, clip(i)))
            .collect()
    }

    #[test]
    fn one_clip_has_one_name_whatever_its_case() {
        let mut files = good();
        files.push(("9_zoe_04.WAV", wav::write(&[1; 7])));
        let mut turned = files.clone();
        turned.reverse();
        let messages =
            [files, turned].map(|files| with_tar(&tar_of(&files)).unwrap_err().problem.to_string());
        assert!(
            messages[0].contains("9_zoe_04.WAV and 9_zoe_4.wav are the same clip"),
            "{messages:?}"
        );
        assert_eq!(messages[0], messages[1], "the order does not matter");
        let upper = good()
            .into_iter()
            .map(|(name, bytes)| (name.to_uppercase(), bytes));
        let upper: Vec<_> = upper.collect();
        let upper: Vec<_> = upper
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.clone()))
            .collect();
        assert_eq!(with_tar(&tar_of(&upper)).unwrap().train.clips.len(), 2);
    }

    fn with_tar(bytes: &[u8]) -> Result<Split<Clips>, DataError> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("fsdd")).unwrap();
        fs::write(dir.path().join("fsdd/fsdd.tar"), bytes).unwrap();
        read(dir.path())
    }

    fn with_folder(files: &[(&str, Vec<u8>)]) -> Result<Split<Clips>, DataError> {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("fsdd/recordings");
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("README.md"), "not a clip").unwrap();
        fs::write(at.join("._3_zoe_5.wav"), "of macOS").unwrap();
        for (name, bytes) in files {
            fs::write(at.join(name), bytes).unwrap();
        }
        read(dir.path())
    }

    #[test]
    fn folder_and_tar_give_the_same() {
        let set = with_tar(&tar_of(&good())).unwrap();
        assert_eq!(set, with_folder(&good()).unwrap());
        assert_eq!(set.train.speakers, ["al_b", "zoe"]);
        let labels = |clips: &Clips| -> Vec<_> {
            clips
                .clips
                .iter()
                .map(|clip| (clip.label, clip.speaker, clip.take))
                .collect()
        };
        assert_eq!(labels(&set.train), [(0, 1, 12), (3, 1, 5)]);
        assert_eq!(labels(&set.test), [(3, 0, 0), (9, 1, 4)]);
        assert_eq!(set.train.clips[0].samples, [3; 7]);
        assert_eq!(set.train.sample_rate, 8000);
    }

    #[test]
    fn bad_names() {
        for name in [
            "x_zoe_1.wav",
            "10_zoe_1.wav",
            "1_zoe.wav",
            "1__1.wav",
            "1_zoe_x.wav",
            "1_zoe_-1.wav",
        ] {
            let files = [(name, wav::write(&[1]))];
            let error = with_folder(&files).unwrap_err();
            assert!(matches!(error.problem, Problem::ClipName), "{name}");
            assert!(error.file.ends_with(name));
            let error = with_tar(&tar_of(&files)).unwrap_err();
            assert_eq!(
                error.place,
                Some(Place::Member(format!("recordings/{name}")))
            );
        }
    }

    #[test]
    fn bad_clips() {
        let mut files = good();
        files[2].1 = b"RIFF, but nothing else".to_vec();
        let error = with_tar(&tar_of(&files)).unwrap_err();
        assert!(matches!(error.problem, Problem::Wav(WavFault::NotRiff)));
        assert!(
            error.to_string().contains("recordings/0_zoe_12.wav"),
            "{error}"
        );
        files[2].1 = wav::write(&[]);
        let error = with_folder(&files).unwrap_err();
        assert!(matches!(error.problem, Problem::Wav(WavFault::NoSamples)));
    }

    #[test]
    fn truncated_tar() {
        let bytes = tar_of(&good());
        for cut in [100, 512 + 20, 1024 + 100] {
            let error = with_tar(&bytes[..cut]).unwrap_err();
            assert!(
                matches!(error.problem, Problem::Packing(_)),
                "{cut}: {error}"
            );
        }
        let error = with_tar(&[7; 2000]).unwrap_err();
        assert!(matches!(error.problem, Problem::Packing(_)), "{error}");
    }

    #[test]
    fn missing_and_empty() {
        let dir = tempfile::tempdir().unwrap();
        let error = read(dir.path()).unwrap_err();
        assert!(matches!(error.problem, Problem::NotFound));
        assert!(error.file.ends_with("fsdd/fsdd.tar"));
        let error = with_folder(&good()[..1]).unwrap_err();
        assert!(matches!(error.problem, Problem::Empty("test")));
        for empty in [with_folder(&[]), with_tar(&tar_of(&[])), with_tar(&[])] {
            assert!(matches!(empty.unwrap_err().problem, Problem::NoClip));
        }
    }
}
