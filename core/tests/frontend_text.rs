//! The text frontend: normal form, features, and any bytes whatever.

mod frontend_support;

use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::text::{self, TextError};
use tillsense_core::model::records::{Ids, Span, TextForm, TextParams};
use tillsense_core::parity::SplitMix64;

const BAG: TextForm = TextForm::Bag {
    words: true,
    bigrams: true,
    chars: (3, 4),
};

fn params(form: TextForm, buckets: u16, max_bytes: u16, max_ids: u16) -> TextParams {
    let scratch = Span {
        offset: 0,
        len: max_bytes as u32,
    };
    TextParams {
        form,
        buckets,
        max_bytes,
        ids: Ids {
            offset: 0,
            max: max_ids,
        },
        scratch,
    }
}

fn run(params: &TextParams, input: &[u8]) -> Result<Vec<u16>, TextError> {
    let mut scratch = vec![0; params.max_bytes as usize];
    let mut ids = vec![0; params.ids.max as usize];
    let count = text::run(params, input, &mut scratch, &mut ids)?;
    ids.truncate(count);
    Ok(ids)
}

fn normal(input: &[u8]) -> String {
    let mut out = vec![0; 4 * input.len()];
    text::normalise(input, &mut out).to_owned()
}

/// FNV-1a by its definition, zero byte included, into buckets.
fn bucket(bytes: &str, buckets: u16) -> u16 {
    let hash = bytes
        .bytes()
        .chain([0])
        .fold(0x811c_9dc5u32, |h, b| (h ^ b as u32).wrapping_mul(16777619));
    (hash as f64 / 4294967296.0 * buckets as f64).floor() as u16
}

/// The features of a normal form, spelled out.
fn features(normal: &str, words: bool, bigrams: bool, chars: (usize, usize)) -> Vec<String> {
    let list: Vec<&str> = normal.split(' ').collect();
    let mut all: Vec<String> = Vec::new();
    if words {
        all.extend(list.iter().map(|w| format!("w{w}")));
    }
    if bigrams {
        all.extend(list.windows(2).map(|w| format!("b{} {}", w[0], w[1])));
    }
    for word in list {
        let padded: Vec<char> = format!("<{word}>").chars().collect();
        for start in 0..padded.len() {
            for n in chars.0..=chars.1 {
                if n > 0 && start + n <= padded.len() {
                    all.push(format!(
                        "c{}",
                        padded[start..start + n].iter().collect::<String>()
                    ));
                }
            }
        }
    }
    all
}

#[test]
fn normal_forms() {
    let cases: [(&[u8], &str); 29] = [
        (b"Hello, World", "hello world"),
        (b"  two   spaces\t\nand lines ", "two spaces and lines"),
        (b"don't 'quote' me", "dont quote me"),
        ("don’t ‘quote’ “me”".as_bytes(), "dont quote me"),
        (
            "café Straße Łódź naïve".as_bytes(),
            "cafe strasse lodz naive",
        ),
        ("CAFÉ ÀÉÎÕÜ Ñ Ø Þ Æ Œ".as_bytes(), "cafe aeiou n o th ae oe"),
        ("cafe\u{301} e\u{302}\u{323}".as_bytes(), "cafe e"),
        ("İstanbul ISPARTA ıh".as_bytes(), "istanbul isparta ih"),
        ("Việt Nam Đồng".as_bytes(), "viet nam dong"),
        ("Ελλάδα ΜΟΣΧΑΣ μοσχας".as_bytes(), "ελλαδα μοσχασ μοσχασ"),
        ("Йод, ёлка, ЇЖА".as_bytes(), "иод елка іжа"),
        ("أحمد قرآنٌ".as_bytes(), "احمد قران"),
        ("שָׁלוֹם".as_bytes(), "שלום"),
        (
            "がぱ ガパ ｶﾞﾊﾟ".as_bytes(),
            "か\u{3099}は\u{309a} カ\u{3099}ハ\u{309a} カ\u{3099}ハ\u{309a}",
        ),
        ("한국어 하나".as_bytes(), "한국어 하나"),
        (
            "ＣＡＲＤ　１２３ ﬁnd oﬀice Ǆ".as_bytes(),
            "card 123 find office dz",
        ),
        ("更 \u{f901}".as_bytes(), "更 更"),
        ("Привет, МИР".as_bytes(), "привет мир"),
        ("日本語 テスト。終".as_bytes(), "日本語 テスト 終"),
        ("हिन्दी".as_bytes(), "हिन्दी"),
        ("ก็ ที่".as_bytes(), "ก็ ที่"),
        (b"top-up: 10.50 GBP/EUR #1", "top up 10 50 gbp eur 1"),
        ("£20 → €30".as_bytes(), "20 30"),
        (b"bad\xffbyte \xc3", "bad byte"),
        (b"cut \xe2\x82", "cut"),
        (b"null\0byte", "null byte"),
        (
            "soft\u{ad}hyphen zero\u{200b}width\u{feff}".as_bytes(),
            "softhyphen zerowidth",
        ),
        ("🙂 only 🙂".as_bytes(), "only"),
        (b"?!... ' -", ""),
    ];
    for (input, expected) in cases {
        assert_eq!(normal(input), expected);
        // A normal form is its own normal form.
        assert_eq!(normal(expected.as_bytes()), expected);
    }
}

#[test]
fn features_are_hashed_as_documented() {
    for (form, words, bigrams, chars) in [
        (BAG, true, true, (3, 4)),
        (
            TextForm::Bag {
                words: false,
                bigrams: false,
                chars: (1, 8),
            },
            false,
            false,
            (1, 8),
        ),
        (
            TextForm::Bag {
                words: false,
                bigrams: true,
                chars: (0, 0),
            },
            false,
            true,
            (0, 0),
        ),
        (TextForm::Tokens, true, false, (0, 0)),
    ] {
        for buckets in [1, 1900, u16::MAX] {
            let p = params(form, buckets, 200, 1000);
            assert_eq!(text::check(&p), Ok(()));
            for input in [
                "I can't top up my card",
                "a",
                "où est ma carte",
                "мир 日本",
                "x yz 123",
            ] {
                let spelled = features(&normal(input.as_bytes()), words, bigrams, chars);
                let expected: Vec<u16> = spelled.iter().map(|f| bucket(f, buckets)).collect();
                let expected = match expected.is_empty() {
                    true => Err(TextError::Empty),
                    false => Ok(expected),
                };
                assert_eq!(run(&p, input.as_bytes()), expected, "{input}");
            }
        }
    }
}

#[test]
fn ids_that_do_not_fit_are_left_out() {
    let all = run(&params(BAG, 900, 200, 1000), b"where is my card").unwrap();
    for most in 1..all.len() {
        assert_eq!(
            run(&params(BAG, 900, 200, most as u16), b"where is my card").unwrap(),
            all[..most]
        );
    }
}

#[test]
fn long_texts_are_cut_between_characters() {
    let p = |max| params(TextForm::Tokens, 900, max, 100);
    let whole = "αβγ δεζ".as_bytes();
    for max in 2..whole.len() {
        let kept = std::str::from_utf8(&whole[..max])
            .unwrap_or_else(|_| std::str::from_utf8(&whole[..max - 1]).unwrap());
        assert_eq!(
            run(&p(max as u16), whole),
            run(&p(100), kept.as_bytes()),
            "{max}"
        );
    }
    let long = "word ".repeat(50_000);
    assert_eq!(run(&p(20), long.as_bytes()).unwrap().len(), 4);
    // The first character alone does not fit.
    assert_eq!(run(&p(1), whole), Err(TextError::Empty));
    // Lower case may be longer than what was read: two bytes become three.
    assert_eq!(run(&p(4), "ȺȺ".as_bytes()), run(&p(4), "ⱥ".as_bytes()));
}

#[test]
fn nothing_to_read_is_refused() {
    for input in [
        &b""[..],
        b"   ",
        b"...",
        b"''",
        "\u{301}🙂".as_bytes(),
        b"\xff\xfe\x80",
    ] {
        for form in [BAG, TextForm::Tokens] {
            assert_eq!(
                run(&params(form, 900, 50, 50), input),
                Err(TextError::Empty)
            );
        }
    }
}

#[test]
fn a_text_without_what_its_form_takes_is_refused() {
    let pairs = TextForm::Bag {
        words: false,
        bigrams: true,
        chars: (0, 0),
    };
    let grams = TextForm::Bag {
        words: false,
        bigrams: false,
        chars: (4, 5),
    };
    let run = |form, text: &str| run(&params(form, 900, 50, 50), text.as_bytes());
    assert_eq!(run(pairs, "card"), Err(TextError::Empty));
    assert_eq!(run(pairs, "my card").unwrap().len(), 1);
    // `<a>` has three characters.
    assert_eq!(run(grams, "a b c"), Err(TextError::Empty));
    assert_eq!(run(grams, "ab").unwrap().len(), 1);
}

#[test]
fn check_refuses_bad_parameters() {
    let bag = |words, bigrams, chars| TextForm::Bag {
        words,
        bigrams,
        chars,
    };
    let shapes = [
        params(bag(false, false, (0, 0)), 900, 50, 50),
        params(bag(true, false, (0, 3)), 900, 50, 50),
        params(bag(true, false, (4, 3)), 900, 50, 50),
        params(bag(true, false, (3, 0)), 900, 50, 50),
        params(bag(true, false, (3, 9)), 900, 50, 50),
        params(BAG, 0, 50, 50),
        params(BAG, 900, 0, 50),
        params(BAG, 900, 50, 0),
    ];
    for p in shapes {
        assert_eq!(text::check(&p), Err(FrontendError::Shape), "{p:?}");
    }
    let good = params(BAG, 900, 50, 50);
    let short = TextParams {
        scratch: Span { offset: 0, len: 49 },
        ..good
    };
    let odd = TextParams {
        ids: Ids { offset: 1, max: 50 },
        ..good
    };
    assert_eq!(
        [text::check(&short), text::check(&odd)],
        [Err(FrontendError::Memory); 2]
    );
}

#[test]
fn any_bytes_in_any_memory() {
    let mut rng = SplitMix64::new(1);
    let letters: Vec<char> = "aZé’ß İȺ日🙂\u{301}-9".chars().collect();
    for _ in 0..20_000 {
        let len = rng.between(0, 60);
        let input: Vec<u8> = if rng.next_u64().is_multiple_of(2) {
            (0..len).map(|_| rng.next_u64() as u8).collect()
        } else {
            let mut bytes: Vec<u8> = (0..len)
                .map(|_| letters[rng.between(0, letters.len() as i64 - 1) as usize])
                .collect::<String>()
                .into_bytes();
            bytes.truncate(rng.between(0, 80) as usize);
            bytes
        };
        let chars = (rng.between(0, 9) as u8, rng.between(0, 9) as u8);
        let form = if rng.next_u64().is_multiple_of(4) {
            TextForm::Tokens
        } else {
            TextForm::Bag {
                words: true,
                bigrams: true,
                chars,
            }
        };
        let p = params(
            form,
            rng.between(0, 65535) as u16,
            rng.between(0, 70) as u16,
            60,
        );
        let mut scratch = vec![0; rng.between(0, 80) as usize];
        let mut ids = vec![u16::MAX; rng.between(0, 60) as usize];
        let _ = text::check(&p);
        if let Ok(count) = text::run(&p, &input, &mut scratch, &mut ids) {
            assert!(ids[..count].iter().all(|id| *id < p.buckets.max(1)));
            assert!(ids[count..].iter().all(|id| *id == u16::MAX));
        }
        let full = normal(&input);
        assert_eq!(normal(full.as_bytes()), full);
        assert!(!full.starts_with(' ') && !full.ends_with(' ') && !full.contains("  "));
    }
}
