//! Some of many.

/// At most so many of a list, spread evenly over it, however long it becomes.
#[derive(Clone, Debug)]
pub struct Thin<T> {
    kept: Vec<T>,
    most: usize,
    stride: usize,
    seen: usize,
}

impl<T> Thin<T> {
    /// Nothing yet, and at most twice as many as `most` later.
    pub fn new(most: usize) -> Self {
        Self {
            kept: Vec::new(),
            most: most.max(1),
            stride: 1,
            seen: 0,
        }
    }

    /// Adds one.
    pub fn add(&mut self, value: T) {
        if self.seen.is_multiple_of(self.stride) {
            self.kept.push(value);
        }
        self.seen += 1;
        if self.kept.len() >= 2 * self.most {
            // Every other one, the first among them.
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Those that were kept.
    pub fn kept(&self) -> &[T] {
        &self.kept
    }

    /// How many there were.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// So many of those that were kept, at most, spread over them.
    pub fn some(&self, count: usize) -> impl Iterator<Item = &T> {
        let count = count.min(self.kept.len());
        (0..count).map(move |at| &self.kept[at * self.kept.len() / count])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_spread_over_all() {
        let mut thin = Thin::new(8);
        for value in 0..1000 {
            thin.add(value);
        }
        assert_eq!(thin.seen(), 1000);
        assert!((8..16).contains(&thin.kept().len()), "{thin:?}");
        assert!(
            thin.kept()
                .windows(2)
                .all(|two| two[1] - two[0] == thin.stride)
        );
        assert!(
            thin.kept()
                .last()
                .is_some_and(|last| 1000 - last <= thin.stride)
        );
        assert_eq!(thin.some(3).count(), 3);
        assert_eq!(Thin::<u8>::new(4).some(3).count(), 0);
    }
}
