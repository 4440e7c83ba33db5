//! Where text is written.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::resume_unwind;

/// Room for a short text on the caller's stack.
pub type Scratch = [MaybeUninit<u8>; SCRATCH];

/// Most responses are shorter than this.
pub const SCRATCH: usize = 2048;

/// Memory for a text that is longer than the scratch memory.
///
/// # Safety
///
/// What [`grow`](Self::grow) returns is as large as it says, and stays until the next call.
pub unsafe trait Memory {
    /// Makes room for at least `least` bytes and keeps the first `used` of the room before. Where it
    /// begins, and how many bytes it has. When there is no such room it throws [`OutOfMemory`].
    ///
    /// # Safety
    ///
    /// The first `used` bytes of the room before were written.
    unsafe fn grow(&mut self, used: usize, least: usize) -> (*mut u8, usize);
}

// SAFETY: a vector has the capacity that it says.
unsafe impl Memory for Vec<u8> {
    unsafe fn grow(&mut self, used: usize, least: usize) -> (*mut u8, usize) {
        // SAFETY: they were written, as the caller says.
        unsafe { self.set_len(used) };
        if self.try_reserve_exact(least - used).is_err() {
            OutOfMemory::unwind();
        }
        (self.as_mut_ptr(), self.capacity())
    }
}

/// There is no memory for a text. What writes has no way to say so that would cost nothing when there
/// is, so this is thrown, without a message, and caught where writing began.
#[derive(Debug)]
pub struct OutOfMemory;

impl OutOfMemory {
    /// Throws.
    #[cold]
    pub fn unwind() -> ! {
        resume_unwind(Box::new(Self))
    }
}

/// A text that grows.
///
/// It starts in scratch memory and moves out of it when it does not fit.
pub struct Buffer<'s> {
    start: *mut u8,
    /// Where the next byte goes.
    at: *mut u8,
    end: *mut u8,
    memory: &'s mut dyn Memory,
    /// Whether the text has moved.
    moved: bool,
    scratch: PhantomData<&'s mut Scratch>,
}

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl<'s> Buffer<'s> {
    /// An empty text. `scratch` need not be initialised: [`uninit`](Self::uninit). When more than
    /// that is `expected`, the text is written into the memory at once.
    #[inline(always)]
    pub fn new(scratch: &'s mut Scratch, memory: &'s mut dyn Memory, expected: usize) -> Self {
        let range = scratch.as_mut_ptr_range();
        let start = range.start.cast();
        let mut buffer = Self {
            start,
            at: start,
            end: range.end.cast(),
            memory,
            moved: false,
            scratch: PhantomData,
        };
        if expected > SCRATCH {
            buffer.grow(expected);
        }
        buffer
    }

    /// Scratch memory.
    #[inline(always)]
    pub const fn uninit() -> Scratch {
        [const { MaybeUninit::uninit() }; SCRATCH]
    }

    /// The text so far.
    #[inline]
    pub const fn text(&self) -> &[u8] {
        // SAFETY: what lies between `start` and `at` was written, see `advance`.
        unsafe { std::slice::from_raw_parts(self.start, self.len()) }
    }

    /// The length of the text so far, in bytes.
    #[inline(always)]
    pub const fn len(&self) -> usize {
        // SAFETY: both point into one allocation, `at` not before `start`.
        unsafe { self.at.offset_from_unsigned(self.start) }
    }

    /// Whether nothing was written yet.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This place.
    #[inline(always)]
    pub const fn mark(&self) -> Mark {
        Mark(self.len())
    }

    /// The number of bytes since `mark`.
    #[inline(always)]
    pub const fn since(&self, mark: Mark) -> usize {
        self.len().saturating_sub(mark.0)
    }

    /// Makes room for `count` bytes and says where they go.
    #[inline(always)]
    pub(super) fn room(&mut self, count: usize) -> *mut u8 {
        // SAFETY: both point into one allocation, `at` not behind `end`.
        let left = unsafe { self.end.offset_from_unsigned(self.at) };
        if left < count {
            self.grow(count);
        }
        self.at
    }

    /// Ends the text at `at`.
    ///
    /// # Safety
    ///
    /// `at` lies within the room that the last call of [`room`](Self::room) made, and everything
    /// before it was written.
    #[inline(always)]
    pub(super) const unsafe fn advance(&mut self, at: *mut u8) {
        self.at = at;
    }

    /// Writes bytes whose number is known when this is compiled.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        let to = self.room(N);
        // SAFETY: there is room for N bytes, which are written.
        unsafe {
            to.cast::<[u8; N]>().write_unaligned(*bytes);
            self.advance(to.add(N));
        }
    }

    /// Writes bytes.
    #[inline]
    pub fn put_all(&mut self, bytes: &[u8]) {
        let to = self.room(bytes.len());
        // SAFETY: there is room for the bytes, which are written. New room overlaps nothing.
        unsafe {
            to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            self.advance(to.add(bytes.len()));
        }
    }

    /// Puts `byte` in the place of the first byte since `mark`, if there is one.
    #[inline(always)]
    pub const fn replace_first(&mut self, mark: Mark, byte: u8) {
        if mark.0 < self.len() {
            // SAFETY: the place belongs to the text.
            unsafe { self.start.add(mark.0).write(byte) };
        }
    }

    /// Whether the text is in the memory now, and not in the scratch memory.
    #[inline(always)]
    pub const fn has_moved(&self) -> bool {
        self.moved
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, count: usize) {
        let length = self.len();
        // SAFETY: `start` and `end` belong to one allocation.
        let size = unsafe { self.end.offset_from_unsigned(self.start) };
        let least = if length == 0 {
            count
        } else {
            (length + count).max(2 * size)
        };
        let used = if self.moved { length } else { 0 };
        // SAFETY: so much was written into the room before, if there was one.
        let (start, size) = unsafe { self.memory.grow(used, least) };
        if !self.moved {
            // SAFETY: the new room is larger than the text, and is not part of the scratch memory.
            unsafe { start.copy_from_nonoverlapping(self.start, length) };
            self.moved = true;
        }
        self.start = start;
        // SAFETY: the text lies within the room.
        unsafe {
            self.at = start.add(length);
            self.end = start.add(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_out_of_its_scratch_and_back() {
        let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
        let mut buffer = Buffer::new(&mut scratch, &mut heap, 0);
        let mut expected = Vec::new();
        assert!(buffer.is_empty());
        for number in 0..40_000_u32 {
            buffer.put(&number.to_le_bytes());
            expected.extend_from_slice(&number.to_le_bytes());
        }
        assert_eq!(buffer.text(), expected);
        let mark = buffer.mark();
        buffer.put_all(&vec![7; 100_000]);
        assert_eq!(buffer.since(mark), 100_000);
        buffer.replace_first(mark, 8);
        assert_eq!(buffer.text()[expected.len()], 8);
        assert_eq!(buffer.text()[..expected.len()], expected);
    }

    #[test]
    fn nothing_is_replaced_in_an_empty_text() {
        let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
        let mut buffer = Buffer::new(&mut scratch, &mut heap, 0);
        let mark = buffer.mark();
        buffer.replace_first(mark, 1);
        assert_eq!(buffer.text(), b"");
    }

    #[test]
    fn what_is_expected_to_be_long_begins_in_the_memory() {
        for expected in [0, SCRATCH, SCRATCH + 1, 100_000] {
            let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
            let mut buffer = Buffer::new(&mut scratch, &mut heap, expected);
            assert_eq!(buffer.has_moved(), expected > SCRATCH);
            buffer.put_all(&[1; 50]);
            assert_eq!(buffer.text(), [1; 50]);
            buffer.put_all(&vec![2; 200_000]);
            assert!(buffer.has_moved());
            assert_eq!(buffer.len(), 200_050);
            assert_eq!(buffer.text()[..50], [1; 50]);
        }
    }
}
