//! Records with numbers that are used again.

use std::ops::{Index, IndexMut};

/// Records in one block of memory, found by their numbers. The number of one that was given back is used for the next, the
/// last one first; what stood there can be read until then.
#[derive(Debug, Clone)]
pub struct Slab<T> {
    records: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { records: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Keeps a record; its number.
    pub fn keep(&mut self, record: T) -> u32 {
        if let Some(number) = self.free.pop() {
            self.records[number as usize] = record;
            return number;
        }
        self.records.push(record);
        self.records.len() as u32 - 1
    }

    /// Gives a number back that is in use.
    pub fn give_back(&mut self, number: u32) {
        debug_assert!((number as usize) < self.records.len(), "it is in use");
        self.free.push(number);
    }

    /// How many numbers there are, those that are not in use counted.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no number yet.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All records, those that were given back as they were then.
    pub fn all(&self) -> &[T] {
        &self.records
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, number: u32) -> &T {
        &self.records[number as usize]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, number: u32) -> &mut T {
        &mut self.records[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_used_again_the_last_one_first() {
        let mut slab = Slab::default();
        let numbers: Vec<u32> = ["a", "b", "c"].into_iter().map(|one| slab.keep(one)).collect();
        assert_eq!(numbers, [0, 1, 2]);
        slab.give_back(0);
        slab.give_back(2);
        assert_eq!(slab[2], "c", "it stays until its number is used");
        assert_eq!([slab.keep("d"), slab.keep("e"), slab.keep("f")], [2, 0, 3]);
        assert_eq!(slab.all().iter().copied().collect::<String>(), "ebdf");
        slab[1] = "g";
        assert_eq!((slab[1], slab.len(), slab.is_empty()), ("g", 4, false));
    }
}
