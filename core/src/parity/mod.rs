//! The parity suite: random cases of every op against a naive oracle.
