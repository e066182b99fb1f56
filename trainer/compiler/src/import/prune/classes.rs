//! Channels that stay or go together: what a depthwise layer makes of a channel goes with the channel, and so does a term of a sum.

/// Sets of channels, which grow together.
#[derive(Clone, Debug)]
pub struct Classes {
    /// A channel of the same set, nearer to the one that stands for it.
    up: Vec<u32>,
    /// The next channel of the same set, around in a circle.
    next: Vec<u32>,
}

impl Classes {
    /// Each of so many channels by itself.
    pub fn new(channels: usize) -> Self {
        Classes {
            up: (0..channels as u32).collect(),
            next: (0..channels as u32).collect(),
        }
    }

    /// The channel that stands for the set of this one.
    pub fn root(&self, channel: usize) -> usize {
        let mut at = channel;
        while self.up[at] as usize != at {
            at = self.up[at] as usize;
        }
        at
    }

    /// Makes one set of two.
    pub fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.shorten(one), self.shorten(other));
        if one != other {
            self.up[other.max(one)] = other.min(one) as u32;
            self.next.swap(one, other);
        }
    }

    /// All channels of a set, beginning with this one.
    pub fn members(&self, channel: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = Some(channel);
        std::iter::from_fn(move || {
            let member = at?;
            let next = self.next[member] as usize;
            at = (next != channel).then_some(next);
            Some(member)
        })
    }

    /// The root, to which all channels on the way point from then on.
    fn shorten(&mut self, channel: usize) -> usize {
        let root = self.root(channel);
        let mut at = channel;
        while at != root {
            at = std::mem::replace(&mut self.up[at], root as u32) as usize;
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_grow_together_and_know_their_members() {
        let mut classes = Classes::new(6);
        for (one, other) in [(0, 3), (5, 4), (3, 4), (0, 5)] {
            classes.join(one, other);
        }
        let mut members: Vec<usize> = classes.members(4).collect();
        members.sort_unstable();
        assert_eq!(members, [0, 3, 4, 5]);
        assert!(members.iter().all(|&one| classes.root(one) == 0));
        assert_eq!(classes.members(1).collect::<Vec<_>>(), [1]);
    }
}
