//! Profiles of columns as people have them.

use super::*;
use crate::data::rows::tests::written;

fn profile(text: &str) -> Profile {
    let file = written("a.csv", text);
    Profile::of(&TableFile::open(&file.path).unwrap(), |_| true).unwrap()
}

fn column(name: &str, cells: &[&str]) -> ColumnProfile {
    let text = format!(
        "{name};x\n{}\n",
        cells
            .iter()
            .map(|cell| format!("{cell};"))
            .collect::<Vec<_>>()
            .join("\n")
    );
    profile(&text).columns.swap_remove(0)
}

#[test]
fn numbers_with_gaps_and_a_fault() {
    let of = column("n", &["1,5", "", "NA", "-2,25", "x", "1.000,0", "NA"]);
    assert_eq!((of.filled, of.empty, of.numbers.count), (6, 1, 3));
    assert_eq!(of.missing_words, BTreeMap::from([("NA".to_owned(), 2)]));
    assert_eq!(
        (of.numbers.min, of.numbers.max, of.numbers.decimals),
        (-2.25, 1000.0, 2)
    );
    assert_eq!(of.numbers.others.first, [(6, "x".to_owned())]);
    assert!(!of.is_numeric() && !of.numbers.is_monotone());
    let of = column("n", &["1", "NA", "3", "", "10"]);
    assert!(
        of.is_numeric() && of.numbers.rising && !of.numbers.falling && of.numbers.decimals == 0
    );
    let of = column("n", &["12 %", "007", "$5"]);
    assert_eq!(of.numbers.units, BTreeMap::from([('$', 1), ('%', 1)]));
    assert_eq!(of.numbers.leading_zeros, 1);
}

#[test]
fn a_column_of_dates_has_a_form_or_two() {
    let cases: [(&[&str], &[TimeForm]); 6] = [
        (
            &["2026-01-31", "", "2026-02-01T10:00:00Z"],
            &[TimeForm::Iso],
        ),
        (&["01/02/2026", "13/02/2026"], &[TimeForm::DayFirst]),
        (
            &["01/02/2026", "02/13/2026", "NaT"],
            &[TimeForm::MonthFirst],
        ),
        (
            &["01/02/2026", "03/04/2026"],
            &[TimeForm::DayFirst, TimeForm::MonthFirst],
        ),
        (&["1769862600", "1769862601"], &[TimeForm::EpochSeconds]),
        (&["2026-01-31", "soon"], &[]),
    ];
    for (cells, forms) in cases {
        assert_eq!(column("when", cells).time_forms(), forms, "{cells:?}");
    }
}

#[test]
fn paths_are_looked_for_beside_the_table() {
    let file = written(
        "a.csv",
        "photo,clip\nb.PNG,x.wav\nno/c.jpg,\nhttps://x/d.png,\n",
    );
    std::fs::write(file.path.with_file_name("b.PNG"), "x").unwrap();
    let of = Profile::of(&TableFile::open(&file.path).unwrap(), |_| true).unwrap();
    let (photo, clip) = (&of.columns[0], &of.columns[1]);
    assert_eq!((photo.pictures.count, photo.pictures.looked_for), (2, 2));
    assert_eq!(photo.pictures.absent.first, [(3, "no/c.jpg".to_owned())]);
    assert_eq!((clip.sounds.count, clip.sounds.absent.count), (1, 1));
}

#[test]
fn damage_and_words_are_counted() {
    let of = column(
        "t",
        &["ZÃ¼rich", "Zürich", "itâ€™s \u{fffd}", "Ã la carte", "yes"],
    );
    assert_eq!(
        of.damaged
            .first
            .iter()
            .map(|(line, _)| *line)
            .collect::<Vec<_>>(),
        [2, 4]
    );
    assert_eq!((of.texts.words, of.booleans), (8, 1));
    assert!(of.letter_share() > 0.7 && of.distinct_share() == 1.0);
}

#[test]
fn a_hundred_thousand_categories_are_more_than_a_limit() {
    let rows: Vec<String> = (0..100_000).map(|i| format!("name {i},x")).collect();
    let of = profile(&format!("a,b\n{}\n", rows.join("\n")));
    let Distinct::About(about) = of.columns[0].distinct else {
        panic!()
    };
    assert!((90_000..110_000).contains(&about), "{about}");
    assert_eq!(
        of.columns[1].distinct,
        Distinct::Exact(vec![("x".to_owned(), 100_000)])
    );
}

#[test]
fn only_chosen_rows_are_looked_at() {
    let file = written("a.csv", "n,split\n1,train\n900,test\n2,train\n");
    let table = TableFile::open(&file.path).unwrap();
    let of = Profile::of(&table, |row| row.get(1) == "train").unwrap();
    assert_eq!((of.rows, of.columns[0].numbers.max), (2, 2.0));
}
