//! Strings that are not ASCII, from the forms that CPython stores them in: one, two or four bytes for
//! each character.
//!
//! Where the processor can move the bytes of a register about, many characters are encoded at once:
//! `avx512` does it on newer x86-64 processors, `ssse3` on nearly all others. What they leave, such as
//! what has to be escaped, goes character by character.

#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod ssse3;

use std::sync::atomic::{AtomicU8, Ordering};

use super::buffer::Buffer;
use super::string::{ESCAPES, escape};

/// A surrogate stood in a string that was to be encoded. UTF-8 has no form for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surrogate;

/// How many characters are encoded before there is a look at the room that is left.
const RUN: usize = 256;

/// The most bytes of a character: an escape.
const WIDEST: usize = 6;

/// How many bytes may be written behind the last one.
const SLACK: usize = 64;

/// A character as it is stored.
trait Unit: Copy + Into<u32> {
    /// Encodes characters from the first on, as far as `vectors` do. How many, and where they end.
    ///
    /// # Safety
    ///
    /// There is room for four bytes for each character, and for sixty-four more.
    unsafe fn encode(text: &[Self], to: *mut u8, vectors: Vectors) -> (usize, *mut u8);
}

/// The instructions that a processor has for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vectors {
    /// Those of [`avx512`].
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Those of [`ssse3`].
    #[cfg(target_arch = "x86_64")]
    Ssse3,
    /// None that this module knows how to use.
    None,
}

impl Vectors {
    /// What this processor has.
    #[inline(always)]
    fn find() -> Self {
        static FOUND: AtomicU8 = AtomicU8::new(0);
        match FOUND.load(Ordering::Relaxed) {
            #[cfg(target_arch = "x86_64")]
            3 => Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            2 => Self::Ssse3,
            1 => Self::None,
            _ => {
                let found = Self::detect();
                let number = match found {
                    #[cfg(target_arch = "x86_64")]
                    Self::Avx512 => 3,
                    #[cfg(target_arch = "x86_64")]
                    Self::Ssse3 => 2,
                    Self::None => 1,
                };
                FOUND.store(number, Ordering::Relaxed);
                found
            }
        }
    }

    #[cold]
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512vbmi2")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("bmi2")
            {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("ssse3") {
                return Self::Ssse3;
            }
        }
        Self::None
    }

    /// How many characters go one by one when something was left.
    #[inline(always)]
    const fn step(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => 1,
            #[cfg(target_arch = "x86_64")]
            Self::Ssse3 => ssse3::GROUP,
            Self::None => RUN,
        }
    }
}

macro_rules! units {
    ($($unit:ty)*) => {
        $(
            impl Unit for $unit {
                #[inline(always)]
                unsafe fn encode(text: &[Self], to: *mut u8, vectors: Vectors) -> (usize, *mut u8) {
                    match vectors {
                        #[cfg(target_arch = "x86_64")]
                        // SAFETY: there is the room, and the processor has the instructions.
                        Vectors::Avx512 => unsafe { avx512::Lanes::encode(text, to) },
                        #[cfg(target_arch = "x86_64")]
                        // SAFETY: there is the room, and the processor has the instructions.
                        Vectors::Ssse3 => unsafe { ssse3::encode(text, to) },
                        Vectors::None => (0, to),
                    }
                }
            }
        )*
    };
}

units!(u8 u16 u32);

impl Buffer<'_> {
    /// Writes a string that is stored as Latin-1.
    #[inline(never)]
    pub fn latin1(&mut self, text: &[u8]) {
        // There are no surrogates in it.
        let _ = self.wide(text, true);
    }

    /// Writes a string that is stored as UCS-2.
    ///
    /// # Errors
    ///
    /// [`Surrogate`] when there is one and `keep` is not set. Kept ones are encoded like any other
    /// character, which Python calls `surrogatepass`.
    #[inline(never)]
    pub fn ucs2(&mut self, text: &[u16], keep: bool) -> Result<(), Surrogate> {
        self.wide(text, keep)
    }

    /// Writes a string that is stored as UCS-4.
    ///
    /// # Errors
    ///
    /// As [`ucs2`](Self::ucs2).
    #[inline(never)]
    pub fn ucs4(&mut self, text: &[u32], keep: bool) -> Result<(), Surrogate> {
        self.wide(text, keep)
    }

    #[inline(always)]
    fn wide<T: Unit>(&mut self, text: &[T], keep: bool) -> Result<(), Surrogate> {
        self.wide_with(text, keep, Vectors::find())
    }

    #[inline(always)]
    fn wide_with<T: Unit>(
        &mut self,
        text: &[T],
        keep: bool,
        vectors: Vectors,
    ) -> Result<(), Surrogate> {
        // With two quotes.
        let room = |run: &[T]| WIDEST * run.len() + SLACK + 2;
        let (mut run, mut rest) = text.split_at(text.len().min(RUN));
        let mut to = self.room(room(run));
        // SAFETY: a character takes six bytes at most, four when nothing is escaped, and there is
        // room for those of a run, both quotes and as many more as vectors may write. Everything
        // before `to` was written.
        unsafe {
            to.write(b'"');
            to = to.add(1);
            loop {
                while !run.is_empty() {
                    let (done, end) = T::encode(run, to, vectors);
                    let (step, behind) = run[done..].split_at(vectors.step().min(run.len() - done));
                    to = one_by_one(step, end, keep)?;
                    run = behind;
                }
                if rest.is_empty() {
                    break;
                }
                self.advance(to);
                (run, rest) = rest.split_at(rest.len().min(RUN));
                to = self.room(room(run));
            }
            to.write(b'"');
            self.advance(to.add(1));
        }
        Ok(())
    }
}

/// Encodes characters, escaped where they have to be, and says where they end.
///
/// # Safety
///
/// There is room for six bytes for each.
#[inline(always)]
unsafe fn one_by_one<T: Unit>(
    text: &[T],
    mut to: *mut u8,
    keep: bool,
) -> Result<*mut u8, Surrogate> {
    for unit in text {
        let character: u32 = (*unit).into();
        // SAFETY: a character takes six bytes at most.
        unsafe {
            to = if character < 0x800 {
                short(to, character)
            } else if character > 0xffff {
                four_bytes(to, character)
            } else if character & 0xf800 == 0xd800 && !keep {
                return Err(Surrogate);
            } else {
                three_bytes(to, character)
            };
        }
    }
    Ok(to)
}

/// Encodes a character below U+0800, escaped if it has to be, and says where it ends. Letters of one
/// script and the spaces between them take the same path.
///
/// # Safety
///
/// There is room for six bytes.
#[inline(always)]
unsafe fn short(to: *mut u8, character: u32) -> *mut u8 {
    // SAFETY: as the caller says.
    unsafe {
        let is_ascii = character < 0x80;
        if is_ascii && ESCAPES[(character & 0x7f) as usize] != 0 {
            return escape(to, character as u8);
        }
        let two = (0xc0 | (character >> 6)) | ((0x80 | (character & 0x3f)) << 8);
        let bytes = if is_ascii { character } else { two };
        to.cast::<[u8; 2]>().write((bytes as u16).to_le_bytes());
        to.add(2 - usize::from(is_ascii))
    }
}

/// Encodes a character of U+0800 to U+FFFF, and says where it ends.
///
/// # Safety
///
/// There is room for three bytes.
#[inline(always)]
const unsafe fn three_bytes(to: *mut u8, character: u32) -> *mut u8 {
    let bytes = [
        0xe0 | (character >> 12) as u8,
        last_byte(character >> 6),
        last_byte(character),
    ];
    // SAFETY: as the caller says.
    unsafe {
        to.cast::<[u8; 3]>().write(bytes);
        to.add(3)
    }
}

/// Encodes a character beyond U+FFFF, and says where it ends.
///
/// # Safety
///
/// There is room for four bytes.
#[inline(always)]
const unsafe fn four_bytes(to: *mut u8, character: u32) -> *mut u8 {
    let bytes = [
        0xf0 | (character >> 18) as u8,
        last_byte(character >> 12),
        last_byte(character >> 6),
        last_byte(character),
    ];
    // SAFETY: as the caller says.
    unsafe {
        to.cast::<[u8; 4]>().write(bytes);
        to.add(4)
    }
}

/// A byte of a character that is not its first: six bits of it.
#[inline(always)]
const fn last_byte(bits: u32) -> u8 {
    0x80 | (bits & 0x3f) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes with all vectors that the processor has, and without any.
    fn compare<T: Unit>(text: &[T]) {
        let found = Vectors::find();
        compare_with(text, found);
        #[cfg(target_arch = "x86_64")]
        if found == Vectors::Avx512 {
            compare_with(text, Vectors::Ssse3);
        }
    }

    fn compare_with<T: Unit>(text: &[T], vectors: Vectors) {
        let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
        let mut buffer = Buffer::new(&mut scratch, &mut heap, 0);
        let outcome = buffer.wide_with(text, false, vectors);
        let mut expected = vec![0; 6 * text.len() + 2];
        let start = expected.as_mut_ptr();
        // SAFETY: there is room for six bytes for each character.
        let end = unsafe { one_by_one(text, start, false) };
        match end {
            Err(Surrogate) => assert_eq!(outcome, Err(Surrogate)),
            Ok(end) => {
                assert_eq!(outcome, Ok(()));
                // SAFETY: both point into the vector.
                let length = unsafe { end.offset_from_unsigned(start) };
                let text = buffer.text();
                assert_eq!(text[1..text.len() - 1], expected[..length]);
            }
        }
    }

    #[test]
    fn mixtures_of_all_lengths() {
        let kinds: [&[u32]; 8] = [
            &[0x61, 0x20, 0x7e],
            &[0xe4, 0x7ff, 0x80],
            &[0x800, 0x4e00, 0xffff, 0xd7ff, 0xe000],
            &[0x1_0000, 0x1_f600, 0x10_ffff],
            &[0x61, 0xe4],
            &[0x61, 0xe4, 0x20ac, 0x1_f600],
            &[0x22, 0x61, 0xe4, 0x4e00],
            &[0xd800, 0x61, 0xe4, 0x4e00, 0x4e00, 0x4e00, 0x4e00, 0x4e00],
        ];
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let kind = kinds[random(kinds.len())];
            let text: Vec<u32> = (0..random(100)).map(|_| kind[random(kind.len())]).collect();
            compare(&text);
            let narrow: Option<Vec<u16>> = text.iter().map(|c| u16::try_from(*c).ok()).collect();
            if let Some(text) = narrow {
                compare(&text);
            }
            let bytes: Option<Vec<u8>> = text.iter().map(|c| u8::try_from(*c).ok()).collect();
            if let Some(text) = bytes {
                compare(&text);
            }
        }
    }
}
