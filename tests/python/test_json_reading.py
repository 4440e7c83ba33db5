"""`json_loads` reads what `json.loads` reads, and raises what that raises."""

import gc
import importlib
import json
import math
import random
import struct
import sys
import threading
from pathlib import Path

import pytest
from http_cases import TIERS, growth
from json_values import FLOATS, INTEGERS, STRINGS, Values, outcome

CORPUS = Path(__file__).resolve().parents[1] / "json" / "parsing"
DOCUMENTS = {path.stem: path.read_bytes() for path in sorted(CORPUS.glob("*.json"))}


@pytest.fixture(params=TIERS)
def loads(request):
    return function(request.param)


def function(tier):
    home = "covet_runtime._native" if tier == "native" else "covet_runtime.json"
    return importlib.import_module(home).json_loads


def judge(data):
    if isinstance(data, memoryview):
        data = bytes(data)
    return json.loads(data if isinstance(data, str) else data.decode("utf-8"))


def seen(read, data):
    """What comes of it, such that 1, 1.0 and True, 0.0 and -0.0 differ and NaN does not. Of an
    exception, everything that can be seen."""
    kind, *rest = outcome(read, data)
    if kind != "raised":
        return kind, shape(rest[0])
    try:
        read(data)
    except json.JSONDecodeError as error:
        rest += [error.pos, error.lineno, error.colno, error.doc]
    except Exception:
        pass  # all has been said
    return kind, rest


def shape(value):
    """All that is in a value, in its order, however deep it is."""
    parts, left = [], [value]
    while left:
        value = left.pop()
        if type(value) is dict:
            parts.append(("dict", len(value)))
            left += [part for item in value.items() for part in item]
        elif type(value) is list:
            parts.append(("list", len(value)))
            left += value
        elif type(value) is float:
            parts.append(("float", "nan" if math.isnan(value) else struct.pack("d", value)))
        else:
            parts.append((type(value), value))
    return parts


def agree(loads, text):
    """A text, in every type that it can be given in."""
    if isinstance(text, str):
        assert seen(loads, text) == seen(judge, text)
        text = text.encode("utf-8", "surrogatepass")
    expected = seen(judge, text)
    assert seen(loads, text) == expected, text[:200]
    assert seen(loads, memoryview(text)) == expected
    # A decoding error of a `bytearray` is about a copy of it.
    assert seen(loads, bytearray(text))[0] == expected[0]


def mistaken(document, rng):
    """A document with something in it that was not."""
    place = rng.randrange(len(document) + 1)
    something = rng.choice([
        b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b"e", b".", b" ", b"\n",
        b"\0", b"\x1f", b"\x7f", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\u12", b"\\ud83d", b"nul",
        b"NaN", b"/", b"'", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"1e999",
    ])  # fmt: skip
    return document[:place] + something + document[place + rng.randrange(3) :]


# ── Equivalence ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_of_others(loads, name):
    document = DOCUMENTS[name]
    agree(loads, document)
    agree(loads, b" [" + document + b",\n" + document + b"]\t")
    for end in range(min(len(document), 100)):
        agree(loads, document[:end])


def test_documents_with_mistakes(loads):
    rng = random.Random(3)
    for document in DOCUMENTS.values():
        for _ in range(40):
            agree(loads, mistaken(document, rng))


def test_whatever_is_written_is_read(loads):
    values = Values(random.Random(17))
    rng = random.Random(18)
    drawn = 0
    while drawn < 400:
        try:
            value = values.value()
            texts = [
                json.dumps(value),
                json.dumps(value, ensure_ascii=False, separators=(",", ":")),
                json.dumps(value, indent=rng.randrange(4)),
            ]
        except (TypeError, ValueError, RecursionError):
            continue
        drawn += 1
        for text in texts:
            agree(loads, text)
            agree(loads, mistaken(text.encode("utf-8", "surrogatepass"), rng))


def test_hypothesis(loads):
    hypothesis = pytest.importorskip("hypothesis")
    strategies = hypothesis.strategies
    scalars = (
        strategies.none()
        | strategies.booleans()
        | strategies.integers()
        | strategies.floats()
        | strategies.text()
    )
    values = strategies.recursive(
        scalars,
        lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner),
    )
    pieces = strategies.lists(
        strategies.sampled_from(
            [
                *'{}[],:"\\aé😀10 \n\t\x00\ufeff',
                '\\"',
                "\\n",
                "\\u00e9",
                "\\ud83d",
                "\\ude00",
                "\\ud8",
                "-0",
                "-1",
                "1.5",
                "1e5",
                "E+1",
                "true",
                "false",
                "null",
                "NaN",
                "Infinity",
                "-Infinity",
                "[1]",
                '{"a":1}',
            ]
        )
        | strategies.sampled_from([" ", '"', '":', ","])
    ).map("".join)

    @hypothesis.settings(max_examples=300, deadline=None, database=None)
    @hypothesis.given(values, strategies.booleans(), strategies.sampled_from([None, 0, 1]))
    def written(value, ascii_only, indent):
        agree(loads, json.dumps(value, ensure_ascii=ascii_only, indent=indent))

    @hypothesis.settings(max_examples=600, deadline=None, database=None)
    @hypothesis.given(pieces)
    def in_pieces(text):
        agree(loads, text)

    @hypothesis.settings(max_examples=300, deadline=None, database=None)
    @hypothesis.given(strategies.binary())
    def anything(data):
        agree(loads, data)
        agree(loads, b'"' + data + b'"')

    written()
    in_pieces()
    anything()


# ── The corners ────────────────────────────────────────────────────────────────────────────────


def test_strings(loads):
    for text in STRINGS:
        for ascii_only in (True, False):
            written = json.dumps(text, ensure_ascii=ascii_only)
            agree(loads, written)
            agree(loads, f"{{{written}: [{written}, {written}], {written}: 1}}")


def test_every_character(loads):
    for number in [*range(0x300), 0x7FF, 0x800, 0xFFF, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF]:
        character = chr(number)
        for text in (character, "a" * 15 + character, character * 17 + "é"):
            agree(loads, f'"{text}"')
            agree(loads, json.dumps(text))
    for number in range(256):
        for before in (b"", b"a" * 14, b"\xc3"):
            agree(loads, b'"' + before + bytes([number]) + b'"')
            agree(loads, b'"\\' + bytes([number]) + before + b'"')
            agree(loads, b"[1" + bytes([number]) + b"]")


def test_surrogates(loads):
    halves = ["\\ud83d", "\\uDE00", "\\uDBFF", "\\udc00", "a", "\\n", "\\u0041", "é", "\\u00e9"]
    for one in halves:
        for two in halves:
            for three in ("", *halves):
                agree(loads, f'"{one}{two}{three}"')
    for broken in ("\\ud83d\\u", "\\ud83d\\u12", "\\ud83d\\ux", "\\ud83d\\", "\\u", "\\ud83"):
        agree(loads, f'"{broken}"')
        agree(loads, f'"{broken}')


def test_strings_are_stored_as_narrow_as_others(loads):
    for text in ("a", "é", "\xff", "Ā", "\uffff", "😀", "\x7f", "", "\ud800"):
        for long in (text * 3, text + "a" * 40, "a" * 40 + text):
            for written in (json.dumps(long), json.dumps(long, ensure_ascii=False)):
                data = written.encode("utf-8", "surrogatepass")
                if seen(judge, data)[0] == "raised":
                    continue
                for holder in (b"%s", b"[%s]"):
                    found, expected = loads(holder % data), judge(holder % data)
                    found, expected = ("".join(each) for each in (found, expected))
                    assert sys.getsizeof(found) == sys.getsizeof(expected)
                    assert hash(found) == hash(expected)
                    assert found.isascii() == expected.isascii()


def test_numbers(loads):
    numbers = [repr(number) for number in INTEGERS if abs(number) < 10**600]
    numbers += map(repr, FLOATS)
    for digits in range(1, 45):
        numbers += ["9" * digits, "1" + "0" * digits, "-" + "8" * digits, "0." + "3" * digits]
    numbers += ["9" * length for length in (639, 640, 641, 4299, 4300, 4301, 20_000)]
    numbers += [f"{one}{two}" for one in ("0", "-0", "1", "-12", "9007199254740993", "1.", "1.5")
                for two in ("", ".", "e", "e5", "E-5", "e+400", "e-400", ".e1", "0", "-", "e22",
                            "e23", "e-22", "e99999999999999999999", ".0")]  # fmt: skip
    rng = random.Random(23)
    for _ in range(2_000):
        bits = rng.getrandbits(64).to_bytes(8, "little")
        numbers.append(repr(struct.unpack("d", bits)[0]))
        numbers.append(f"{rng.randrange(10**17)}e{rng.randrange(-40, 40)}")
        numbers.append(f"{rng.uniform(-1e3, 1e3):.{rng.randrange(25)}f}")
    for number in numbers:
        agree(loads, number)
        agree(loads, f"[{number},{number}]")


def test_dictionaries(loads):
    for text in (
        '{"a": 1, "b": 2, "a": 3}', '{"a": {"a": [{"a": 1}]}}', '{"": 1, "": 2}', "{}", "[[], {}]",
        '{"a": 1,}', "[1,]", "{1: 2}", '{"a" 1}', '{"a": }', "[,]", '{"a": 1 "b": 2}', "[1 2]", "]",
        "[}", "{]", '{"a"]', '["a":1]', "[1}", '{"a":1]', "{,}", '{"a":1}}', "[[]", "[]]", '{"a',
    ):  # fmt: skip
        agree(loads, text)
    for count in (5, 6, 10, 11, 1_000):
        text = json.dumps({f"key number {n}": n for n in range(count)})
        agree(loads, text)
        agree(loads, f"[{text},{text}]")
        assert sys.getsizeof(loads(text)) == sys.getsizeof(judge(text))


def test_names_of_all_lengths(loads):
    """Names that are alike, so that one is taken for another if that can be."""
    names = [start + "x" * length + end for length in range(70) for start in "ab" for end in "ab"]
    names += [f"{'a' * 9}{middle}{'z' * 9}" for middle in names[:100]]
    for _ in range(2):
        for name in names:
            assert loads(json.dumps({name: 1})) == {name: 1}
        assert list(loads(json.dumps(dict.fromkeys(names)))) == list(dict.fromkeys(names))


def test_depth(loads):
    for depth in (1, 150, 199, 200, 201, 202, 300):
        for start, end in (("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")):
            agree(loads, start * depth + "1" + end * depth)
            agree(loads, start * depth)
    for start in ("[", '{"a":'):
        with pytest.raises(RecursionError):
            loads(start * 200_000)


def test_white_space(loads):
    for space in (" ", "\n", "\t", "\r", " \r\n\t ", "\v", "\f", "\xa0", "\u2028", "\0", "\ufeff"):
        for text in ('{"a":[1,true],"b":null}', "1", '"a"', "[]", "{}"):
            for place in range(len(text) + 1):
                agree(loads, text[:place] + space + text[place:])
    for text in ("", " ", "\n\n"):
        agree(loads, text)


def test_other_objects(loads):
    class Text(str):
        def startswith(self, *_):
            raise LookupError

    class Octets(bytes):
        def decode(self, *_):
            return "2"

    for thing in (None, 1, [], object(), Text("1"), Octets(b"1")):
        expected = outcome(judge if isinstance(thing, bytes) else json.loads, thing)
        assert outcome(loads, thing) == expected
    array = memoryview(bytes(range(48, 58)))
    assert loads(array[1::2]) == 13579
    for wrong in ((), (b"1", b"2")):
        with pytest.raises(TypeError):
            loads(*wrong)


def test_encodings_that_json_would_guess(loads):
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1"):
        agree(loads, '{"é": 1}'.encode(encoding))


# ── Resources ──────────────────────────────────────────────────────────────────────────────────

# Whose reading ends in all the ways that there are.
PATHS = [
    b'{"a": [1, 2.5, "text", "\xc3\xa9\\n", 123456789012345678901234567890, {"b": null}]}',
    b'{"a": [1000, 2.5, "text", {"b": "\xff"}]}',
    b'{"a": [1000, 2.5, "text", {"b": NaN}]}',
    b'{"a": [1000, 2.5, "text", {"b": 1]}',
    b'{"a": 1000, "a": [5000, "text"], "a": {"a": 1.5}}',
    b'["text", ' + b"[5000, " * 300,
    b'["text", ' + b"[" * 250 + b"]" * 251,
    b'["text", ' + b"9" * 5000 + b"]",
    b"[" + b'{"a": "text"},' * 500 + b"1.5]",
    b"[" + b'"text\\ud800",' * 100 + b"]",
]


def test_nothing_is_left(loads):
    constants = [None, True, False, "", 1]
    for document in PATHS:
        outcome(loads, document)
        for _ in range(80):
            gc.collect()
            before = sys.getallocatedblocks()
            counts = [sys.getrefcount(constant) for constant in constants]
            for _ in range(10):
                outcome(loads, document)
            gc.collect()
            if sys.getallocatedblocks() - before < 10:
                break
        else:
            raise AssertionError(document[:50])
        for constant, count in zip(constants, counts):
            assert abs(sys.getrefcount(constant) - count) < 150, constant


GROWTH = """
import gc, resource, sys
from json_values import outcome
from test_json_reading import PATHS, function

loads = function(sys.argv[1])

def work(times):
    for number in range(times):
        for document in PATHS:
            outcome(loads, document)
        outcome(loads, b'{"name %d": 1}' % number)

work(1_000)
gc.collect()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
work(3_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is of Unix")
@pytest.mark.parametrize("tier", TIERS)
def test_documents_take_no_memory(tier):
    assert growth(GROWTH, tier) < 1024 * 1024


EXHAUSTED = """
import resource, sys
from test_json_reading import function

loads = function(sys.argv[1])
documents = [b'["' + b"x" * 90_000_000 + b'"]', b'["\\\\n' + b"x" * 90_000_000 + b'"]',
             b"[" + b"0.5," * 15_000_000 + b"1]", b"[" + b"{}," * 4_000_000 + b"1]"]
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (60 << 20),) * 2)
for document in documents:
    try:
        loads(document)
    except MemoryError:
        assert loads(b'{"something": ["smaller"]}') == {"something": ["smaller"]}
        continue
    raise AssertionError("there was enough memory")
print(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory has no such limit")
@pytest.mark.parametrize("tier", TIERS)
def test_memory_that_runs_out(tier):
    assert growth(EXHAUSTED, tier) == 0


STARVED = """
import _testcapi
from test_json_reading import function

loads = function("native")
text = b'{"a": [1000, 2.5, "text", {"b": [[], {}, "\\\\u00e9", ' + b"5" * 30 + b"]}]}"
expected = loads(text)
for start in range(40):
    _testcapi.set_nomemory(start, start + 1)
    try:
        value = loads(text)
    except MemoryError:
        value = expected
    finally:
        _testcapi.remove_mem_hooks()
    assert value == expected
print(0)
"""


def test_each_allocation_may_fail():
    pytest.importorskip("_testcapi")
    assert growth(STARVED, "native") == 0


def test_no_container_is_seen_half_made(loads):
    """Some versions collect garbage in the midst, and that runs whatever it runs."""
    document = json.dumps([{"a": [n, [n], {"b": {}}]} for n in range(500)]).encode()
    expected = judge(document)

    def look(phase, info):
        for thing in gc.get_objects():
            if type(thing) is list:
                repr(thing[:1])

    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.callbacks.append(look)
    gc.set_threshold(40, 1_000, 1_000)
    try:
        assert loads(document) == expected
    finally:
        gc.callbacks.remove(look)
        gc.set_threshold(*before)
        gc.unfreeze()


def test_threads(loads):
    """Names are kept for all, and threads take turns at every opportunity."""
    failures = []

    def read(number):
        rng = random.Random(number)
        for _ in range(2_000):
            value = {f"name {rng.randrange(5_000)}": rng.random() for _ in range(5)}
            if loads(json.dumps(value)) != value:
                failures.append(value)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not failures


def test_a_small_stack(loads):
    before = threading.stack_size(256 * 1024)
    results = []
    text = "[" * 199 + "]" * 199
    try:
        thread = threading.Thread(target=lambda: results.append(loads(text) == judge(text)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert results == [True]
