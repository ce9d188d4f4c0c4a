//! Copies that backups have made: full ones, increments that need those before them, and how many are kept.

use std::collections::VecDeque;

/// A complete backup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copy {
    /// Which of its backups it is, from 0.
    pub number: u32,
    /// Its consistency point \[ns\].
    pub consistent: u64,
    /// Writes that it holds.
    pub writes: u64,
    /// Whether it and all that it needs can be read.
    pub is_usable: bool,
    /// Whether what it holds was silently corrupt.
    pub is_corrupt: bool,
    /// How large it is itself \[GB\].
    pub size: f64,
    /// How large the full one is that it needs, itself if it is one \[GB\].
    pub full: f64,
    /// How large the increments are that it needs, itself if it is one \[GB\].
    pub increments: f64,
    /// How many increments that is.
    pub links: u32,
}

impl Copy {
    /// What must be read to restore it \[GB\].
    pub fn needs(&self) -> f64 {
        self.full + self.increments
    }
}

/// The copies of a backup that are kept, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    kept: VecDeque<Copy>,
    /// The newest of all that was not found bad: the next increment builds on it.
    base: Option<Copy>,
}

impl Copies {
    /// Of those that are kept, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Copy> {
        self.kept.iter()
    }

    /// The copy that the next backup builds on; `None` where that is a full one, as every so many are.
    pub fn base(&self, full_every: u32) -> Option<Copy> {
        self.base.filter(|base| base.links + 1 < full_every)
    }

    /// Keeps a copy, and no more than so many.
    pub fn keep(&mut self, copy: Copy, most: u32) {
        self.kept.push_back(copy);
        self.base = Some(copy);
        while self.kept.len() > most as usize {
            self.kept.pop_front();
        }
    }

    /// A copy was found bad: it is kept no longer, and nothing builds on it. Whether it was kept.
    pub fn drop_bad(&mut self, number: u32) -> bool {
        let count = self.kept.len();
        self.kept.retain(|copy| copy.number != number);
        self.base = self.base.filter(|base| base.number != number);
        self.kept.len() < count
    }

    /// All that hold what was corrupt are kept no longer.
    pub fn drop_corrupt(&mut self) {
        self.kept.retain(|copy| !copy.is_corrupt);
        self.base = self.base.filter(|base| !base.is_corrupt);
    }

    /// How much lies there \[GB\]: the copies that are kept, and what the oldest of them needs of those that are not.
    pub fn stored(&self) -> f64 {
        let needed = self.kept.front().map_or(0.0, |oldest| oldest.needs() - oldest.size);
        needed + self.kept.iter().map(|copy| copy.size).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(number: u32, base: Option<Copy>, is_usable: bool) -> Copy {
        let (size, full, increments, links) = match base {
            None => (100.0, 100.0, 0.0, 0),
            Some(base) => (10.0, base.full, base.increments + 10.0, base.links + 1),
        };
        let is_usable = is_usable && base.is_none_or(|base| base.is_usable);
        let (consistent, writes, is_corrupt) = (u64::from(number), u64::from(number), false);
        Copy { number, consistent, writes, is_usable, is_corrupt, size, full, increments, links }
    }

    #[test]
    fn every_so_many_are_full_and_increments_need_those_before() {
        let mut copies = Copies::default();
        for number in 0..7 {
            let base = copies.base(3);
            copies.keep(copy(number, base, number != 4), 4);
        }
        let links: Vec<u32> = copies.iter().map(|copy| copy.links).collect();
        assert_eq!(links, [0, 1, 2, 0]);
        // The one after a bad one cannot be read, the next full one can.
        let usable: Vec<bool> = copies.iter().map(|copy| copy.is_usable).collect();
        assert_eq!(usable, [true, false, false, true]);
        assert!((copies.stored() - 220.0).abs() < 1e-9);
        assert!(copies.drop_bad(6) && !copies.drop_bad(6));
        assert_eq!(copies.base(3), None);
        assert_eq!(copies.iter().count(), 3);
    }

    #[test]
    fn what_kept_increments_need_is_kept_too() {
        let mut copies = Copies::default();
        for number in 0..3 {
            let base = copies.base(7);
            copies.keep(copy(number, base, true), 2);
        }
        assert!((copies.stored() - 120.0).abs() < 1e-9, "the full one and two increments");
    }
}
