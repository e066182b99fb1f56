//! Who occupies which bytes of the arena, and from when to when.

use tillsense_core::engine::Model;

use super::life::{State, parts};

/// The arena over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// The parts of the plan, each with the number of its first step.
    pub parts: Vec<(String, usize)>,
    /// Number of steps.
    pub steps: usize,
    /// Bytes of the arena.
    pub len: usize,
    /// What lies in it, in the order in which it is written.
    pub tenants: Vec<Tenant>,
}

/// Bytes that hold one thing for some steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The step that wrote them; `None` for what was there before the first step: state and encodings of calls before.
    pub writer: Option<usize>,
    /// First step in which they hold it.
    pub first: usize,
    /// Last step.
    pub last: usize,
    /// First byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

/// Who occupies which bytes of a model's arena.
pub fn occupancy(model: &Model<'_>) -> Occupancy {
    let len = model.header().arena_len as usize;
    let parts = parts(model);
    let states: Vec<_> = parts.iter().map(|part| part.states(model)).collect();
    let stretches = states.iter().flatten().flatten();
    let mut cuts: Vec<usize> = stretches.flat_map(|s| [s.start, s.end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let cells = cuts.len().saturating_sub(1);
    // By cell, who wrote it last.
    let mut writers: Vec<Option<usize>> = vec![None; cells];
    let mut found = Occupancy {
        len,
        ..Occupancy::default()
    };
    let mut open: Vec<Tenant> = Vec::new();
    for (part, states) in parts.iter().zip(&states) {
        found.parts.push((part.name.clone(), found.steps));
        for stretches in states {
            let step = found.steps;
            let mut now: Vec<Tenant> = Vec::new();
            for stretch in stretches.iter().filter(|s| s.state != State::Free) {
                let first = cuts.partition_point(|&cut| cut < stretch.start);
                let last = cuts.partition_point(|&cut| cut < stretch.end);
                for cell in first..last {
                    if stretch.state == State::Written {
                        writers[cell] = Some(step);
                    }
                    let (writer, start, end) = (writers[cell], cuts[cell], cuts[cell + 1]);
                    match now.last_mut() {
                        Some(tenant) if tenant.end == start && tenant.writer == writer => {
                            tenant.end = end;
                        }
                        _ => now.push(Tenant {
                            writer,
                            first: step,
                            last: step,
                            start,
                            end,
                        }),
                    }
                }
            }
            found.tenants.extend(moved(&mut open, now));
            found.steps += 1;
        }
    }
    found.tenants.append(&mut open);
    found
        .tenants
        .sort_by_key(|tenant| (tenant.first, tenant.start));
    found
}

/// Tenants that have left; those that stay are made longer by a step.
fn moved(open: &mut Vec<Tenant>, now: Vec<Tenant>) -> Vec<Tenant> {
    let before = std::mem::replace(open, now);
    let mut left = Vec::new();
    for tenant in before {
        let place = (tenant.writer, tenant.start, tenant.end);
        let same = |other: &&mut Tenant| (other.writer, other.start, other.end) == place;
        match open.iter_mut().find(same) {
            Some(stays) => stays.first = tenant.first,
            None => left.push(tenant),
        }
    }
    left
}
