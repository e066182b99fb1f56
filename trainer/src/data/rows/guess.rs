//! What a column is for, guessed by its profile, with the reason in words.
//!
//! The rules are asked in this order, over training rows; a person overrides each in the description.
//!
//! | guess | rule |
//! |---|---|
//! | empty | no cell holds anything |
//! | constant | all cells that hold something are equal, and none is empty |
//! | picture, sound | 9 of 10 cells end like names of such files |
//! | time | all cells are times of one form (see [`super::time`]) |
//! | category | yes and no, true and false |
//! | id | whole numbers, [`NEARLY_ALL`] of them different, that rise or fall from row to row or whose name says so; from [`FEW_ROWS`] rows |
//! | category | numbers of which some begin with a needless zero, as codes do |
//! | category | whole numbers with 3 to [`MOST_CODES`] different values, [`ROWS_A_CODE`] rows a value, and no sign of an order |
//! | number | all other numbers |
//! | text | 3 words a cell or more, and a cell in five is different or more than [`MOST_CATEGORIES`] are |
//! | id | [`NEARLY_ALL`] of the cells are different, and they are one word or few letters |
//! | text | [`NEARLY_ALL`] of the cells are different, and they are words |
//! | category | at most [`MOST_CATEGORIES`] different cells |
//! | id | all others: keys of something that has several rows, such as customers |
//!
//! Empty cells and words such as `NA` do not count. AutoGluon takes a column as text from 3 words a cell where over 1 % of the cells are different (its `infer_types.py`), which
//! makes texts of class names in small tables: here it is a fifth. It drops what is 99 % different (its `drop_unique.py`), as here. Ludwig wants 5 words and takes
//! what is less than half different as category (its `infer_type`): a request such as `my card is gone` would be a category there.
//!
//! **Whole numbers with few values** may be codes (1 single, 2 married) or counts (0 to 5 children), and AutoGluon takes all as numbers. A code as number puts an order where there is none, which a
//! small network hardly undoes; a count as category loses nothing but values that training never saw. So they are categories, unless a sign of order speaks for a count: at least
//! five different values in a gapless row whose frequencies rise to one top and fall from there. Of random frequencies, one in eight orders of five does that, and one in 23 of six.

use super::numbers::DecimalMark;
use super::profile::{ColumnProfile, Distinct};
use super::time::TimeForm;

/// Share of different cells from which a column is nearly unique.
pub const NEARLY_ALL: f64 = 0.99;
/// Different whole numbers of a column up to which they may be codes.
pub const MOST_CODES: usize = 12;
/// Rows that each code must have on average, so that its weight can be learnt.
pub const ROWS_A_CODE: u64 = 20;
/// Categories of a field that a terminal takes.
pub const MOST_CATEGORIES: u64 = 256;
/// Rows below which whole numbers that rise may be anything.
pub const FEW_ROWS: u64 = 20;
/// Largest integer that training values may become: an eighth of the range of 32 bits, since a terminal meets greater ones than training did.
const ROOM: f64 = (1_u64 << 28) as f64;
/// Decimals of a field that a terminal takes.
const MOST_DECIMALS: u8 = 9;

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A number with so many decimals.
    Number {
        /// Decimals that are kept.
        decimals: u8,
    },
    /// A number that does not fit in 32 bits, without any decimals even.
    TooLarge,
    /// One of several names.
    Category,
    /// A text.
    Text,
    /// The path of a picture.
    Picture,
    /// The path of a sound.
    Sound,
    /// A time: its form, or two where a person must say which.
    Time(Vec<TimeForm>),
    /// A name of the row, or of what it belongs to: nothing to learn from, but perhaps a group or a key.
    Id,
    /// One value in all rows.
    Constant,
    /// Nothing in any row.
    Empty,
}

/// A role with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The role.
    pub role: Role,
    /// Why, in words.
    pub reason: String,
}

impl Role {
    /// The role in one word or two.
    pub const fn name(&self) -> &'static str {
        match self {
            Role::Number { .. } => "number",
            Role::TooLarge => "too large a number",
            Role::Category => "category",
            Role::Text => "text",
            Role::Picture => "picture",
            Role::Sound => "sound",
            Role::Time(_) => "time",
            Role::Id => "id",
            Role::Constant => "constant",
            Role::Empty => "empty",
        }
    }
}

/// Guesses what a column is for.
pub fn guess(column: &ColumnProfile) -> Guess {
    let rules = [nothing, files, times, booleans, numbers, words];
    let found = rules.iter().find_map(|rule| rule(column));
    found.unwrap_or_else(|| {
        of(
            Role::Id,
            "its cells are of no kind that is known".to_owned(),
        )
    })
}

fn of(role: Role, reason: String) -> Guess {
    Guess { role, reason }
}

fn nothing(column: &ColumnProfile) -> Option<Guess> {
    if column.without_missing_words() == 0 {
        return Some(of(Role::Empty, "no cell holds anything".to_owned()));
    }
    let one = column.distinct.count() == 1 && column.empty == 0;
    one.then(|| of(Role::Constant, "all cells are equal".to_owned()))
}

fn files(column: &ColumnProfile) -> Option<Guess> {
    let kinds = [
        (&column.pictures, Role::Picture, "pictures"),
        (&column.sounds, Role::Sound, "sounds"),
    ];
    let (files, role, word) = kinds
        .into_iter()
        .find(|(files, ..)| 10 * files.count >= 9 * column.filled)?;
    let there = files.looked_for - files.absent.count;
    let reason = format!(
        "names of {word}; {there} of {} looked for are there",
        files.looked_for
    );
    Some(of(role, reason))
}

fn times(column: &ColumnProfile) -> Option<Guess> {
    let forms = column.time_forms();
    let reason = match forms.as_slice() {
        [] => return None,
        [form] => format!("all cells are times ({})", form.words()),
        [one, other, ..] => format!(
            "all cells are times, but {} or {} is not to be seen",
            one.words(),
            other.words()
        ),
    };
    Some(of(Role::Time(forms), reason))
}

fn booleans(column: &ColumnProfile) -> Option<Guess> {
    let all = column.booleans == column.without_missing_words() && column.distinct.count() <= 4;
    all.then(|| of(Role::Category, "yes or no".to_owned()))
}

fn numbers(column: &ColumnProfile) -> Option<Guess> {
    if !column.is_numeric() {
        return None;
    }
    let numbers = &column.numbers;
    let whole = numbers.decimals == 0;
    if whole && column.filled >= FEW_ROWS && column.distinct_share() >= NEARLY_ALL {
        if numbers.is_monotone() {
            return Some(of(
                Role::Id,
                "whole numbers that rise or fall from row to row, each once".to_owned(),
            ));
        }
        if is_named_id(&column.name) {
            return Some(of(
                Role::Id,
                "whole numbers, nearly each once, in a column named like an id".to_owned(),
            ));
        }
    }
    if numbers.leading_zeros > 0 {
        let role = if column.distinct.count() <= MOST_CATEGORIES {
            Role::Category
        } else {
            Role::Id
        };
        let reason = format!(
            "codes: {} begin with a zero that a number does not need",
            numbers.leading_zeros
        );
        return Some(of(role, reason));
    }
    if whole && let Some(reason) = codes(column) {
        return Some(of(Role::Category, reason));
    }
    Some(number(column))
}

fn number(column: &ColumnProfile) -> Guess {
    let (largest, needed) = (column.numbers.largest(), column.numbers.decimals);
    if largest > f64::from(i32::MAX) {
        let reason = format!(
            "numbers up to {largest} do not fit in 32 bits: take a larger unit, or ignore it"
        );
        return of(Role::TooLarge, reason);
    }
    let fits = |&decimals: &u8| largest * libm::exp10(f64::from(decimals)) <= ROOM;
    let decimals = (0..=needed.min(MOST_DECIMALS))
        .rev()
        .find(fits)
        .unwrap_or(0);
    let mut reason = match column.numbers.units.keys().next() {
        Some(unit) => format!("numbers with `{unit}`, which is left out"),
        None => "numbers".to_owned(),
    };
    if column.numbers.units.len() > 1 {
        reason.push_str(", though the signs differ");
    }
    if decimals < needed {
        reason.push_str(&format!(
            "; {decimals} of {needed} decimals are kept, as 32 bits allow"
        ));
    }
    of(Role::Number { decimals }, reason)
}

/// Why whole numbers with few values are codes; `None` where they are not.
fn codes(column: &ColumnProfile) -> Option<String> {
    let Distinct::Exact(cells) = &column.distinct else {
        return None;
    };
    let read = |(cell, count): &(String, u64)| {
        let number = super::numbers::Number::read(cell, DecimalMark::Point)?;
        Some((number.wide(0)?, *count))
    };
    let mut values: Vec<(i64, u64)> = cells.iter().filter_map(read).collect();
    values.sort_unstable();
    let few = (3..=MOST_CODES).contains(&values.len());
    let rows = column.numbers.count >= ROWS_A_CODE * values.len() as u64;
    let codes = few && rows && !is_ordered(&values);
    codes.then(|| {
        format!(
            "{} different whole numbers without a sign of an order, as codes have",
            values.len()
        )
    })
}

/// Whether values in their order, with their frequencies, are like counts.
fn is_ordered(values: &[(i64, u64)]) -> bool {
    let gapless = values.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
    let top = values.windows(2).position(|pair| pair[0].1 > pair[1].1);
    let behind = &values[top.unwrap_or(values.len())..];
    let one_top = behind.windows(2).all(|pair| pair[0].1 >= pair[1].1);
    values.len() >= 5 && gapless && one_top
}

fn words(column: &ColumnProfile) -> Option<Guess> {
    let (count, share) = (column.distinct.count(), column.distinct_share());
    let mean = column.mean_words();
    let nearly_all = column.filled >= FEW_ROWS && share >= NEARLY_ALL;
    if mean >= 3.0 && (share >= 0.2 || count > MOST_CATEGORIES) {
        return Some(of(Role::Text, format!("{mean:.1} words a cell")));
    }
    if nearly_all && mean >= 1.5 && column.letter_share() >= 0.5 {
        return Some(of(
            Role::Text,
            "words, nearly all cells different".to_owned(),
        ));
    }
    if nearly_all {
        return Some(of(Role::Id, "nearly all cells are different".to_owned()));
    }
    if count <= MOST_CATEGORIES {
        return Some(of(Role::Category, format!("{count} different cells")));
    }
    let about = if matches!(column.distinct, Distinct::About(_)) {
        "about "
    } else {
        ""
    };
    Some(of(
        Role::Id,
        format!(
            "{about}{count} different cells, more than the {MOST_CATEGORIES} categories that a field has: a group or a key perhaps"
        ),
    ))
}

/// Whether a column's name says that its numbers are names: `id`, `customer_id`, `CustomerID`, `nr`, `Kundennr`.
fn is_named_id(name: &str) -> bool {
    const ENDS: [&str; 6] = ["id", "key", "uuid", "nr", "no", "number"];
    let lower = name.to_lowercase();
    let word = lower
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    // `paid` is no id, `customerId` and `userID` are.
    ENDS.contains(&word) || name.ends_with("Id") || name.ends_with("ID") || word.ends_with("nr")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rows::TableFile;
    use crate::data::rows::profile::Profile;
    use crate::data::rows::tests::written;

    fn role(name: &str, cells: impl IntoIterator<Item = impl ToString>) -> Role {
        let mut text = format!("{name};x\n");
        cells
            .into_iter()
            .for_each(|cell| text += &format!("{};\n", cell.to_string()));
        let file = written("a.csv", text);
        let table = TableFile::open(&file.path).unwrap();
        let profile = Profile::of(&table, |_| true).unwrap();
        let guess = guess(&profile.columns[0]);
        assert!(!guess.reason.is_empty());
        guess.role
    }

    /// Whole numbers without a pattern.
    fn scattered(count: usize) -> impl Iterator<Item = usize> {
        (0..count).map(move |i| i * 7919 % 10_007)
    }

    #[test]
    fn numbers_codes_and_ids() {
        let number = |decimals| Role::Number { decimals };
        assert_eq!(
            role("amount", scattered(500).map(|i| format!("{i},25"))),
            number(2)
        );
        assert_eq!(role("amount", scattered(500)), number(0));
        assert_eq!(role("row", 0..500), Role::Id);
        assert_eq!(role("row", 0..10), number(0), "too few rows to tell");
        assert_eq!(role("customer_id", scattered(500)), Role::Id);
        assert_eq!(role("paid", scattered(500)), number(0));
        assert_eq!(
            role("zip", scattered(500).map(|i| format!("{:05}", i % 90))),
            Role::Category
        );
        // Frequencies without one top: codes. With one: a count. Two values: a number says it all.
        let codes = [1, 2, 3, 4, 5, 1, 3, 5, 1, 5];
        assert_eq!(
            role("kind", (0..500).map(|i| codes[i % 10])),
            Role::Category
        );
        let counts = [0, 1, 2, 3, 4, 0, 1, 2, 0, 1];
        assert_eq!(
            role("children", (0..500).map(|i| counts[i % 10])),
            number(0)
        );
        assert_eq!(role("flag", (0..500).map(|i| i % 2)), number(0));
        assert_eq!(role("kind", codes), number(0), "too few rows a code");
    }

    #[test]
    fn decimals_leave_room_in_32_bits() {
        let number = |decimals| Role::Number { decimals };
        let million = |i: usize| format!("{}.123456", 1_000_000 + i);
        assert_eq!(role("amount", scattered(100).map(million)), number(2));
        assert_eq!(
            role("rate", scattered(100).map(|i| format!("0.00{i:010}"))),
            number(9)
        );
        assert_eq!(
            role("cents", scattered(100).map(|i| 600_000_000 + i)),
            number(0)
        );
        assert_eq!(
            role("card", scattered(100).map(|i| 4_111_111_111_111_111 + i)),
            Role::TooLarge
        );
    }

    #[test]
    fn texts_categories_and_keys() {
        let cities = ["Bern", "Basel", "Genève", "New York City"];
        assert_eq!(
            role("city", (0..100).map(|i| cities[i % 4])),
            Role::Category
        );
        assert_eq!(
            role("question", (0..60).map(|i| format!("my card {i} is gone"))),
            Role::Text
        );
        assert_eq!(
            role(
                "search",
                (0..60).map(|i| format!("lost card{}", "x".repeat(i)))
            ),
            Role::Text
        );
        assert_eq!(
            role(
                "class",
                (0..60).map(|i| ["card is lost", "pin is lost"][i % 2])
            ),
            Role::Category
        );
        assert_eq!(
            role("uuid", (0..60).map(|i| format!("a-{i:08x}"))),
            Role::Id
        );
        assert_eq!(
            role("customer", (0..3000).map(|i| format!("c{}", i % 700))),
            Role::Id
        );
        assert_eq!(role("ok", ["yes", "no", "yes", "NA"]), Role::Category);
    }

    #[test]
    fn times_files_and_nothing() {
        let days = (1..29).map(|day| format!("2026-01-{day:02}"));
        assert_eq!(role("when", days), Role::Time(vec![TimeForm::Iso]));
        let both = vec![TimeForm::DayFirst, TimeForm::MonthFirst];
        assert_eq!(
            role("when", (1..12).map(|day| format!("{day}/3/2026"))),
            Role::Time(both)
        );
        let millis = (0..50).map(|i| 1_769_862_600_000_u64 + i);
        assert_eq!(
            role("when", millis),
            Role::Time(vec![TimeForm::EpochMillis])
        );
        assert_eq!(
            role("photo", (0..30).map(|i| format!("a/{i}.jpg"))),
            Role::Picture
        );
        assert_eq!(role("clip", ["1.wav", "", "2.WAV"]), Role::Sound);
        assert_eq!(role("n", ["", "NA", "-"]), Role::Empty);
        assert_eq!(role("n", ["5", "5"]), Role::Constant);
        assert_eq!(
            role("n", ["x", "", "x"]),
            Role::Category,
            "whether it is there may tell something"
        );
    }
}
