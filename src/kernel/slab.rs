//! Records with numbers that are used again.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The number of a record in a slab: a type for each kind of record, so that none is taken for another.
pub trait Id: Copy {
    /// The record of this number.
    fn of(number: u32) -> Self;

    /// The number of the record.
    fn number(self) -> u32;

    /// Where what is kept of the record stands in a list.
    #[inline]
    fn index(self) -> usize {
        self.number() as usize
    }
}

impl Id for u32 {
    #[inline]
    fn of(number: u32) -> Self {
        number
    }

    #[inline]
    fn number(self) -> u32 {
        self
    }
}

/// Declares types of numbers of records.
#[macro_export]
macro_rules! ids {
    ($($(#[$about:meta])* $see:vis struct $name:ident;)*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        $see struct $name(u32);

        impl $crate::kernel::slab::Id for $name {
            #[inline]
            fn of(number: u32) -> Self {
                Self(number)
            }

            #[inline]
            fn number(self) -> u32 {
                self.0
            }
        }
    )*};
}

/// Records in one block of memory, found by their numbers. The number of one that was given back is used for the next, the
/// last one first; what stood there can be read until then.
#[derive(Debug, Clone)]
pub struct Slab<T, I = u32> {
    records: Vec<T>,
    free: Vec<u32>,
    ids: PhantomData<I>,
}

impl<T, I> Default for Slab<T, I> {
    fn default() -> Self {
        Self { records: Vec::new(), free: Vec::new(), ids: PhantomData }
    }
}

impl<T, I: Id> Slab<T, I> {
    /// Keeps a record; its number.
    pub fn keep(&mut self, record: T) -> I {
        if let Some(number) = self.free.pop() {
            self.records[number as usize] = record;
            return I::of(number);
        }
        self.records.push(record);
        I::of(self.records.len() as u32 - 1)
    }

    /// A number that was given back, whose record is as it was then, or that of a new record.
    #[inline]
    pub fn take(&mut self, new: impl FnOnce() -> T) -> I {
        I::of(self.free.pop().unwrap_or_else(|| {
            self.records.push(new());
            self.records.len() as u32 - 1
        }))
    }

    /// Gives a number back that is in use.
    #[inline]
    pub fn give_back(&mut self, id: I) {
        debug_assert!((id.number() as usize) < self.records.len(), "it is in use");
        self.free.push(id.number());
    }

    /// How many numbers there are, those that are not in use counted.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no number yet.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All numbers, those that are not in use too.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<T, I> {
        (0..self.records.len() as u32).map(I::of)
    }

    /// All records, those that were given back as they were then.
    pub fn all(&self) -> &[T] {
        &self.records
    }
}

impl<T, I: Id> Index<I> for Slab<T, I> {
    type Output = T;

    #[inline]
    fn index(&self, id: I) -> &T {
        &self.records[id.number() as usize]
    }
}

impl<T, I: Id> IndexMut<I> for Slab<T, I> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.records[id.number() as usize]
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

    #[test]
    fn a_record_that_is_taken_again_is_as_it_was() {
        crate::ids! {
            /// A letter.
            struct LetterId;
        }
        let mut slab: Slab<String, LetterId> = Slab::default();
        let a = slab.take(|| "a".to_owned());
        let b = slab.take(|| "b".to_owned());
        assert_eq!((a.number(), b), (0, LetterId::of(1)));
        slab[a].push('!');
        slab.give_back(a);
        let again = slab.take(|| unreachable!("one is free"));
        assert_eq!((again, slab[again].as_str()), (a, "a!"), "it is not made anew");
        let c = slab.take(|| "c".to_owned());
        assert_eq!((slab[c].as_str(), slab.len()), ("c", 3));
        assert!(slab.ids().eq([a, b, c]));
    }
}
