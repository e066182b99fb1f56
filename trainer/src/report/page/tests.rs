use html5gum::{Token, Tokenizer};
use tillsense_compiler::run::sample::{Cell, Raw};

use super::*;
use crate::report::plot::{Axes, Bar, Layout, Series, bars, curves};
use crate::report::sample::{Form, contents};

const HOSTILE: &str =
    "</title></style><script>alert('x')</script><img src=//evil.example/a onerror=b>\u{202e}\u{1b}";

/// A page with every part, all of it named by somebody who means harm.
fn page() -> Page {
    let mut page = Page::new(HOSTILE, HOSTILE);
    page.warn(HOSTILE);
    for title in [HOSTILE, "another"] {
        let mut section = Section::new(title);
        section.subtitle(HOSTILE);
        section.text(HOSTILE);
        section.tiles([Tile::new(HOSTILE, HOSTILE).note(HOSTILE)]);
        let mut table = Table::new([HOSTILE, "b"]).words(1).caption(HOSTILE);
        table.row([HOSTILE]);
        section.table(table);
        let bar = Bar {
            name: HOSTILE.to_owned(),
            values: vec![1.0, 2.0],
        };
        section.figure(Figure::new(
            bars(&[HOSTILE, "b"], &[bar], Layout::Grouped),
            HOSTILE,
        ));
        let axes = Axes {
            x: HOSTILE,
            y: HOSTILE,
        };
        let series = [Series::counted(HOSTILE, [1.0, 2.0])];
        section.figure(Figure::new(curves(axes, &series), HOSTILE));
        let fields = [(HOSTILE.to_owned(), 0)];
        let form = Form {
            shape: [2, 2, 1],
            rate: 8000,
            fields: &fields,
        };
        for raw in [
            Raw::Text(HOSTILE.into()),
            Raw::Record(vec![Cell::Name(HOSTILE)]),
            Raw::Image(vec![0, 50, 100, 255].into()),
            Raw::Audio(vec![0; 4000].into()),
        ] {
            let card = contents(&raw, form)
                .into_iter()
                .fold(Card::new(HOSTILE), Card::content);
            section.cards([card.line(HOSTILE)]);
        }
        section.notes([Note::new(Level::Error, HOSTILE, HOSTILE)]);
        page.section(section);
    }
    page
}

#[test]
fn names_from_outside_never_become_html() {
    let html = page().html().unwrap();
    let mut texts = 0;
    for token in Tokenizer::new(&html) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                assert!(
                    !["script", "iframe", "object", "base", "form"].contains(&&*name),
                    "{name}"
                );
                for (key, value) in &tag.attributes {
                    let (key, value) =
                        (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
                    assert!(!key.starts_with("on"), "{key}");
                    let fetched = ["src", "href", "srcset", "data"].contains(&&*key);
                    assert!(
                        !fetched || value.starts_with('#') || value.starts_with("data:"),
                        "{key}={value}"
                    );
                }
            }
            Token::String(text) => {
                let text = String::from_utf8_lossy(&text);
                assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
                texts += usize::from(text.contains("<script>alert('x')</script>"));
            }
            _ => {}
        }
    }
    // Title, banner, headings, tiles, tables, samples and notes of both sections.
    assert!(texts > 40, "{texts}");
}

#[test]
fn a_page_is_made_of_what_it_holds() {
    let html = page().html().unwrap();
    assert_eq!(html.matches("<section ").count(), 2);
    assert!(html.contains("href=\"#s2\"") && html.contains("id=\"s2\""));
    assert!(html.contains("default-src 'none'"));
    let mut small = Page::new("one", "");
    small.section(Section::new("empty"));
    let html = small.html().unwrap();
    assert!(
        !html.contains("<section") && !html.contains("<nav") && !html.contains("banner\""),
        "{html}"
    );
}

#[test]
fn a_page_that_is_too_large_is_refused() {
    let mut page = Page::new("large", "");
    let mut section = Section::new("rows");
    let mut table = Table::new(["a"]);
    for _ in 0..40_000 {
        table.row(["x".repeat(200)]);
    }
    section.table(table);
    page.section(section);
    let error = page.html().unwrap_err().to_string();
    assert!(error.contains("at most 5,000,000"), "{error}");
}
