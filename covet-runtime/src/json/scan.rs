//! JSON text, read piece by piece, as Python's `json.loads` reads it.
//!
//! What is written the usual way is read. Whatever else there is, mistakes among it, is
//! [`Unusual`], and nobody has to say here what is wrong with it.

use crate::block::{Block, SIZE};

/// Something that is a mistake, or that only the standard library reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusual;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number<'t> {
    /// An integer.
    Int(i64),
    /// The digits of an integer that is too long for that, with its sign.
    Long(&'t [u8]),
    /// What has a fraction or an exponent.
    Float(f64),
}

/// The characters of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// All of them are ASCII.
    Ascii(&'a [u8]),
    /// UTF-8, in which a lone surrogate is encoded like any other character.
    Utf8(&'a [u8]),
}

/// An integer of so many digits fits into 64 bits.
const SHORT: usize = 18;
/// The length up to which CPython reads an integer whatever it was told about its limit, and without
/// any Python code.
const LONG: usize = 640;
/// So many digits fit into 64 bits without a sign.
const DIGITS: usize = 19;

/// The powers of ten that a float is equal to.
#[rustfmt::skip]
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A place in a text.
#[derive(Debug)]
pub struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    /// The characters of a string that is not written as it is.
    unescaped: Vec<u8>,
}

impl<'t> Scanner<'t> {
    /// The beginning of a text.
    pub const fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            at: 0,
            unescaped: Vec::new(),
        }
    }

    /// The byte at this place, 0 behind the last one.
    #[inline(always)]
    fn here(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// The first byte that is no white space, which becomes this place; 0 behind the last one.
    #[inline(always)]
    pub fn token(&mut self) -> u8 {
        loop {
            let byte = self.here();
            if byte > b' ' {
                return byte;
            }
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                // Control characters are as much of a mistake as an end is.
                return 0;
            }
            self.at += 1;
        }
    }

    /// Whether nothing but white space is left.
    #[inline]
    pub fn is_at_end(&mut self) -> bool {
        self.token() == 0 && self.at == self.text.len()
    }

    /// Goes behind the byte at this place, which is not the end.
    #[inline(always)]
    pub const fn skip(&mut self) {
        self.at += 1;
    }

    /// Goes behind a word.
    ///
    /// # Errors
    ///
    /// When there is another.
    #[inline(always)]
    pub fn word(&mut self, word: &[u8]) -> Result<(), Unusual> {
        let end = self.at + word.len();
        if self.text.get(self.at..end) != Some(word) {
            return Err(Unusual);
        }
        self.at = end;
        Ok(())
    }

    /// Goes behind the string whose quotation mark is at this place.
    ///
    /// # Errors
    ///
    /// When it is not one, has no end or has something in it that no string has.
    #[inline(always)]
    pub fn string(&mut self) -> Result<Text<'_>, Unusual> {
        let start = self.at + 1;
        let (end, is_ascii) = self.plain(start);
        if self.text.get(end) != Some(&b'"') {
            return self.escaped(start);
        }
        self.at = end + 1;
        let text = self.text.get(start..end).ok_or(Unusual)?;
        if is_ascii {
            return Ok(Text::Ascii(text));
        }
        utf8(text).map(Text::Utf8)
    }

    /// Where the first byte from `start` on is that cannot simply be in a string, if not the end, and
    /// whether all before it are ASCII.
    #[inline(always)]
    fn plain(&self, start: usize) -> (usize, bool) {
        let (mut at, mut others) = (start, 0);
        loop {
            let block = Block::at(self.text, at);
            // There are zeros behind the end.
            let special = block.no_json();
            let before = special.wrapping_sub(1) & !special;
            others |= block.no_ascii() & before;
            if special != 0 {
                return (at + special.trailing_zeros() as usize, others == 0);
            }
            at += SIZE;
        }
    }

    /// The same as [`Self::string`] for one with escapes; `start` is behind its quotation mark.
    #[inline(never)]
    fn escaped(&mut self, start: usize) -> Result<Text<'_>, Unusual> {
        self.unescaped.clear();
        self.at = start;
        let (mut others, mut is_ascii) = (0, true);
        loop {
            let block = Block::at(self.text, self.at);
            // There are zeros behind the end.
            let special = block.no_json();
            others |= block.no_ascii() & special.wrapping_sub(1) & !special;
            let plain = special.trailing_zeros().min(SIZE as u32) as usize;
            self.put_block(block, plain)?;
            self.at += plain;
            if special != 0 {
                match self.text.get(self.at) {
                    Some(b'\\') => is_ascii &= self.escape()?,
                    Some(b'"') => break,
                    _ => return Err(Unusual),
                }
            }
        }
        let text = self.text.get(start..self.at).ok_or(Unusual)?;
        self.at += 1;
        if others != 0 {
            // Escapes are ASCII, which is right wherever a character may begin.
            utf8(text)?;
        }
        Ok(if is_ascii && others == 0 {
            Text::Ascii(&self.unescaped)
        } else {
            Text::Utf8(&self.unescaped)
        })
    }

    /// Adds the first bytes of a block to a string.
    #[inline(always)]
    fn put_block(&mut self, block: Block, length: usize) -> Result<(), Unusual> {
        let text = &mut self.unescaped;
        text.try_reserve(SIZE).map_err(|_| Unusual)?;
        let place = text.spare_capacity_mut().first_chunk_mut();
        block.store(place.ok_or(Unusual)?);
        // SAFETY: a whole block has just been written there, and `length` is not more than that.
        unsafe { text.set_len(text.len() + length.min(SIZE)) };
        Ok(())
    }

    /// Adds the character of the escape at this place. Whether it is ASCII.
    #[inline(always)]
    fn escape(&mut self) -> Result<bool, Unusual> {
        self.at += 1;
        let kind = self.here();
        self.at += 1;
        let character = match kind {
            b'"' | b'\\' | b'/' => kind,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.by_number(),
            _ => return Err(Unusual),
        };
        put(&mut self.unescaped, &[character])?;
        Ok(true)
    }

    /// Adds the character whose number is at this place. Two surrogates in a row are one character.
    fn by_number(&mut self) -> Result<bool, Unusual> {
        let mut number = self.four_digits()?;
        if (0xd800..0xdc00).contains(&number) && self.word(b"\\u").is_ok() {
            let behind = self.at;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                number = 0x1_0000 + ((number - 0xd800) << 10 | (second - 0xdc00));
            } else {
                // A character of its own.
                self.at = behind - 2;
            }
        }
        let last = |shift: u32| 0x80 | (number >> shift & 0x3f) as u8;
        let first = |lead: u32, shift: u32| (lead | number >> shift) as u8;
        let text = &mut self.unescaped;
        match number {
            ..0x80 => put(text, &[number as u8])?,
            0x80..0x800 => put(text, &[first(0xc0, 6), last(0)])?,
            0x800..0x1_0000 => put(text, &[first(0xe0, 12), last(6), last(0)])?,
            _ => put(text, &[first(0xf0, 18), last(12), last(6), last(0)])?,
        }
        Ok(number < 0x80)
    }

    fn four_digits(&mut self) -> Result<u32, Unusual> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Unusual)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(Unusual)?;
            Ok(number << 4 | digit)
        })
    }

    /// Goes behind the number at this place.
    ///
    /// # Errors
    ///
    /// When there is none, or one that CPython may refuse.
    #[inline(always)]
    pub fn number(&mut self) -> Result<Number<'t>, Unusual> {
        let start = self.at;
        let is_negative = self.here() == b'-';
        self.at += usize::from(is_negative);
        let is_zero = self.here() == b'0';
        let mut value = 0;
        let digits = if is_zero {
            // What follows a zero belongs to something else.
            self.at += 1;
            1
        } else {
            self.digits(&mut value)
        };
        if digits == 0 {
            return Err(Unusual);
        }
        if matches!(self.here(), b'.' | b'e' | b'E') {
            return self.float(start, is_negative, value, digits);
        }
        if digits <= SHORT {
            let value = value.cast_signed();
            return Ok(Number::Int(if is_negative { -value } else { value }));
        }
        let text = self.text.get(start..self.at).ok_or(Unusual)?;
        if digits > LONG {
            return Err(Unusual);
        }
        Ok(Number::Long(text))
    }

    /// Goes behind digits, and appends them to the number `value`. How many there are.
    #[inline(always)]
    fn digits(&mut self, value: &mut u64) -> usize {
        let start = self.at;
        loop {
            let digit = self.here().wrapping_sub(b'0');
            if digit > 9 {
                return self.at - start;
            }
            *value = value.wrapping_mul(10).wrapping_add(digit.into());
            self.at += 1;
        }
    }

    /// The rest of a number that began at `start` and has `digits` digits so far, which are `value`.
    #[inline]
    fn float(
        &mut self,
        start: usize,
        is_negative: bool,
        mut value: u64,
        mut digits: usize,
    ) -> Result<Number<'t>, Unusual> {
        let mut exponent = 0;
        if self.here() == b'.' {
            self.at += 1;
            let behind = self.digits(&mut value);
            if behind == 0 {
                return Err(Unusual);
            }
            digits += behind;
            exponent = -i64::try_from(behind).map_err(|_| Unusual)?;
        }
        if matches!(self.here(), b'e' | b'E') {
            self.at += 1;
            exponent += self.exponent()?;
        }
        let text = self.text.get(start..self.at).ok_or(Unusual)?;
        let float = match exactly(value, digits, exponent) {
            Some(float) if is_negative => -float,
            Some(float) => float,
            None => rounded(text)?,
        };
        Ok(Number::Float(float))
    }

    /// Goes behind an exponent. A long one is as good as any other that is out of reach.
    fn exponent(&mut self) -> Result<i64, Unusual> {
        let sign = self.here();
        self.at += usize::from(matches!(sign, b'-' | b'+'));
        let mut value = 0;
        let digits = self.digits(&mut value);
        if digits == 0 {
            return Err(Unusual);
        }
        let value = if digits > 6 {
            1_000_000
        } else {
            value.cast_signed()
        };
        Ok(if sign == b'-' { -value } else { value })
    }
}

/// `value` times ten to the power of `exponent`, where both and the result are such that one
/// operation of the processor rounds correctly.
#[inline(always)]
fn exactly(value: u64, digits: usize, exponent: i64) -> Option<f64> {
    // With more digits, the value is not what was written.
    if digits > DIGITS || value > 1 << 53 {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "there is none, as was checked")]
    let float = value as f64;
    let power = POWERS.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    Some(if exponent < 0 {
        float / power
    } else {
        float * power
    })
}

/// The float next to a number, as the standard libraries of both languages find it.
#[inline(never)]
fn rounded(text: &[u8]) -> Result<f64, Unusual> {
    let text = std::str::from_utf8(text).map_err(|_| Unusual)?;
    text.parse().map_err(|_| Unusual)
}

fn utf8(text: &[u8]) -> Result<&[u8], Unusual> {
    std::str::from_utf8(text)
        .map(str::as_bytes)
        .map_err(|_| Unusual)
}

/// Appends to a text. When there is no memory for it, the standard library may say so.
#[inline]
fn put(text: &mut Vec<u8>, part: &[u8]) -> Result<(), Unusual> {
    text.try_reserve(part.len()).map_err(|_| Unusual)?;
    text.extend_from_slice(part);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<Number<'_>> {
        let mut scanner = Scanner::new(text.as_bytes());
        let number = scanner.number().ok()?;
        scanner.is_at_end().then_some(number)
    }

    #[test]
    fn integers() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("7", 7),
            ("-120", -120),
            ("999999999999999999", 999_999_999_999_999_999),
            ("-999999999999999999", -999_999_999_999_999_999),
        ] {
            assert_eq!(number(text), Some(Number::Int(value)), "{text}");
        }
        for text in ["1000000000000000000", "-9223372036854775808"] {
            assert_eq!(number(text), Some(Number::Long(text.as_bytes())));
        }
        let (longest, longer) = ("9".repeat(640), "9".repeat(641));
        assert_eq!(number(&longest), Some(Number::Long(longest.as_bytes())));
        assert_eq!(number(&longer), None);
    }

    #[test]
    fn floats() {
        for text in [
            "0.0",
            "-0.0",
            "-0e5",
            "1.5",
            "0.1",
            "3e0",
            "1E5",
            "1e+5",
            "1e-5",
            "123.456e-7",
            "9007199254740993.0",
            "9007199254740992e22",
            "9007199254740991e-22",
            "1e22",
            "1e23",
            "1e400",
            "-1e400",
            "1e-400",
            "1e9999999999999999999",
            "0e9999999999999999999",
            "0.1e-99999999999999999999",
            "18446744073709551616.0",
            "4.9e-324",
            "2.5e-324",
            "1.7976931348623159e308",
            "2.2250738585072011e-308",
            "0.30000000000000004",
            "99999999999999999999e-20",
            "0.00000000000000000000000000000000000012345",
        ] {
            let float: f64 = text.parse().expect("a float");
            let Some(Number::Float(read)) = number(text) else {
                panic!("{text}");
            };
            assert_eq!(read.to_bits(), float.to_bits(), "{text}");
        }
    }

    #[test]
    fn no_numbers() {
        for text in [
            "", "-", "+1", "01", "-01", "1.", ".5", "1.e5", "1e", "1e+", "1e-", "--1", "1a", "0x1",
            "1_0", "-a", "1.5.5", "1e5e5", "1e5.5",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn strings() {
        let long = "long ".repeat(20);
        for (text, read) in [
            ("\"\"".to_owned(), Text::Ascii(b"")),
            (format!("\"{long}\""), Text::Ascii(long.as_bytes())),
            (
                r#""a\"\\\/\b\f\n\r\t\u0041""#.to_owned(),
                Text::Ascii(b"a\"\\/\x08\x0c\n\r\tA"),
            ),
            ("\"é\x7f\"".to_owned(), Text::Utf8("é\x7f".as_bytes())),
            ("\"é\\n\"".to_owned(), Text::Utf8("é\n".as_bytes())),
            (
                r#""\u00e9\u20AC\ud83d\ude00""#.to_owned(),
                Text::Utf8("é€😀".as_bytes()),
            ),
            (r#""\ud83d""#.to_owned(), Text::Utf8(b"\xed\xa0\xbd")),
            (
                r#""\ude00\ud83d""#.to_owned(),
                Text::Utf8(b"\xed\xb8\x80\xed\xa0\xbd"),
            ),
            (
                r#""\ud83d\ud83d\ude00""#.to_owned(),
                Text::Utf8(b"\xed\xa0\xbd\xf0\x9f\x98\x80"),
            ),
            (
                r#""\ud83d\n\u0041""#.to_owned(),
                Text::Utf8(b"\xed\xa0\xbd\nA"),
            ),
            (r#""\ud83d\u0041""#.to_owned(), Text::Utf8(b"\xed\xa0\xbdA")),
        ] {
            let mut scanner = Scanner::new(text.as_bytes());
            assert_eq!(scanner.string(), Ok(read), "{text}");
            assert!(scanner.is_at_end());
        }
    }

    #[test]
    fn no_strings() {
        for text in [
            &b"\""[..],
            b"\"a",
            b"\"\\",
            b"\"\\\"",
            b"\"\\x\"",
            b"\"\\u12\"",
            b"\"\\u12g4\"",
            b"\"\n\"",
            b"\"\\ud83d\\u12\"",
            b"\"\xff\"",
            b"\"\xed\xa0\xbd\"",
            b"\"a\\n\xff\"",
            b"\"\0\"",
            b"\"\\u+123\"",
            b"\"\\ud83d\\",
            b"\"\xc3\\n\xa9\"",
        ] {
            assert_eq!(Scanner::new(text).string(), Err(Unusual), "{text:?}");
        }
    }
}
