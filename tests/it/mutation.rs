//! Small changes of a text that is read: another cell or number, a piece from elsewhere in it, its end cut off.

use proptest::prelude::*;

/// What stands in the place of a cell or a number.
const CELLS: [&str; 22] = [
    "",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "0",
    "-0",
    "-1",
    "1",
    "1e308",
    "-1e308",
    "1e-320",
    "1e999",
    "0.5",
    "18446744073709551615",
    "4294967295",
    "-9223372036854775808",
    "9007199254740993",
    "true",
    "x",
    "\"",
    "{}",
];

/// A change of a text: which cell, what it becomes, and how.
pub(crate) type Change = (prop::sample::Index, prop::sample::Index, u8);

/// Changes cells, numbers or bytes of a text.
pub(crate) fn changed(text: &str, changes: &[Change]) -> String {
    let mut text = text.to_owned();
    for (place, word, how) in changes {
        let bounds: Vec<(usize, usize)> = pieces(&text);
        if bounds.is_empty() {
            return text;
        }
        let (start, end) = bounds[place.index(bounds.len())];
        match how % 4 {
            0..=1 => text.replace_range(start..end, CELLS[word.index(CELLS.len())]),
            2 => text.truncate(start),
            _ => {
                let (from, to) = bounds[word.index(bounds.len())];
                let other = text[from..to].to_owned();
                text.replace_range(start..end, &other);
            }
        }
    }
    text
}

/// Where words and numbers of a file begin and end.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (place, letter) in text.char_indices() {
        if ",\n:[]{} \"".contains(letter) {
            found.push((start, place));
            start = place + letter.len_utf8();
        }
    }
    found
}

/// A few changes of one text.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..4)
}
