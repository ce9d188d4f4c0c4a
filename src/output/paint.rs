//! Colours on a terminal, where they are wanted.

/// Whether and how words are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Never.
    Plain,
    /// By the escape sequences that every terminal knows.
    Coloured,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Heading,
    /// Something secondary.
    Quiet,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Not known.
    Open,
}

impl Paint {
    /// The text in the colour of its tone.
    pub fn tint(self, tone: Tone, text: &str) -> String {
        let code = match (self, tone) {
            (Self::Plain, _) => return text.to_owned(),
            (Self::Coloured, Tone::Heading) => "1",
            (Self::Coloured, Tone::Quiet) => "2",
            (Self::Coloured, Tone::Good) => "32",
            (Self::Coloured, Tone::Bad) => "31",
            (Self::Coloured, Tone::Open) => "33",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
