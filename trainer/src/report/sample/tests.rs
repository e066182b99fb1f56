use super::*;

#[test]
fn pictures_keep_their_pixels_or_become_smaller() {
    let small = picture(&[0, 255, 128, 64, 1, 2], [2, 3, 1], "small").unwrap();
    assert!(small.coarse && small.uri.starts_with("data:image/png;base64,"));
    assert_eq!((small.width, small.height), (3 * 37, 2 * 37));
    let large = picture(&vec![7; 3 * 600 * 400], [400, 600, 3], "large").unwrap();
    assert!(!large.coarse && large.uri.len() < 20_000);
    assert_eq!((large.width, large.height), (112, 74));
    let line = picture(&vec![7; 5000], [1, 5000, 1], "line").unwrap();
    assert_eq!((line.width, line.height), (112, 1));
    for shape in [[0, 3, 1], [2, 3, 2], [2, 4, 1]] {
        assert!(picture(&[0; 6], shape, "").is_none(), "{shape:?}");
    }
}

#[test]
fn a_tone_is_a_line_of_its_spectrogram() {
    let tone = |at: usize| (8000.0 * (at as f64 * std::f64::consts::TAU / 8.0).sin()) as i16;
    let samples: Vec<i16> = (0..8000).map(tone).collect();
    let made = spectrogram(&samples, 8000).unwrap();
    assert_eq!(made.words, "a spectrogram up to 4000 Hz");
    let bytes = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        &made.uri["data:image/png;base64,".len()..],
    )
    .unwrap();
    let picture = image::load_from_memory(&bytes).unwrap().to_luma8();
    let (_, _, darkest) = picture
        .enumerate_pixels()
        .map(|(x, y, pixel)| (pixel.0[0], x, y))
        .min()
        .unwrap();
    // An eighth of the rate is a quarter of the bands from below.
    assert!(darkest.abs_diff(picture.height() * 3 / 4) <= 1, "{darkest}");
    assert!(spectrogram(&samples[..100], 8000).is_none());
    assert!(spectrogram(&[0; 300], 8000).is_some());
}

#[test]
fn texts_and_records_are_cut() {
    let Content::Text(text) = text(&"word\n".repeat(1000)) else {
        panic!("a text");
    };
    assert_eq!(text.chars().count(), MOST_TEXT);
    let Content::Record(cells) = record(&[Cell::Missing; 30], &[("first".to_owned(), 2)]) else {
        panic!("a record");
    };
    assert_eq!(cells.len(), MOST_FIELDS + 1);
    assert_eq!(cells[0], ("first".to_owned(), "\u{2013}".to_owned()));
    assert_eq!(cells[MOST_FIELDS].0, "and 6 more");
    let fields = [("a".to_owned(), 2), ("b".to_owned(), 0)];
    let numbers = record(&[Cell::Number(-5), Cell::Number(12345)], &fields);
    let Content::Record(cells) = numbers else {
        panic!("a record");
    };
    assert_eq!([&*cells[0].1, &*cells[1].1], ["-0.05", "12345"]);
    for raw in [
        Raw::Absent,
        Raw::Text(" ".into()),
        Raw::Sequence(vec![]),
        Raw::Image(vec![1].into()),
    ] {
        assert!(
            matches!(contents(&raw, Form::default())[..], [Content::Absent(_)]),
            "{raw:?}"
        );
    }
}
