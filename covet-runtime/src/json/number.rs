//! Numbers: integers in decimal, floats as Python's `repr` writes them.

use std::ptr;

use super::buffer::Buffer;

/// The most bytes of an `i64` or a `u64`.
const INTEGER: usize = 20;

/// The most digits to the base 2³⁰ of a number that is written here: 1,920 bits.
const HUGE: usize = 64;

/// The most bytes of a finite float: a sign, 17 digits, a point and `e-308`.
const FLOAT: usize = size_of::<zmij::Buffer>();

impl Buffer<'_> {
    /// Writes `before` and a whole number.
    #[inline(always)]
    pub fn integer<const N: usize>(&mut self, before: &[u8; N], value: i64) {
        let to = self.room(N + INTEGER);
        // SAFETY: there is room for N bytes and the longest number behind them.
        unsafe {
            to.cast::<[u8; N]>().write_unaligned(*before);
            let mut to = to.add(N);
            if value < 0 {
                to.write(b'-');
                to = to.add(1);
            }
            self.advance(digits(to, value.unsigned_abs()));
        }
    }

    /// Writes a whole number of digits to the base 2³⁰, the least first, as CPython stores them. False
    /// when there are more than [`HUGE`] of them: then nothing was written.
    pub fn huge(&mut self, digits: &[u32], is_negative: bool) -> bool {
        /// As many decimal digits as fit into a word.
        const GROUP: u64 = 1_000_000_000;
        let mut number = [0; HUGE];
        let Some(copy) = number.get_mut(..digits.len()) else {
            return false;
        };
        copy.copy_from_slice(digits);
        let mut rest = copy;
        // Nine decimal digits are less than thirty bits, so there are a few more groups than digits.
        let mut groups = [0; HUGE + HUGE / 8];
        let mut count = 0;
        loop {
            while let [lower @ .., 0] = rest {
                rest = lower;
            }
            if rest.is_empty() {
                break;
            }
            let mut remainder = 0;
            for digit in rest.iter_mut().rev() {
                let value = remainder << 30 | u64::from(*digit);
                *digit = (value / GROUP) as u32;
                remainder = value % GROUP;
            }
            groups[count] = remainder;
            count += 1;
        }
        if is_negative {
            self.put(b"-");
        }
        let mut groups = groups[..count].iter().rev();
        self.put_all(groups.next().unwrap_or(&0).to_string().as_bytes());
        for group in groups {
            self.put_all(format!("{group:09}").as_bytes());
        }
        true
    }

    /// Writes `before` and a float: the shortest digits that read back as the same float, laid out
    /// as `float.__repr__` does it; `NaN`, `Infinity` and `-Infinity` as the `json` module does.
    #[inline(always)]
    pub fn float<const N: usize>(&mut self, before: &[u8; N], value: f64) {
        let size = value.abs();
        // Between these zmij lays a number out as Python does. A zero has no exponent either.
        if !(1e-4..=f64::MAX).contains(&size) && size != 0.0 {
            self.put(before);
            return self.odd_float(value);
        }
        let to = self.room(N + FLOAT);
        let mut digits = zmij::Buffer::new();
        let text = digits.format_finite(value);
        let length = text.len();
        debug_assert!(length <= FLOAT);
        debug_assert_eq!(text.as_ptr(), ptr::from_ref(&digits).cast());
        // SAFETY: there is room for N bytes and all of zmij's buffer, which begins with the text.
        // What is behind the text may be uninitialised, and is copied as such.
        unsafe {
            to.cast::<[u8; N]>().write_unaligned(*before);
            let to = to.add(N);
            to.cast::<zmij::Buffer>().write_unaligned(digits);
            self.advance(to.add(length));
        }
    }

    /// Floats whose layout is not zmij's: those below 1e-4 and those that are no numbers.
    #[cold]
    #[inline(never)]
    fn odd_float(&mut self, value: f64) {
        if value.is_nan() {
            return self.put(b"NaN");
        }
        if value.is_sign_negative() {
            self.put(b"-");
        }
        let value = value.abs();
        if value.is_infinite() {
            return self.put(b"Infinity");
        }
        let mut digits = zmij::Buffer::new();
        let text = digits.format_finite(value);
        let (digits, exponent) = if let Some((digits, exponent)) = text.split_once("e-") {
            (digits, exponent)
        } else {
            // zmij writes one exponent more without an `e`: 0.000012 is Python's 1.2e-05.
            (text.trim_start_matches(['0', '.']), "5")
        };
        let (first, rest) = digits.split_at(1);
        self.put_all(first.as_bytes());
        let rest = rest.trim_start_matches('.');
        if !rest.is_empty() {
            self.put(b".");
            self.put_all(rest.as_bytes());
        }
        self.put(b"e-");
        if exponent.len() == 1 {
            self.put(b"0");
        }
        self.put_all(exponent.as_bytes());
    }
}

/// Appends a whole number.
#[inline]
pub fn append(out: &mut Vec<u8>, value: u64) {
    out.reserve(INTEGER);
    // SAFETY: there is room for the longest number, and its digits are written.
    unsafe {
        let start = out.as_mut_ptr().add(out.len());
        let end = digits(start, value);
        out.set_len(out.len() + end.offset_from_unsigned(start));
    }
}

/// Writes the digits of `value` at `to`, and says where they end.
///
/// # Safety
///
/// There is room for [`INTEGER`] bytes.
#[inline(always)]
unsafe fn digits(to: *mut u8, value: u64) -> *mut u8 {
    // SAFETY: eight bytes fit behind the one to four digits that sixteen others may have before
    // them, which makes twenty.
    unsafe {
        if value < 10 {
            to.write(b'0' + value as u8);
            to.add(1)
        } else if value < EIGHT_DIGITS {
            leading_digits(to, value)
        } else {
            many_digits(to, value)
        }
    }
}

/// The least number of more than eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// # Safety
///
/// There is room for [`INTEGER`] bytes.
unsafe fn many_digits(to: *mut u8, value: u64) -> *mut u8 {
    let (rest, last) = (value / EIGHT_DIGITS, value % EIGHT_DIGITS);
    // SAFETY: as in `digits`.
    unsafe {
        let to = if rest < EIGHT_DIGITS {
            leading_digits(to, rest)
        } else {
            let to = leading_digits(to, rest / EIGHT_DIGITS);
            all_digits(to, rest % EIGHT_DIGITS)
        };
        all_digits(to, last)
    }
}

/// Writes a number of one to eight digits, which is not 0.
///
/// # Safety
///
/// There is room for eight bytes.
#[inline(always)]
unsafe fn leading_digits(to: *mut u8, value: u64) -> *mut u8 {
    let digits = eight_digits(value);
    let zeros = digits.trailing_zeros() / 8;
    let text = (digits | ZEROS) >> (8 * zeros);
    // SAFETY: as the caller says.
    unsafe {
        to.cast::<[u8; 8]>().write(text.to_le_bytes());
        to.add(8 - zeros as usize)
    }
}

/// Writes a number with all of its eight digits.
///
/// # Safety
///
/// There is room for eight bytes.
#[inline(always)]
unsafe fn all_digits(to: *mut u8, value: u64) -> *mut u8 {
    let text = eight_digits(value) | ZEROS;
    // SAFETY: as the caller says.
    unsafe {
        to.cast::<[u8; 8]>().write(text.to_le_bytes());
        to.add(8)
    }
}

/// `0` eight times.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number, one in each byte, the first in the lowest.
///
/// All lanes of a word are divided at once: by 10,000, by 100, by 10. A division is a
/// multiplication with a fixed-point inverse that is exact for the range of the lanes.
#[inline(always)]
const fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((pairs * 103) >> 10) & 0x0f_000f_000f_000f;
    tens | (pairs - 10 * tens) << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Buffer<'_>)) -> String {
        let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
        let mut buffer = Buffer::new(&mut scratch, &mut heap, 0);
        write(&mut buffer);
        String::from_utf8(buffer.text().to_vec()).expect("numbers are ASCII")
    }

    #[test]
    fn integers_of_every_length() {
        let mut power: i64 = 1;
        for _ in 0..19 {
            for value in [power - 1, power, power + 1, power.saturating_mul(3)] {
                for value in [value, -value] {
                    let text = written(|buffer| buffer.integer(b"", value));
                    assert_eq!(text, value.to_string());
                }
            }
            power = power.saturating_mul(10);
        }
        for value in [i64::MIN, i64::MAX] {
            assert_eq!(
                written(|buffer| buffer.integer(b":", value)),
                format!(":{value}")
            );
        }
    }

    #[test]
    fn appended_integers() {
        for value in [0, 9, 10, 12_345_678, 123_456_789, u64::MAX] {
            let mut out = b"Task-1.".to_vec();
            append(&mut out, value);
            assert_eq!(out, format!("Task-1.{value}").into_bytes());
        }
    }

    #[test]
    fn integers_beyond_64_bits() {
        let digits = |mut value: u128| {
            let mut digits = Vec::new();
            while value != 0 {
                digits.push((value & 0x3fff_ffff) as u32);
                value >>= 30;
            }
            digits
        };
        let mut power: u128 = 1;
        for _ in 0..38 {
            for value in [power - 1, power, power + 1, u128::MAX / power] {
                for is_negative in [false, true] {
                    let text = written(|buffer| assert!(buffer.huge(&digits(value), is_negative)));
                    let sign = if is_negative { "-" } else { "" };
                    assert_eq!(text, format!("{sign}{value}"));
                }
            }
            power *= 10;
        }
        // 2¹⁹²⁰ - 1 has 578 digits, and its last ones are known.
        let most = written(|buffer| assert!(buffer.huge(&[0x3fff_ffff; HUGE], false)));
        assert_eq!(most.len(), 578);
        assert!(most.ends_with("2575"), "{most}");
        let mut scratch = (Buffer::uninit(), Vec::new());
        let mut buffer = Buffer::new(&mut scratch.0, &mut scratch.1, 0);
        assert!(!buffer.huge(&[1; HUGE + 1], true));
        assert!(buffer.is_empty());
    }

    #[test]
    fn every_group_of_four_digits() {
        for value in 0..10_000 {
            let digits = eight_digits(value * 10_001).to_le_bytes();
            let expected: Vec<u8> = format!("{:08}", value * 10_001).into_bytes();
            assert_eq!(digits.map(|digit| digit + b'0').as_slice(), expected);
        }
    }

    #[test]
    fn floats_are_laid_out_as_python_does() {
        // What `json.dumps` of CPython 3.11 says.
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (0.1, "0.1"),
            (-3.25, "-3.25"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (9.999_999_999_999_999e-5, "9.999999999999999e-05"),
            (1e-5, "1e-05"),
            (-1.5e-5, "-1.5e-05"),
            (1e-6, "1e-06"),
            (1.25e-9, "1.25e-09"),
            (1e-10, "1e-10"),
            (1.5e-100, "1.5e-100"),
            (5e-324, "5e-324"),
            (2.225_073_858_507_201_4e-308, "2.2250738585072014e-308"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN, "-1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, expected) in cases {
            assert_eq!(written(|buffer| buffer.float(b"", value)), expected);
            assert_eq!(
                written(|buffer| buffer.float(b"[", value)),
                format!("[{expected}")
            );
        }
    }
}
