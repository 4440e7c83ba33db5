"""What writing JSON leaves behind: nothing. And what it takes: no more than the document."""

import collections
import gc
import random
import sys
import threading
import tracemalloc

import pytest
from http_cases import TIERS, growth
from json_oddities import CASES, Log
from json_values import (
    INTEGERS,
    Items,
    Mapping,
    Text,
    Values,
    difference,
    dumps,
    functions,
    judge,
    outcome,
)


@pytest.fixture(params=TIERS)
def tier(request):
    return request.param


# ── Threads ────────────────────────────────────────────────────────────────────────────────────


def run(works):
    """Run all at once. What one of them raises, this raises."""
    failures = []
    start = threading.Barrier(len(works))

    def guarded(work):
        start.wait()
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def ending(works, flag):
    """Runs these and then empties the list that keeps the others going."""

    def work():
        try:
            run(works)
        finally:
            flag.clear()

    return work


def test_threads(tier):
    """Ten threads write the same objects a thousand times each, while two change others."""
    values = Values(random.Random(5))
    shared = [values.value() for _ in range(50)]
    made = list(functions(tier).items())
    expected = {name: [outcome(judge(name), value) for value in shared] for name, _ in made}
    writing = [True]

    def write(number):
        for step in range(1_000):
            name, function = made[(number + step) % len(made)]
            place = (number * 7 + step) % len(shared)
            assert outcome(function, shared[place]) == expected[name][place]

    def change():
        other = {}
        while writing:
            other["a"] = ["text", len(other)] * 3
            other["b"] = {str(len(other)): 1.5}
            made[0][1](other)
            del other["b"]
            other["c"] = list(other)

    writers = [lambda number=number: write(number) for number in range(10)]
    run([ending(writers, writing), change, change])


def test_a_document_is_of_one_moment(tier):
    """What is changed by other threads is written as it was before or after, like the standard
    library writes what runs no code."""
    row = {"a": 0, "b": [0] * 50}
    writing = [True]

    def change():
        number = 0
        while writing:
            number += 1
            row["b"][:] = [number] * (number % 70 + 1)
            row.update(a=number)

    def write():
        for _ in range(300):
            for function in functions(tier).values():
                text = function(row)
                text = text if isinstance(text, str) else text.decode()
                members = text.partition("[")[2].rstrip("]}").split(",")
                assert len(set(members)) == 1

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        run([ending([write] * 4, writing), change])
    finally:
        sys.setswitchinterval(before)


# ── References ─────────────────────────────────────────────────────────────────────────────────


def fresh_leaves():
    """One object of each kind that nobody else has, with whatever belongs to it."""
    kind = type("Kind", (dict,), {})
    odd = type("Odd", (dict,), {"items": lambda self: [("x", dict.__len__(self))]})
    return [
        "".join(["a ", "text"]), "".join(["é", "\n"]), "".join(["Ж", "a"]), "".join(["🦀", "a"]),
        int("9" * 30), int("5000"), float("1.5"), float("1e300"), Text("t"), Items([1]), kind(a=1),
        odd(a=1), collections.OrderedDict(a=1), [1], (1, [2]), {"a": 1}, "".join(["k", "ey"]),
        kind, odd,
    ]  # fmt: skip


def plain(leaves):
    return {"rows": [leaf for leaf in leaves if not isinstance(leaf, type)], leaves[-3]: leaves[0],
            leaves[4]: leaves[6], leaves[6]: leaves[4], leaves[8]: 1}  # fmt: skip


def cyclic(leaves):
    value = [*leaves[:11]]
    value.append({"back": value})
    return value


def deep(leaves):
    value = leaves[:11]
    for _ in range(3_000 if sys.version_info < (3, 12) else 100_000):
        value = [value]
    return value


def raising(leaves):
    def items(self):
        raise LookupError("within")

    return [*leaves[:11], type("Raising", (dict,), {"items": items})(a=1)]


PATHS = {
    "plain": plain,
    "without-oddities": lambda leaves: [leaves[:11], {"a": leaves[12:17]}],
    "foreign-value": lambda leaves: [leaves[:11], {"a": leaves[12:17]}, object()],
    "foreign-type": lambda leaves: [leaves[:11], {"a": leaves}],
    "foreign-key": lambda leaves: [leaves[:11], {"a": leaves[12], (): leaves[13]}],
    "surrogate": lambda leaves: [*leaves[:11], "\ud800"],
    "too-many-digits": lambda leaves: [*leaves[:11], 10**5000],
    "cycle": cyclic,
    "deep": deep,
    "raising": raising,
}


@pytest.mark.parametrize("path", PATHS)
def test_no_reference_is_kept_or_lost(tier, path):
    for function in functions(tier).values():
        leaves = fresh_leaves()
        value = PATHS[path](leaves)
        constants = [None, True, False, (), "", int, str, dict, list]
        outcome(function, value)
        before = [sys.getrefcount(leaf) for leaf in leaves]
        of_constants = [sys.getrefcount(constant) for constant in constants]
        for _ in range(200):
            outcome(function, value)
        assert [sys.getrefcount(leaf) for leaf in leaves] == before
        # The interpreter's own come and go, but not one with each document.
        for constant, count in zip(constants, of_constants):
            assert abs(sys.getrefcount(constant) - count) < 150, constant
        del value


@pytest.mark.parametrize("path", PATHS)
def test_what_is_written_dies_with_its_last_reference(tier, path):
    class Mortal(str):
        """A `str` that can be watched dying."""

        def __del__(self):
            died.append(1)

    died = []
    for function in functions(tier).values():
        died.clear()
        leaves = fresh_leaves()
        leaves[0] = Mortal("text")
        value = PATHS[path](leaves)
        outcome(function, value)
        del leaves, value
        gc.collect()
        assert died == [1]


def test_results_belong_to_the_caller(tier):
    """Nobody else holds them, and no two calls give the same buffer."""
    for name, function in functions(tier).items():
        one = function({"a": [1, 2]})
        nobody_elses = "".join(["a", "b"])
        assert sys.getrefcount(one) == sys.getrefcount(nobody_elses)
        other = function({"b": [3, 4]})
        assert one != other
        assert hash(one) == hash(one[:])
        for value in ("", [], {}, 1, None, True):
            assert sys.getsizeof(function(value)) == sys.getsizeof(judge(name)(value))


def test_strings_get_no_second_form(tier):
    """A `str` can keep its UTF-8 form for good, which nobody needs after it is written."""
    texts = [filler * 500 + "a" for filler in ("é", "Ж", "🦀")]
    before = [sys.getsizeof(text) for text in texts]
    for function in functions(tier).values():
        function([texts, dict.fromkeys(texts)])
        for text in texts:
            function(text)
    assert [sys.getsizeof(text) for text in texts] == before


def test_results_are_canonical_strings(tier):
    """A result is stored as narrow as its characters allow, and knows whether it is ASCII."""
    for name, function in functions(tier).items():
        if name == "json_dumps_bytes":
            continue
        long = "a" * 5_000
        for text in ("", "a", "\x7f", "\x80", "\xff", "\u0100", "\uffff", "\U00010000"):
            for value in (text, [text] * 100, {text: text}, [long, text], [text, long]):
                result = function(value)
                expected = dumps(value)
                assert result == expected
                assert hash(result) == hash(expected)
                assert sys.getsizeof(result) == sys.getsizeof(expected)
                assert result.isascii() == expected.isascii()
                assert {result: 1}[expected] == 1


# ── Memory ─────────────────────────────────────────────────────────────────────────────────────

GROWTH = """
import gc, random, resource, sys
from json_values import Values, functions, outcome

tier = sys.argv[1]
values = Values(random.Random(7))
drawn = [values.value() for _ in range(500)]
cycle = [1, {"a": "text"}]
cycle.append(cycle)
deep = []
for _ in range(2_000):
    deep = [deep]
drawn += [cycle, deep, [10**5000], {(): 1}, object(), "\\ud800", ["a" * 3_000, object()]] * 10

def work(times):
    made = list(functions(tier).values())
    for number in range(times):
        outcome(made[number % len(made)], drawn[number // len(made) % len(drawn)])

work(5_000)
gc.collect()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
work(10_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is of Unix")
def test_10_000_documents_take_no_memory(tier):
    assert growth(GROWTH, tier) < 1024 * 1024


def test_tracemalloc_sees_no_growth(tier):
    values = Values(random.Random(11))
    drawn = [*(values.value() for _ in range(500)), object(), [{(): 1}], ["a" * 100_000, "\ud800"]]

    def work(times):
        for _ in range(times):
            for function in functions(tier).values():
                for value in drawn:
                    outcome(function, value)

    tracemalloc.start()
    try:
        work(2)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        work(5)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000


# Oddities that take their time.
SLOW = ("100000-deep", "5000-deep", "wide", "long-text", "shared-to-a-million", "itself", "endless")


def test_no_oddity_leaves_anything(tier):
    """Not even one object for each time that it is written."""
    times = 10

    def left(function, build):
        before = sys.getallocatedblocks()
        for _ in range(times):
            outcome(function, build(Log([], function)))
        gc.collect()
        return sys.getallocatedblocks() - before

    gc.collect()
    gc.freeze()  # so that each collection is quick
    try:
        for name in CASES:
            if any(part in name for part in SLOW):
                continue
            for function in functions(tier).values():
                # What the interpreter keeps for later grows for a few hundred calls at most.
                assert any(left(function, CASES[name]) < times for _ in range(80)), name
    finally:
        gc.unfreeze()


def large():
    """About 50 MB of JSON with everything in it."""
    row = {"id": 12345, "name": "a name\n", "city": "Zürich", "score": 1.5, "active": True,
           "tags": ["a", "ж", None], "nested": {"big": 1 << 70, "text": "x" * 400}}  # fmt: skip
    return [dict(row) for _ in range(93_000)]


def test_50_megabytes(tier):
    value = large()
    text = dumps(value)
    assert len(text) > 50_000_000
    for name, function in functions(tier).items():
        assert function(value) == (text.encode() if name == "json_dumps_bytes" else text)


@pytest.mark.parametrize("text", ["a" * 50_000_000, "\x00" * 8_000_000, "🦀" * 12_000_000])
def test_one_long_string(tier, text):
    for value in (text, [text], {text: 1}):
        assert not difference(tier, value)


PEAK = """
import resource, sys
from json_values import functions
from test_json_resources import large

value = large()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
functions("native")[sys.argv[1]](value)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a buffer may grow by copying it")
@pytest.mark.parametrize(("name", "documents"), [("json_dumps_bytes", 2), ("json_dumps_smart", 3)])
def test_rust_takes_the_memory_of_a_few_documents(name, documents):
    """The buffer and the result, and one more while that becomes a `str`."""
    assert growth(PEAK, name) < (documents + 0.2) * len(dumps(large()))


KEPT = """
import gc, os, resource, sys
from json_values import functions

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

made = functions(sys.argv[1])
value = ["text " * 100_000] * 100
for function in made.values():
    function(["warm"])
before = resident()
for function in made.values():
    assert len(function(value)) > 50_000_000
gc.collect()
print((resident() - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_no_buffer_is_kept(tier):
    assert growth(KEPT, tier) < 2 * 1024 * 1024


EXHAUSTED = """
import resource, sys
from json_values import functions

made = functions(sys.argv[1])
values = [["\\0" * 60_000_000], [["x" * 1_000] * 1_000] * 300, ["\u0416" * 90_000_000]]
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (150 << 20),) * 2)
for function in made.values():
    for value in values:
        try:
            function(value)
        except MemoryError:
            continue
        raise AssertionError("there was enough memory")
    function(["something smaller"])
print(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory has no such limit")
def test_memory_that_runs_out(tier):
    """A document that is too large is a `MemoryError`, and the process goes on."""
    assert growth(EXHAUSTED, tier) == 0


STARVED = """
import decimal, sys, _testcapi
from json_values import functions

for function in functions("native").values():
    for value in (["x" * 5_000], decimal.Decimal(1)):
        _testcapi.set_nomemory(0, 0)
        try:
            function(value)
        except MemoryError:
            continue
        finally:
            _testcapi.remove_mem_hooks()
        raise AssertionError("there was enough memory")
print(0)
"""


def test_no_memory_at_all():
    """Neither what Rust writes nor what it leaves ends the process. (CPython's own code may.)"""
    pytest.importorskip("_testcapi")
    assert growth(STARVED, "native") == 0


SHUTDOWN = """
import decimal, sys
from json_values import functions

class Late:
    def __init__(self, function, value):
        self.function, self.value = function, value

    def __del__(self):
        try:
            self.function(self.value)
        except Exception:
            pass

values = [[1], decimal.Decimal(1), [chr(0xd800)], 10**600]
# The modules of the standard library are among the last that are emptied.
sys.late = [Late(each, value) for each in functions(sys.argv[1]).values() for value in values]
print(0)
"""


def test_while_the_interpreter_shuts_down(tier):
    """Whatever comes of it, the process ends as it would without."""
    assert growth(SHUTDOWN, tier) == 0


def test_subclasses_and_instances_are_not_kept(tier):
    """No table of types grows with the classes that come and go."""
    alive = []
    for function in functions(tier).values():
        for base in (Mapping, Items, Text):
            for _ in range(50):
                kind = type("Passing", (base,), {})
                function([kind()])
                alive.append(id(kind))
                del kind
        gc.collect()
        assert not [kind for base in (Mapping, Items, Text) for kind in base.__subclasses__()
                    if kind.__name__ == "Passing"]  # fmt: skip


def test_integers_of_any_size_are_freed(tier):
    for function in functions(tier).values():
        before = sys.getallocatedblocks()
        for _ in range(5):
            for number in INTEGERS:
                outcome(function, [number])
        gc.collect()
        assert sys.getallocatedblocks() - before < 2_000
