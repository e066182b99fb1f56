pub mod quants;
