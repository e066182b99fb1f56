//! What the figures of all layers come to.

use super::Figure;

/// The candidate of each layer that takes fewest instructions.
pub fn fastest(figures: Vec<Figure>) -> Vec<Figure> {
    let mut best: Vec<Figure> = Vec::new();
    for figure in figures {
        match best.last_mut().filter(|last| last.id == figure.id) {
            Some(last) if figure.instructions < last.instructions => *last = figure,
            Some(_) => {}
            None => best.push(figure),
        }
    }
    best
}

/// Geometric mean of the ratios, and the figure with the smallest.
pub fn summary(figures: &[Figure]) -> Option<(f64, &Figure)> {
    let ratios: Vec<f64> = figures.iter().filter_map(|f| f.ratio).collect();
    let mean = (ratios.iter().map(|r| r.ln()).sum::<f64>() / ratios.len() as f64).exp();
    let with = figures.iter().filter(|f| f.ratio.is_some());
    let worst = with.min_by(|a, b| {
        a.ratio
            .partial_cmp(&b.ratio)
            .unwrap_or(std::cmp::Ordering::Equal)
    })?;
    Some((mean, worst))
}
