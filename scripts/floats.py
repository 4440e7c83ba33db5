"""Compares how Rust writes doubles with how Python does, ten million of them and more.

    python scripts/floats.py
    python scripts/floats.py --count 1000000000 --seed 7 --from 40

The digits of a double are the fewest that read back as the same double, and of those the nearest:
everybody who writes them agrees on that, and most have had a bug in it. So this draws doubles by
bit pattern, by which every exponent is as likely as every other, and compares `json_dumps_bytes`
with `repr`. It is not part of `make test`, which does so with some ten thousand; run it when the
code that writes floats has changed, or the crate behind it is a new one.

The doubles are drawn in parts of a million, each by the seed and its number: a run that was broken
off goes on with ``--seed`` and ``--from``. Ten million take half a minute.
"""

from __future__ import annotations

import argparse
import itertools
import random
import struct
import sys
import time
from collections.abc import Iterator

from covet_runtime import get_rust_module, json_dumps_bytes

PART = 1_000_000
# Doubles in one document.
DOCUMENT = 10_000

# The exponents of infinities and NaN, which have no digits, are made finite ones.
_ALL = 0x7FF << 52


def main() -> int:
    """Compare, and print the figure. Returns 1 when a double is written otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=10 * PART, help="how many (default: 10000000)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first part to do")
    options = parser.parse_args()

    if get_rust_module() is None:
        print("There is no Rust extension: this would compare Python with itself.")
        return 1
    parts = -(-options.count // PART)
    began = time.monotonic()
    for part in range(options.first, options.first + parts):
        for document in documents(options.seed, part):
            wrong = differences(document)
            if wrong:
                print(f"--seed {options.seed} --from {part}:", *wrong[:20], sep="\n  ")
                return 1
        done = (part - options.first + 1) * PART
        print(
            f"\r{done:,} doubles are written as Python does"
            f" (--seed {options.seed}, parts {options.first} to {part},"
            f" {time.monotonic() - began:.0f} s)",
            end="",
            flush=True,
        )
    print()
    return 0


def documents(seed: int, part: int) -> Iterator[list[float]]:
    """The doubles of a part. Most are drawn from all bit patterns. Of ten documents, one takes the
    exponents in turn, and one has numbers that somebody could have written down, among which is
    the border between the two notations."""
    rng = random.Random(f"{seed} {part}")
    exponents = itertools.cycle(range(0x7FF))
    for number in range(PART // DOCUMENT):
        if number % 10 == 9:
            yield [decimal(rng) for _ in range(DOCUMENT)]
            continue
        drawn = struct.unpack(f"<{DOCUMENT}Q", rng.randbytes(8 * DOCUMENT))
        bits = [
            word if word & _ALL != _ALL else word & ~_ALL | next(exponents) << 52 for word in drawn
        ]
        if number % 10 == 8:
            bits = [word & ~_ALL | next(exponents) << 52 for word in drawn]
        yield list(struct.unpack(f"<{DOCUMENT}d", struct.pack(f"<{DOCUMENT}Q", *bits)))


def decimal(rng: random.Random) -> float:
    """The double of a decimal number."""
    digits = rng.randint(1, 17)
    return float(f"{rng.choice('+-')}{rng.randrange(10**digits)}e{rng.randint(-30, 30)}")


def differences(document: list[float]) -> list[str]:
    """Which doubles of a document are written otherwise, and how."""
    if json_dumps_bytes(document) == f"[{','.join(map(repr, document))}]".encode("ascii"):
        return []
    wrong = [value for value in document if json_dumps_bytes(value) != repr(value).encode("ascii")]
    return [f"{json_dumps_bytes(value)!r}, not {value!r}" for value in wrong] or [repr(document)]


if __name__ == "__main__":
    sys.exit(main())
