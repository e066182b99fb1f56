use super::*;

const CSS: &str = include_str!("../../../templates/page.css");

fn named(name: &str, points: &[(f64, f64)]) -> Series {
    Series {
        name: name.to_owned(),
        points: points.to_vec(),
    }
}

/// Every kind of plot of numbers that may be anything.
fn all(values: &[f64]) -> Vec<Plot> {
    let points: Vec<_> = values.iter().map(|&v| (v, v)).collect();
    let bar = |values: &[f64]| Bar {
        name: "bar".to_owned(),
        values: values.to_vec(),
    };
    let axes = Axes { x: "x", y: "y" };
    let names: Vec<_> = values.iter().map(|_| "name".to_owned()).collect();
    let table = Heat {
        y: "rows",
        x: "columns",
        rows: names.clone(),
        columns: names,
        cells: vec![values.to_vec(); values.len()],
        by_row: true,
    };
    let block = |&value: &f64| Block {
        x: (0.0, value),
        y: (value, 1.0),
        name: "block".to_owned(),
        series: 9,
    };
    let lots: Vec<_> = values.iter().map(|&v| (v, v, 1)).collect();
    let blocks_of: Vec<_> = values.iter().map(block).collect();
    vec![
        curves(
            axes,
            &[
                named("a", &points),
                Series::counted("b", values.iter().copied()),
            ],
        ),
        super::points(axes, &[named("a", &points)]),
        reliability(
            axes,
            &[Sureness {
                name: "a".to_owned(),
                points: lots,
            }],
        ),
        bars(&["a", "b"], &[bar(values), bar(&[])], Layout::Stacked),
        bars(&["a", "b"], &[bar(values), bar(&[])], Layout::Grouped),
        histogram("x", &[("a".to_owned(), Bins::of(values, 8))]),
        histogram(
            "x",
            &[
                ("a".to_owned(), Bins::of(values, 8)),
                ("b".to_owned(), Bins::of(&[], 8)),
            ],
        ),
        heat(&table),
        blocks(axes, &["a"], &blocks_of),
        wave(&values.iter().map(|&v| v as i16).collect::<Vec<_>>()),
    ]
}

#[test]
fn numbers_of_any_kind_are_drawn_or_left_out() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases: [&[f64]; 9] = [
        &[],
        &[0.0],
        &[-3.0, -3.0],
        &[nan, inf, -inf],
        &[nan, 0.5, inf, 1.5, -inf],
        &[f64::MAX, f64::MIN],
        &[1e-300, 2e-300, f64::MIN_POSITIVE],
        &[1e15, 1e15 + 2.0],
        &[0.1, 0.7, 0.3, 1e6],
    ];
    for values in cases {
        for plot in all(values) {
            let svg = plot.svg();
            assert!(
                svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
                "{values:?}: {svg}"
            );
            assert!(
                !svg.contains("NaN") && !svg.contains(">inf"),
                "{values:?}: {svg}"
            );
            assert!(!svg.contains("cannot be drawn"), "{values:?}");
        }
    }
    assert!(
        all(&[])
            .iter()
            .take(3)
            .all(|plot| plot.svg().contains("no values"))
    );
}

#[test]
fn names_from_outside_stay_text() {
    let hostile = "<script>alert(1)</script>\u{202e}\u{1b}&\"";
    let bar = Bar {
        name: hostile.to_owned(),
        values: vec![1.0, 2.0],
    };
    let drawn = bars(&[hostile, "b"], &[bar], Layout::Stacked);
    let svg = drawn.svg();
    assert!(
        svg.contains("&lt;script&gt;") && !svg.contains("<script"),
        "{svg}"
    );
    assert!(
        drawn.legend()[0].1.contains("\\u{202e}"),
        "{:?}",
        drawn.legend()
    );
    let long = "x".repeat(300);
    let series = [named(&long, &[(0.0, 1.0), (1.0, 2.0)])];
    assert_eq!(
        curves(Axes::default(), &series).legend()[0]
            .1
            .chars()
            .count(),
        40
    );
}

#[test]
fn every_colour_has_another_in_the_dark() {
    let colours = [INK, MUTED, GRID, PAPER].into_iter().chain(SERIES);
    for RGBColor(red, green, blue) in colours {
        let name = format!("#{red:02X}{green:02X}{blue:02X}");
        for kind in ["fill", "stroke"] {
            assert!(
                CSS.contains(&format!("[{kind}=\"{name}\"] {{ {kind}: #")),
                "{kind} {name}"
            );
        }
    }
    // And nothing else is drawn with.
    for plot in all(&[0.1, 0.7, 0.3]) {
        for colour in plot.svg().split("=\"#").skip(1) {
            assert!(CSS.contains(&colour[..6]), "{colour}");
        }
    }
}

#[test]
fn numbers_are_short() {
    let cases = [
        (0.0, "0"),
        (12.0, "12"),
        (0.25, "0.25"),
        (9999.0, "9999"),
        (12_345.0, "12.3k"),
        (2_500_000.0, "2.5M"),
        (1e-7, "1.0e-7"),
        (-0.5, "-0.5"),
        (f64::NAN, "-"),
    ];
    for (value, wanted) in cases {
        assert_eq!(number(value), wanted);
    }
}
