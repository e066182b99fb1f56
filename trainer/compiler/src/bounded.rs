//! Lists and maps of files, at most so long.
//!
//! A byte of a file may become a hundred in memory: an empty list takes one there and 24 here. So the number of elements is limited
//! while they are decoded, and what is left takes about as much memory as the file has bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A list of at most `MOST` elements, for `deserialize_with`.
pub fn list<'de, const MOST: usize, T, D>(from: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    from.deserialize_seq(Bounded::<MOST, Vec<T>>(PhantomData))
}

/// A map of at most `MOST` entries, for `deserialize_with`.
pub fn map<'de, const MOST: usize, V, D>(from: D) -> Result<BTreeMap<String, V>, D::Error>
where
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    from.deserialize_map(Bounded::<MOST, BTreeMap<String, V>>(PhantomData))
}

struct Bounded<const MOST: usize, C>(PhantomData<C>);

impl<'de, const MOST: usize, T: Deserialize<'de>> Visitor<'de> for Bounded<MOST, Vec<T>> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = from.next_element()? {
            if list.len() == MOST {
                return Err(A::Error::invalid_length(MOST + 1, &self));
            }
            list.push(element);
        }
        Ok(list)
    }
}

impl<'de, const MOST: usize, V: Deserialize<'de>> Visitor<'de>
    for Bounded<MOST, BTreeMap<String, V>>
{
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((name, value)) = from.next_entry()? {
            if map.len() == MOST {
                return Err(A::Error::invalid_length(MOST + 1, &self));
            }
            map.insert(name, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Few {
        #[serde(deserialize_with = "list::<2, _, _>")]
        list: Vec<u8>,
        #[serde(deserialize_with = "map::<1, _, _>")]
        map: BTreeMap<String, u8>,
    }

    #[test]
    fn what_is_longer_is_refused_while_it_is_decoded() {
        let few = postcard::from_bytes::<Few>(&[2, 7, 8, 1, 1, b'a', 9]).unwrap();
        assert_eq!((few.list, few.map["a"]), (vec![7, 8], 9));
        for bytes in [
            &[3, 7, 8, 9, 0][..],
            &[0, 2, 1, b'a', 9, 1, b'b', 9],
            // Announced, and not there.
            &[0xff, 0xff, 0xff, 0xff, 0xf, 1, 2, 3, 4],
        ] {
            assert!(postcard::from_bytes::<Few>(bytes).is_err(), "{bytes:?}");
        }
        let error = serde_json::from_str::<Few>(r#"{"list": [1, 2, 3], "map": {}}"#).unwrap_err();
        assert!(error.to_string().contains("at most 2 elements"), "{error}");
    }
}
