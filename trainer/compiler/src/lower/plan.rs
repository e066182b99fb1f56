//! Memory planning: offsets for byte ranges with lifetimes, so that the whole is short (dynamic storage allocation).
//!
//! Several greedy orders are tried, then a search over orders: for some order, putting each item at the lowest free
//! place gives the shortest plan. The search ends where the bound is reached: no plan is shorter than the bytes alive at
//! one time. Everything is deterministic.

/// A byte range with its lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Length in bytes.
    pub len: usize,
    /// Alignment of the offset in bytes.
    pub align: usize,
    /// First time at which the range is needed.
    pub first: usize,
    /// Last time at which the range is needed.
    pub last: usize,
}

/// Offsets of all items, and the length of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Offset of each item, in the order of the items.
    pub offsets: Vec<usize>,
    /// Length of the plan in bytes.
    pub len: usize,
}

/// Limit of items for which every order is tried.
const EXACT: usize = 7;
/// Number of orders tried beyond the greedy ones where there are more items.
const TRIES: usize = 3000;
/// Items beyond which fewer are tried, since each takes time by the square of their number.
const MANY: usize = 512;

impl Item {
    /// Whether the lifetimes of both items overlap.
    pub fn meets(&self, other: &Item) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    fn span(&self) -> usize {
        self.last - self.first + 1
    }
}

/// Plans the items: those whose lifetimes overlap do not overlap in memory.
pub fn plan(items: &[Item]) -> Plan {
    let bound = bound(items);
    let mut orders = greedy_orders(items);
    let mut best = Plan {
        offsets: Vec::new(),
        len: usize::MAX,
    };
    let mut best_order = Vec::new();
    for order in orders.drain(..) {
        for fit in [Fit::Lowest, Fit::Tightest] {
            let plan = place(items, &order, fit);
            if plan.len < best.len {
                (best, best_order) = (plan, order.clone());
            }
        }
    }
    if best.len > bound {
        if items.len() <= EXACT {
            every_order(items, &mut best_order, 0, bound, &mut best);
        } else {
            swaps(items, best_order, bound, &mut best);
        }
    }
    best
}

/// Lower bound of a plan's length: the bytes alive at the busiest time.
pub fn bound(items: &[Item]) -> usize {
    let alive = |at: &Item| -> usize {
        let then = items
            .iter()
            .filter(|i| i.first <= at.first && at.first <= i.last);
        then.map(|i| i.len).sum()
    };
    items.iter().map(alive).max().unwrap_or(0)
}

fn greedy_orders(items: &[Item]) -> Vec<Vec<usize>> {
    let by = |key: &dyn Fn(&Item) -> (usize, usize)| {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(key(&items[i])));
        order
    };
    vec![
        by(&|i| (i.len, i.span())),
        by(&|i| (i.len * i.span(), i.len)),
        by(&|i| (i.span(), i.len)),
        by(&|i| (usize::MAX - i.first, i.len)),
        by(&|i| (i.last, i.len)),
    ]
}

#[derive(Clone, Copy)]
enum Fit {
    /// The lowest free place.
    Lowest,
    /// The smallest gap that is large enough.
    Tightest,
}

fn place(items: &[Item], order: &[usize], fit: Fit) -> Plan {
    let mut placed: Vec<(usize, usize)> = Vec::with_capacity(items.len());
    let mut plan = Plan {
        offsets: vec![0; items.len()],
        len: 0,
    };
    for &number in order {
        let item = &items[number];
        let met = placed.iter().filter(|(_, other)| items[*other].meets(item));
        let mut best: Option<(usize, usize)> = None;
        let mut end = 0usize;
        for &(start, other) in met {
            let at = end.next_multiple_of(item.align);
            let gap = start.saturating_sub(end);
            let better = match fit {
                Fit::Lowest => best.is_none(),
                Fit::Tightest => best.is_none_or(|(smallest, _)| gap < smallest),
            };
            if at + item.len <= start && better {
                best = Some((gap, at));
            }
            end = end.max(start + items[other].len);
        }
        let at = best.map_or(end.next_multiple_of(item.align), |(_, at)| at);
        plan.offsets[number] = at;
        plan.len = plan.len.max(at + item.len);
        let rank = placed.partition_point(|&(start, _)| start <= at);
        placed.insert(rank, (at, number));
    }
    plan
}

/// Tries every order that begins with the first `fixed` items of `order`.
fn every_order(
    items: &[Item],
    order: &mut Vec<usize>,
    fixed: usize,
    bound: usize,
    best: &mut Plan,
) {
    if best.len <= bound {
        return;
    }
    if place(items, &order[..fixed], Fit::Lowest).len >= best.len {
        return;
    }
    if fixed == order.len() {
        *best = place(items, order, Fit::Lowest);
        return;
    }
    for next in fixed..order.len() {
        order.swap(fixed, next);
        every_order(items, order, fixed + 1, bound, best);
        order.swap(fixed, next);
    }
}

/// Swaps two items of the best order at a time, and keeps every plan that is not longer.
fn swaps(items: &[Item], mut order: Vec<usize>, bound: usize, best: &mut Plan) {
    let mut state = 0x9e37_79b9u32;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % below
    };
    let mut current = place(items, &order, Fit::Lowest).len;
    let over = items.len().div_ceil(MANY).pow(2);
    for _ in 0..TRIES / over {
        if best.len <= bound {
            return;
        }
        let (a, b) = (random(order.len()), random(order.len()));
        order.swap(a, b);
        let plan = place(items, &order, Fit::Lowest);
        if plan.len <= current {
            current = plan.len;
        } else {
            order.swap(a, b);
        }
        if plan.len < best.len {
            *best = plan;
        }
    }
}
