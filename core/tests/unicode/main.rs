//! The tables of `frontend/unicode`: made here, and compared with what is committed.

mod definition;
mod encode;

use definition::{Class, assigned};
use tillsense_core::frontend::text;
use tillsense_core::model::records::{Ids, Span, TextForm, TextParams};
use tillsense_core::parity::SplitMix64;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Where the tables are.
const TABLES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/frontend/unicode/tables.rs"
);

#[test]
#[ignore = "writes the tables anew"]
fn write_tables() {
    std::fs::write(TABLES, encode::source()).unwrap();
}

#[test]
fn the_tables_are_what_unicode_17_gives() {
    assert_eq!(unicode_normalization::UNICODE_VERSION, (17, 0, 0));
    assert_eq!(unicode_properties::UNICODE_VERSION, (17, 0, 0));
    let committed = std::fs::read_to_string(TABLES).unwrap();
    assert!(
        committed == encode::source(),
        "write them with `cargo test -p tillsense-core --test unicode -- --ignored`"
    );
}

/// What the frontend reads a character as, between two letters.
fn read(text: &str) -> String {
    let mut out = vec![0; 4 * text.len() + 8];
    text::normalise(text.as_bytes(), &mut out).to_owned()
}

/// The ids of a text, by a model with room for so many bytes.
fn ids(text: &str, max_bytes: u16) -> Vec<u16> {
    let params = TextParams {
        form: TextForm::Bag {
            words: true,
            bigrams: true,
            chars: (2, 4),
        },
        buckets: u16::MAX,
        max_bytes,
        ids: Ids {
            offset: 0,
            max: 4000,
        },
        scratch: Span {
            offset: 0,
            len: max_bytes.into(),
        },
    };
    assert_eq!(text::check(&params), Ok(()));
    let (mut scratch, mut ids) = (vec![0; max_bytes.into()], vec![0; 4000]);
    let count = text::run(&params, text.as_bytes(), &mut scratch, &mut ids).unwrap_or(0);
    ids.truncate(count);
    ids
}

#[test]
fn every_assigned_character_is_read_as_defined() {
    for c in assigned().filter(|c| !c.is_ascii()) {
        let expected: String = match (definition::class(c), &definition::pieces(c)[..]) {
            (Class::Gap, []) => "x y".to_owned(),
            (_, pieces) => format!("x{}y", pieces.iter().collect::<String>()),
        };
        assert_eq!(read(&format!("x{c}y")), expected, "{c:?}");
    }
}

#[test]
fn a_normal_form_is_its_own_normal_form() {
    for c in '\0'..=char::MAX {
        let once = read(&format!("x{c}y{c}"));
        assert_eq!(read(&once), once, "{c:?}");
    }
}

/// Checks that all forms of a text that are canonically equivalent give the same ids, cut or not.
fn assert_one_reading(text: &str) {
    let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
    for max_bytes in [5, 12, 300] {
        let wanted = ids(text, max_bytes);
        assert_eq!(ids(&composed, max_bytes), wanted, "{text:?}, {max_bytes}");
        assert_eq!(ids(&decomposed, max_bytes), wanted, "{text:?}, {max_bytes}");
    }
}

#[test]
fn equivalent_texts_have_the_same_ids_for_every_assigned_character() {
    for c in assigned() {
        assert_one_reading(&format!("x{c}y {c}"));
    }
}

#[test]
fn equivalent_texts_have_the_same_ids_whatever_follows_what() {
    let all: Vec<char> = assigned().collect();
    let marks = all.iter().filter(|&&c| canonical_combining_class(c) != 0);
    let marks: Vec<char> = marks.copied().collect();
    let decomposing = |c: &&char| !std::iter::once(**c).nfd().eq([**c]);
    let precomposed: Vec<char> = all.iter().filter(decomposing).copied().collect();
    let jamo: Vec<char> = "ᄀ하ᅵᆨᇂ가각힣".chars().collect();
    let plain: Vec<char> = "aZ1 '`.ßÆﬃ".chars().collect();
    let sets = [&all, &marks, &marks, &precomposed, &jamo, &plain];
    let mut rng = SplitMix64::new(8);
    for _ in 0..30_000 {
        let len = rng.between(1, 12);
        let pick = |_| {
            let set = sets[rng.between(0, sets.len() as i64 - 1) as usize];
            set[rng.between(0, set.len() as i64 - 1) as usize]
        };
        let text: String = (0..len).map(pick).collect();
        assert_one_reading(&text);
        assert_one_reading(&shuffled(&text, &mut rng));
        assert_eq!(
            ids(&text, 300),
            ids(&shuffled(&text, &mut rng), 300),
            "{text:?}"
        );
    }
}

/// A text that is canonically equivalent: neighbouring marks of different classes change places.
fn shuffled(text: &str, rng: &mut SplitMix64) -> String {
    let mut all: Vec<char> = text.nfd().collect();
    for _ in 0..2 * all.len() {
        let at = rng.between(0, all.len() as i64 - 1) as usize;
        let [first, second] =
            [at, at + 1].map(|at| all.get(at).map_or(0, |&c| canonical_combining_class(c)));
        if first != second && first != 0 && second != 0 {
            all.swap(at, at + 1);
        }
    }
    all.into_iter().collect()
}

#[test]
fn capitals_and_small_letters_are_read_alike() {
    for c in assigned() {
        // The capital of an iota below is a letter: the small one vanishes, as all marks above and below do.
        let iota = |text: &str| text.nfd().any(|c| c == '\u{345}');
        let cases: [String; 2] = [c.to_uppercase().collect(), c.to_lowercase().collect()];
        for changed in cases
            .iter()
            .filter(|changed| iota(&c.to_string()) == iota(changed))
        {
            let known = changed.chars().all(definition::is_assigned);
            assert!(
                !known || read(changed) == read(&c.to_string()),
                "{c:?} {changed:?}"
            );
        }
    }
}

#[test]
fn full_width_forms_and_ligatures_are_read_as_what_they_stand_for() {
    let forms = ('\u{fb00}'..='\u{fb17}').chain('\u{ff01}'..='\u{ff9f}');
    for c in forms.filter(|&c| definition::is_assigned(c)) {
        let plain: String = std::iter::once(c).nfkc().collect();
        assert_eq!(
            read(&format!("x{c}y")),
            read(&format!("x{plain}y")),
            "{c:?}"
        );
    }
}

/// The normal form of numeric contract 1, for ASCII.
fn of_contract_1(text: &str) -> String {
    let kept = text.replace(['\'', '`'], "").to_lowercase();
    let words = kept.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn ascii_is_read_as_by_contract_1() {
    let mut rng = SplitMix64::new(1);
    for len in (0..2000).map(|n| n % 40) {
        let text: String = (0..len)
            .map(|_| rng.between(0, 127) as u8 as char)
            .collect();
        assert_eq!(read(&text), of_contract_1(&text), "{text:?}");
        // What is past the room is not read.
        let room = rng.between(0, 40) as usize;
        let head = &text[..room.min(text.len())];
        let mut out = vec![0; room];
        assert_eq!(
            text::normalise(text.as_bytes(), &mut out),
            of_contract_1(head),
            "{text:?} {room}"
        );
    }
}
