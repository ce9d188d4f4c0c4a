//! Names that become paths: one plain file name each, so that no file of a stranger says where results go.

/// Most bytes of a name; with what is added to it, it stays below the 255 that file systems allow.
pub const BYTES_MAX: usize = 100;

/// Why a text cannot name a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It is hidden, or leads to the folder above.
    #[error("it begins with a dot")]
    Dot,
    /// It leads into another folder.
    #[error("it has a separator of folders")]
    Separator,
    /// It would not be seen as it is.
    #[error("it has a character that is not seen (U+{:04X})", u32::from(*character))]
    Unseen {
        /// The first of them.
        character: char,
    },
    /// It is too long.
    #[error("it has {bytes} bytes, more than {BYTES_MAX}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
}

/// What a name may be, as messages say it.
pub const EXPECTED: &str =
    "one plain file name: at most 100 bytes, no \"/\" or \"\\\", no dot at its start, nothing unseen";

/// Finds out whether a text is one plain file name.
///
/// # Errors
///
/// The first reason why it is none.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.contains(['/', '\\']) {
        return Err(NameError::Separator);
    }
    if name.starts_with('.') {
        return Err(NameError::Dot);
    }
    if let Some(character) = name.chars().find(|one| is_unseen(*one)) {
        return Err(NameError::Unseen { character });
    }
    if name.len() > BYTES_MAX {
        return Err(NameError::TooLong { bytes: name.len() });
    }
    Ok(())
}

/// As much of a text as fits into a name.
pub fn cut(text: &str) -> &str {
    let end = (0..=BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Control characters, separators of lines, marks of direction and characters without width: a terminal obeys them or
/// shows nothing.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_plain_file_name_passes_and_nothing_else() {
        for good in ["shop", "3 AZ, 2 nodes", "Überlast", "a..b", "日本", &"x".repeat(100)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check(""), Err(NameError::Empty));
        for leading in ["/x", "../x", "a/b", "a\\b", "a/", "..\\x"] {
            assert_eq!(check(leading), Err(NameError::Separator), "{leading}");
        }
        for hidden in [".", "..", ".unfinished-x"] {
            assert_eq!(check(hidden), Err(NameError::Dot), "{hidden}");
        }
        for unseen in ["a\nb", "a\0", "a\u{1b}[2J", "a\u{202E}b", "a\u{2066}b", "a\u{200F}", "a\u{85}b"] {
            assert!(matches!(check(unseen), Err(NameError::Unseen { .. })), "{unseen:?}");
        }
        assert_eq!(check(&"é".repeat(51)), Err(NameError::TooLong { bytes: 102 }));
        assert_eq!(cut(&"é".repeat(51)), "é".repeat(50));
    }
}
