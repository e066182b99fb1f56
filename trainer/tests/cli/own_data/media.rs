//! Faults of pictures and recordings, and of folders of them.

use super::{
    Draws, checked, few_pictures, finds, is_clean, is_refused, narrow, pgm, picture, pictures,
    sound, wav,
};
use crate::room::Room;

#[test]
fn faults_of_pictures_are_found() {
    let room = Room::new();
    let all = pictures(&room);
    room.run("new p").succeeds();
    let told = checked(&room, "p.toml");
    is_clean(&told);
    assert_eq!(told["samples"]["test"], 20);
    assert_eq!(told["heads"][0]["classes"][1]["test"], 10);
    let nearly: Vec<u8> = all[9]
        .iter()
        .enumerate()
        .map(|(at, &v)| v + (at % 2) as u8)
        .collect();
    room.write("p/test/bright/copy.pgm", pgm(&all[8], 16));
    room.write("p/test/dark/nearly.pgm", pgm(&nearly, 16));
    room.write("p/train/dark/other.pgm", pgm(&all[10], 16));
    room.write("p/train/dark/empty.png", "");
    let large: Vec<u8> = (0..400).map(|at| (at * 7 % 251) as u8).collect();
    room.write("p/train/dark/large.pgm", pgm(&large, 20));
    let colours: Vec<u8> = (0..768).map(|at| (at * 11 % 241) as u8).collect();
    room.write(
        "p/train/dark/rgb.ppm",
        [&b"P6 16 16 255\n"[..], &colours].concat(),
    );
    let told = checked(&room, "p.toml");
    finds(
        &told,
        &[
            "unreadable",
            "duplicates_across",
            "near_duplicates_across",
            "conflicting_duplicates",
            "mixed_sizes",
            "mixed_colours",
        ],
    );
    let ran = narrow(&room, "check p.toml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("empty.png"), "{ran:?}");
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
}

#[test]
fn groups_of_a_folder_on_both_sides_are_found() {
    let room = Room::new();
    let mut draws = Draws(2);
    for (part, count) in [("train", 60), ("test", 20)] {
        for n in 0..count {
            let class = ["bright", "dark"][n % 2];
            let name = format!("p/{part}/{class}/g{}_{n}.pgm", n % 7);
            room.write(&name, pgm(&picture(&mut draws, n % 2 == 0), 16));
        }
    }
    room.run("new p --group prefix").succeeds();
    finds(&checked(&room, "p.toml"), &["group_on_both_sides"]);
}

#[test]
fn faults_of_sounds_are_found() {
    let room = Room::new();
    let mut draws = Draws(3);
    let mut all = Vec::new();
    for (part, count) in [("train", 60), ("test", 20)] {
        for n in 0..count {
            let samples = sound(&mut draws);
            let class = ["a", "b"][n % 2];
            room.write(&format!("s/{part}/{class}/{n}.wav"), wav(&samples, 8000));
            all.push(samples);
        }
    }
    room.run("new s").succeeds();
    is_clean(&checked(&room, "s.toml"));
    let softer: Vec<i16> = all[4]
        .iter()
        .map(|&s| (i32::from(s) * 7 / 10) as i16)
        .collect();
    room.write("s/test/a/softer.wav", wav(&softer, 8000));
    let clipped: Vec<i16> = all[5].iter().map(|&s| s.saturating_mul(60)).collect();
    room.write("s/train/b/clipped.wav", wav(&clipped, 8000));
    room.write("s/train/b/silent.wav", wav(&[0; 4000], 8000));
    room.write("s/train/b/short.wav", wav(&all[6][..40], 8000));
    let late = [vec![0; 3000], sound(&mut draws)].concat();
    room.write("s/train/a/late.wav", wav(&late, 8000));
    room.write("s/train/a/rate.wav", wav(&sound(&mut draws), 6000));
    for n in 0..5 {
        let long: Vec<i16> = (0..3).flat_map(|_| sound(&mut draws)).collect();
        room.write(&format!("s/train/a/long{n}.wav"), wav(&long, 8000));
    }
    room.write("s/train/c/one.wav", wav(&sound(&mut draws), 8000));
    room.write("s/train/c/two.wav", wav(&sound(&mut draws), 8000));
    let told = checked(&room, "s.toml");
    finds(
        &told,
        &[
            "near_duplicates_across",
            "clipped",
            "silent",
            "short_clips",
            "long_clips",
            "late",
            "mixed_rates",
            "few_samples",
            "imbalance",
            "not_in_test",
        ],
    );
}

#[test]
fn presets_say_their_samples() {
    let room = Room::new();
    let ran = narrow(&room, "check shoppers --data generated").succeeds();
    assert!(ran.out.contains("samples"), "{ran:?}");
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
    let told = checked(&room, "shoppers");
    assert!(told["samples"]["test"].as_u64().unwrap() > 0, "{told:#}");
    assert_eq!(told["errors"], 0, "{told:#}");
}

#[test]
fn a_network_that_the_samples_do_not_fit_is_refused() {
    let room = Room::new();
    few_pictures(&room);
    let text = String::from_utf8(room.read("p.toml")).unwrap();
    assert!(text.contains("size = [16, 16]"), "{text}");
    room.write("p.toml", text.replace("size = [16, 16]", "size = [3, 3]"));
    let told = checked(&room, "p.toml");
    finds(&told, &["limits"]);
    is_refused(&room, "p.toml", &["p.toml:", "picture"]);
}
