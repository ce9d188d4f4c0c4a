//! Numbers in files and documents: fifteen significant digits, so that the last bit of a sum, which differs between
//! machines, is not written; and no sign of a zero.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// The number to fifteen significant digits, without the sign of a zero.
pub(super) fn rounded(value: f64) -> f64 {
    const WHOLE: f64 = 1e15;
    if !value.is_finite() || (value.abs() < WHOLE && value.fract() == 0.0) {
        // Of a whole number nothing is lost; adding zero takes its sign from a zero.
        return value + 0.0;
    }
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// A JSON document with a line for each part.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    written(value, PrettyFormatter::new())
}

fn written<T: Serialize + ?Sized>(value: &T, layout: impl Formatter) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Digits(layout)))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A number as a file holds it.
pub(super) fn number(value: f64) -> String {
    written(&value, CompactFormatter).unwrap_or_default()
}

/// Writes numbers rounded and leaves the rest to another layout.
struct Digits<F>(F);

impl<F: Formatter> Formatter for Digits<F> {
    fn write_f64<W: io::Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        self.0.write_f64(out, rounded(value))
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bit_of_a_sum_is_not_written() {
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(1.0 / 3.0), "0.333333333333333");
        assert_eq!(number(-0.0), "0.0");
        assert_eq!(number(2_000_000.0), "2000000.0");
        assert_eq!(number(1e-300), "1e-300");
        assert_eq!(number(5e-324), "5e-324");
        assert_eq!(number(0.999_999_999_002_996), "0.999999999002996");
    }

    #[test]
    fn documents_are_laid_out_as_before() {
        let value = serde_json::json!({ "a": [1, -0.0, 0.1 + 0.2], "b": {}, "c": [], "d": null, "e": "x" });
        let expected = serde_json::json!({ "a": [1, 0.0, 0.3], "b": {}, "c": [], "d": null, "e": "x" });
        assert_eq!(pretty(&value).unwrap(), serde_json::to_string_pretty(&expected).unwrap());
    }
}
