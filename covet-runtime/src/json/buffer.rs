//! Where text is written.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Room for a short text on the caller's stack.
pub type Scratch = [MaybeUninit<u8>; SCRATCH];

/// Most responses are shorter than this.
const SCRATCH: usize = 2048;

/// A longer text is written into memory that a thread keeps, unless it is longer than this.
const KEPT: usize = 1 << 20;

thread_local! {
    /// The memory of the last long text of this thread.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A text that grows.
///
/// It starts in the caller's scratch memory and moves into a vector when it does not fit. A thread
/// keeps that vector, so that a long text is written without growing step by step, and without
/// touching fresh memory, each time.
#[derive(Debug)]
pub struct Buffer<'s> {
    start: *mut u8,
    /// Where the next byte goes.
    at: *mut u8,
    end: *mut u8,
    /// Empty while the text is in the scratch memory.
    heap: Vec<u8>,
    scratch: PhantomData<&'s mut Scratch>,
}

/// A place in a text, to return to.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl<'s> Buffer<'s> {
    /// An empty text. `scratch` need not be initialised: [`uninit`](Self::uninit).
    #[inline(always)]
    pub const fn new(scratch: &'s mut Scratch) -> Self {
        let range = scratch.as_mut_ptr_range();
        let start = range.start.cast();
        Self {
            start,
            at: start,
            end: range.end.cast(),
            heap: Vec::new(),
            scratch: PhantomData,
        }
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

    /// Forgets what was written since `mark`, which is a place of this text.
    #[inline(always)]
    pub fn rewind(&mut self, mark: Mark) {
        let length = mark.0.min(self.len());
        // SAFETY: so much was written.
        self.at = unsafe { self.start.add(length) };
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

    /// Puts `byte` in the place of the last byte, if there is one.
    #[inline(always)]
    pub const fn replace_last(&mut self, byte: u8) {
        if !self.is_empty() {
            // SAFETY: the byte before `at` belongs to the text.
            unsafe { self.at.sub(1).write(byte) };
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

    #[cold]
    #[inline(never)]
    fn grow(&mut self, count: usize) {
        let length = self.len();
        if self.heap.capacity() == 0 {
            let mut heap = SPARE.take();
            heap.clear();
            heap.reserve((length + count).max(4 * SCRATCH));
            heap.extend_from_slice(self.text());
            self.heap = heap;
        } else {
            // SAFETY: so much was written, within the capacity.
            unsafe { self.heap.set_len(length) };
            self.heap.reserve(count);
        }
        let range = self.heap.spare_capacity_mut().as_mut_ptr_range();
        self.at = range.start.cast();
        self.end = range.end.cast();
        self.start = self.heap.as_mut_ptr();
    }
}

impl Drop for Buffer<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.heap.capacity() != 0 {
            keep(std::mem::take(&mut self.heap));
        }
    }
}

#[cold]
#[inline(never)]
fn keep(heap: Vec<u8>) {
    if heap.capacity() <= KEPT {
        // A thread that is ending keeps nothing.
        let _ = SPARE.try_with(|spare| spare.set(heap));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_out_of_its_scratch_and_back() {
        let mut scratch = Buffer::uninit();
        let mut buffer = Buffer::new(&mut scratch);
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
        buffer.replace_last(9);
        assert_eq!(buffer.text()[expected.len()], 8);
        assert_eq!(buffer.text().last(), Some(&9));
        buffer.rewind(mark);
        assert_eq!(buffer.text(), expected);
    }

    #[test]
    fn nothing_is_replaced_in_an_empty_text() {
        let mut scratch = Buffer::uninit();
        let mut buffer = Buffer::new(&mut scratch);
        let mark = buffer.mark();
        buffer.replace_first(mark, 1);
        buffer.replace_last(1);
        assert_eq!(buffer.text(), b"");
    }

    #[test]
    fn texts_may_be_nested() {
        let (mut one, mut other) = (Buffer::uninit(), Buffer::uninit());
        let mut outer = Buffer::new(&mut one);
        outer.put_all(&[1; 5000]);
        {
            let mut inner = Buffer::new(&mut other);
            inner.put_all(&[2; 5000]);
            assert_eq!(inner.text(), [2; 5000]);
        }
        outer.put_all(&[1; 5000]);
        assert_eq!(outer.text(), [1; 10_000]);
    }
}
