//! Pages that a person opens: one file of HTML with everything in it, without a script, which nothing is fetched for.
//!
//! - [`page`] is what a page consists of, and writes it by a template that escapes every text;
//! - [`plot`] draws what numbers look like;
//! - [`sample`] shows a picture, a recording, a text or a record of somebody's data;
//! - [`data`] is the page about data before training (`tillsense check --html`).
//!
//! A page is made from its top to its end:
//!
//! ```
//! use tillsense_trainer::report::page::{Figure, Page, Section, Table, Tile};
//! use tillsense_trainer::report::plot::{Axes, Series, curves};
//!
//! let mut page = Page::new("words", "what the training came to");
//! page.warn("This page holds samples of the data. Whoever has it can see them.");
//! let mut section = Section::new("Training");
//! section.tiles([Tile::new("held-out accuracy", "97.12 %")]);
//! let loss = Series::counted("loss", [0.9, 0.4, 0.3]);
//! section.figure(Figure::new(curves(Axes { x: "epoch", y: "loss" }, &[loss]), "Loss by epoch."));
//! let mut table = Table::new(["epoch", "loss"]).words(1);
//! table.row(["1", "0.9"]);
//! section.table(table);
//! page.section(section);
//! let html = page.html().unwrap();
//! assert!(html.contains("97.12 %"));
//! ```
//!
//! Texts from outside are given as they are. What cannot be seen in them is escaped here, as on a screen, and HTML by the templates.

pub mod data;
#[cfg(feature = "train")]
pub mod model;
pub mod page;
pub mod plot;
pub mod sample;
