pub fn seconds(_: &str) -> Option<i64> { None }
