"""Generated serializers write what `json.dumps` of this interpreter does, for values that are as
declared and for those that are not, and count what is not.

Every run draws other values. ``COVET_JSON_SEED`` repeats a run, ``COVET_JSON_VALUES`` makes it
longer or shorter, and ``COVET_MODELS_SEED`` chooses other models.
"""

import ast
import collections
import inspect
import json
import os
import random
import re
import sys
import threading
from collections import Counter
from pathlib import Path

import covet_runtime
import pytest
from covet_runtime import metrics
from http_cases import growth
from json_values import Level, Mapping, Mode, Row, Text, cut, dumps, outcome
from many_models import FIXED, WHEEL, Type, compile_program, random_program
from model_values import KINDS, Draw, Ledger, joined

SEED = os.environ.get("COVET_JSON_SEED") or str(random.SystemRandom().randrange(1 << 32))
VALUES = int(os.environ.get("COVET_JSON_VALUES") or 100_000)
PROGRAM = random_program(os.environ.get("COVET_MODELS_SEED", "1"))

# How many values are drawn at once.
PART = 100


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return compile_program(PROGRAM, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def generic():
    """The generic serializer, and how many documents it has left to the standard library."""
    native = pytest.importorskip("covet_runtime._native")

    def left():
        return native.metrics()["json_unlike"].get("json_dumps_bytes", {}).get("", 0)

    return native.json_dumps_bytes, left


def expected_of(value):
    text = outcome(dumps, value)
    return outcome(str.encode, text[1]) if text[0] is str else text


class Judge:
    """Compares serializers with the standard library, and their counts with the ledger."""

    def __init__(self, compiled, generic):
        self._compiled = compiled
        self._generic, self._left = generic
        self._ledger = Ledger(compiled.program)

    def difference(self, serializer, name, type, values):
        """What is wrong with what a serializer makes of values, which counts as `name`."""
        before = Counter(self._compiled.unlike().get(name, {}))
        counts = Counter()
        for value in values:
            expected = expected_of(value)
            found = outcome(serializer, value)
            if found != expected:
                return f"{cut(found)}, json.dumps: {cut(expected)}, of {cut(value)}"
            if outcome(serializer, value) != expected:
                return f"the second time it is another: {cut(value)}"
            for place, count in self.counts(type, value).items():
                counts[place] += 2 * count
        counted = Counter(self._compiled.unlike().get(name, {})) - before
        if counted == counts:
            return ""
        if len(values) == 1:
            return f"it counts {dict(counted)} instead of {dict(counts)} for {cut(values[0])}"
        return next(filter(None, (self.difference(serializer, name, type, [v]) for v in values)))

    def counts(self, type, value):
        """What has to be counted. What the generic serializer leaves, all leave."""
        before = self._left()
        outcome(self._generic, value)
        return Counter({"": 1}) if self._left() != before else self._ledger.counts(type, value)


@pytest.fixture(scope="module")
def judge(compiled, generic):
    return Judge(compiled, generic)


# Routes and models are tested alike.
SUBJECTS = {
    **{f"GET {path}": type for path, type in PROGRAM.routes.items()},
    **{f"serialize_{name}": Type("model", name=name) for name in PROGRAM.models},
}


def serializer_of(compiled, subject):
    if subject.startswith("GET "):
        return compiled.serializer(subject[4:])
    function = compiled.function(subject)
    if function is None:
        pytest.skip("no route returns it, or it is a TypedDict without keys")
    return function


def test_most_models_have_a_serializer(compiled):
    functions = [compiled.function(f"serialize_{name}") for name in PROGRAM.models]
    assert sum(map(bool, functions)) >= len(functions) * 3 // 4


@pytest.mark.parametrize("kind", ["fitting", "misfit"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_drawn_values(compiled, judge, subject, kind):
    serializer = serializer_of(compiled, subject)
    draw = Draw(PROGRAM, random.Random(f"{SEED} {subject} {kind}"))
    for number in range(0, VALUES // len(SUBJECTS) // 2 + 1, PART):
        values = [getattr(draw, kind)(SUBJECTS[subject]) for _ in range(PART)]
        wrong = judge.difference(serializer, subject, SUBJECTS[subject], values)
        if wrong:
            pytest.fail(f"COVET_JSON_SEED={SEED}, value {number} or one of the next: {wrong}")


# ── Dictionaries ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["Account", "Loose", "Hostile", "Loosely_Hostile", "Wide"])
def test_every_kind_of_dictionary(compiled, judge, name, kind):
    """What matters is what is in it, and not how CPython stores it."""
    function, type = compiled.function(f"serialize_{name}"), SUBJECTS[f"serialize_{name}"]
    fields = PROGRAM.models[name].fields
    fitting = {"int": 5, "str": "text", "float": 0.5, "bool": True, "union": None}
    for left_out in ({}, {0}, {1, 3}, {0, 2, 4}):
        pairs = [
            (sys.intern(field.name), fitting[field.type.word])
            for number, field in enumerate(fields)
            if field.required or number not in left_out
        ]
        value = KINDS[kind](pairs)
        assert list(value.items()) == pairs
        assert judge.counts(type, value) == {}
        assert not judge.difference(function, f"serialize_{name}", type, [value])


@pytest.mark.parametrize("subject", ["GET /numbers", "GET /accounts_by_name", "serialize_Node"])
@pytest.mark.parametrize("size", [5, 6, 10, 11, 85, 86, 170, 171, 255, 257, 5_000, 70_000])
def test_large_dictionaries(compiled, judge, subject, size):
    """Tables of every width of indices, whole and with holes."""
    whole = {f"key {number}": {"value": number} for number in range(size)}
    holed = {**whole}
    for number in range(0, size, 3):
        del holed[f"key {number}"]
    for part in (whole, holed, holed.copy(), dict(holed)):
        value = {"value": 1, "named": part} if subject == "serialize_Node" else part
        serializer = serializer_of(compiled, subject)
        assert not judge.difference(serializer, subject, SUBJECTS[subject], [value])


def test_one_dictionary_through_its_life(compiled, judge):
    """It is asked after each change. Kept knowledge of a dictionary would show."""
    rng = random.Random(SEED)
    names = [field.name for field in PROGRAM.models["Account"].fields]
    changes = [
        lambda d: d.update(ACCOUNT),
        lambda d: d.pop(rng.choice(names), None),
        lambda d: d.clear(),
        lambda d: d.__setitem__(rng.choice(names), rng.choice((1, None, 1.5, "text", True))),
        lambda d: d.__setitem__(rng.choice((1, None, "extra", joined("name"))), "other"),
        lambda d: [d.pop(key) for key in list(d) if key not in names],
        lambda d: d.update({name: d.pop(name) for name in names if name in d}),
        lambda d: d.update({f"key {number}": 1 for number in range(rng.choice((1, 10, 200)))}),
    ]
    holder = Account()
    for value in ({}, vars(holder), dict(ACCOUNT)):
        for step in range(500):
            rng.choice(changes)(value)
            for subject in ("serialize_Account", "GET /numbers_by_name"):
                serializer = serializer_of(compiled, subject)
                wrong = judge.difference(serializer, subject, SUBJECTS[subject], [value])
                assert not wrong, (SEED, step)


class Account:
    pass


# ── What is counted ────────────────────────────────────────────────────────────────────────────

ACCOUNT = {"id": 1, "name": "Ada", "active": True, "balance": 1.5, "note": None}


def account(**changes):
    return {**ACCOUNT, **changes}


def accounts(count, **wrong):
    """So many accounts, of which some have another balance."""
    return [account(balance=wrong.get(f"_{number}", 1.5)) for number in range(count)]


def team(**changes):
    return {"name": "a", "members": [], "by_role": {}, "place": (1.0, 2.0), **changes}


def nodes(depth):
    value = {"value": 1, "next": None}
    for _ in range(depth - 1):
        value = {"value": 1, "next": value}
    return value


def without(value, *keys):
    return {key: value[key] for key in value if key not in keys}


def cycle():
    value = {"value": 1}
    value["next"] = {"value": 2, "children": [{"value": "wrong", "next": value}]}
    return value


THREE = {"_10": "wrong", "_50": None, "_99": "wrong"}

# The serializer, the value and the counts.
COUNTED = {
    "fits": ("serialize_Account", ACCOUNT, {}),
    "int-for-float": ("serialize_Account", account(balance=3), {}),
    "text-for-none": ("serialize_Account", account(note="text"), {}),
    "field": ("serialize_Account", account(name=5), {"Account.name": 1}),
    "fields": ("serialize_Account", account(name=5, id="a"), {"Account.name": 1, "Account.id": 1}),
    "bool-for-int": ("serialize_Account", account(id=True), {"Account.id": 1}),
    "int-for-bool": ("serialize_Account", account(active=1), {"Account.active": 1}),
    "bool-for-float": ("serialize_Account", account(balance=True), {"Account.balance": 1}),
    "none": ("serialize_Account", account(name=None), {"Account.name": 1}),
    "other-than-none": ("serialize_Account", account(note=1), {"Account.note": 1}),
    "str-subclass": ("serialize_Account", account(name=Text("a")), {"Account.name": 1}),
    "int-enum": ("serialize_Account", account(id=Level.LOW), {"Account.id": 1}),
    "str-enum": ("serialize_Account", account(name=Mode.READ), {"Account.name": 1}),
    "missing": ("serialize_Account", without(ACCOUNT, "note"), {"Account": 1}),
    "extra": ("serialize_Account", account(extra=1), {"Account": 1}),
    "reordered": ("serialize_Account", dict(reversed(ACCOUNT.items())), {"Account": 1}),
    "empty": ("serialize_Account", {}, {"Account": 1}),
    "equal-key": (
        "serialize_Account",
        {joined(key): value for key, value in ACCOUNT.items()},
        {"Account": 1},
    ),
    "parsed": ("serialize_Account", json.loads(json.dumps(ACCOUNT)), {"Account": 1}),
    "defaultdict": ("serialize_Account", collections.defaultdict(int, ACCOUNT), {"Account": 1}),
    "dict-subclass": ("serialize_Account", Mapping(ACCOUNT), {"": 1}),
    "no-dict": ("serialize_Account", [ACCOUNT], {"Account": 1}),
    "no-model": ("serialize_Account", None, {"Account": 1}),
    "whole-and-field": ("serialize_Account", account(extra=1, name=5), {"Account": 1}),
    "all-optional-missing": ("serialize_Loose", {"c": 1.5}, {}),
    "all-there": ("serialize_Loose", {"a": 1, "b": "", "c": 1.5, "d": True}, {}),
    "required-missing": ("serialize_Loose", {"a": 1, "b": "", "d": True}, {"Loose": 1}),
    "optional-field": ("serialize_Loose", {"c": 1.5, "d": 0}, {"Loose.d": 1}),
    "none-is-no-optional": ("serialize_Loose", {"a": None, "c": 1.5}, {"Loose.a": 1}),
    "tuple": ("serialize_Place", (1.5, 2), {}),
    "tuple-subclass": ("serialize_Place", Row((1.5, 2)), {}),
    "longer-tuple": ("serialize_Place", (1.5, 2, 3), {"Place": 1}),
    "shorter-tuple": ("serialize_Place", (1.5,), {"Place": 1}),
    "list-for-tuple": ("serialize_Place", [1.5, 2.5], {"Place": 1}),
    "field-of-a-tuple": ("serialize_Place", (1.5, "a"), {"Place.y": 1}),
    "empty-tuple": ("serialize_Nowhere", (), {}),
    "not-empty-tuple": ("serialize_Nowhere", (1,), {"Nowhere": 1}),
    "three-of-a-hundred": (
        "serialize_Team",
        team(members=accounts(100, **THREE)),
        {"Account.balance": 3},
    ),
    "all-of-a-hundred": (
        "serialize_Team",
        team(members=[without(ACCOUNT, "id")] * 100),
        {"Account": 100},
    ),
    "no-list": ("serialize_Team", team(members=()), {"Team.members": 1}),
    "not-within-what-is-unlike": (
        "serialize_Team",
        team(members=accounts(100, **THREE), extra=1),
        {"Team": 1},
    ),
    "on-two-levels": (
        "serialize_Team",
        team(name=1, by_role={"a": account(id=None), 5: account(id="b")}, place=(None, 1.5)),
        {"Team.name": 1, "Account.id": 2, "Place.x": 1},
    ),
    "response": ("GET /accounts", tuple(accounts(3)), {"response": 1}),
    "response-list": ("GET /accounts", accounts(100, **THREE), {"Account.balance": 3}),
    "response-dict": ("GET /accounts_by_name", [], {"response": 1}),
    "response-items": ("GET /numbers", [1, "a", None, 2, 1.5], {"response": 3}),
    "response-none": ("GET /account_or_none", None, {}),
    "response-other": ("GET /account_or_none", [], {"Account": 1}),
    "response-model": ("GET /get_Account", account(id=""), {"Account.id": 1}),
    "150-deep": ("serialize_Node", nodes(150), {}),
    "150-deep-and-wrong": ("serialize_Node", {**nodes(150), "value": ""}, {"Node.value": 1}),
    "250-deep": ("serialize_Node", nodes(250), {"": 1}),
    "foreign": ("serialize_Account", account(id="wrong", note=object()), {"": 1}),
    "foreign-deep-inside": (
        "serialize_Team",
        team(name=5, members=[*accounts(99, **THREE), account(note={"a": [{1, 2}]})]),
        {"": 1},
    ),
    "surrogate": ("serialize_Account", account(id="wrong", note="\ud800"), {"": 1}),
    "too-many-digits": ("serialize_Account", account(name=5, id=10**5000), {"": 1}),
    "cycle": ("serialize_Node", cycle(), {"": 1}),
    "foreign-key": ("GET /accounts_by_name", {"a": account(id=""), (): ACCOUNT}, {"": 1}),
}


@pytest.mark.parametrize("case", COUNTED)
def test_what_is_counted(compiled, judge, case):
    subject, value, counts = COUNTED[case]
    serializer = serializer_of(compiled, subject)
    compiled.forget()
    for times in (1, 2, 3):
        assert outcome(serializer, value) == expected_of(value)
        counted = {place: count * times for place, count in counts.items()}
        assert compiled.unlike() == ({subject: counted} if counts else {})
    assert judge.counts(SUBJECTS[subject], value) == counts


def test_counts_of_a_wheel_are_among_all(compiled, monkeypatch):
    """`get_metrics` has what is counted by the wheels of installed apps."""
    monkeypatch.setattr(metrics, "_watched", {})
    metrics.watch(compiled.native)
    metrics.reset_metrics()
    compiled.wheel.serialize_Account(account(id=""))
    for name in (1, 2):
        compiled.serializer("/get_Account")(account(name=name))
    found = covet_runtime.get_metrics()["json_unlike"]
    assert found == {
        "serialize_Account": {"Account.id": 1},
        "GET /get_Account": {"Account.name": 2},
    }
    metrics.reset_metrics()
    assert covet_runtime.get_metrics()["json_unlike"] == {}


@pytest.mark.parametrize("depth", [*range(195, 206), 400, 900])
def test_depth_of_models(compiled, depth):
    """Around the depth where the standard library takes over, by every kind of nesting."""
    chain = nodes(depth)
    listed, named, pair = {"value": 1}, {"value": 1}, (None, None)
    for _ in range(depth // 2):
        listed = {"value": 1, "children": [listed]}
        named = {"value": 1, "named": {"a": named}}
    for _ in range(depth):
        pair = (pair, None)
    for value in (chain, listed, named):
        assert compiled.wheel.serialize_Node(value) == expected_of(value)[1]
    assert compiled.wheel.serialize_Pair(pair) == expected_of(pair)[1]


def wide(name, depth):
    names = [sys.intern(field.name) for field in PROGRAM.models[name].fields]
    half = len(names) // 2
    value = None
    for _ in range(depth):
        row = [1, "a", "b", 1.5, True] * (len(names) // 5)
        value = dict(zip(names, [*row[:half], value, *row[half + 1 :]]))
    return value


@pytest.mark.parametrize("name", ["Wide", "Wider"])
def test_depth_in_a_thread_with_a_small_stack(compiled, name):
    """Of the models whose functions take the most of it."""
    serialize = getattr(compiled.wheel, f"serialize_{name}")
    values = [wide(name, depth) for depth in (10, 50, 200)]
    seen = []
    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: seen.extend(map(serialize, values)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert seen == [expected_of(value)[1] for value in values]


def test_a_wide_model_is_no_shallow_one(compiled):
    """It is written by the function that was made for it as deep as the stack allows."""
    compiled.forget()
    assert compiled.wheel.serialize_Wide(wide("Wide", 200))
    assert compiled.wheel.serialize_Wider(wide("Wider", 40))
    assert compiled.unlike() == {}


# ── What stays ─────────────────────────────────────────────────────────────────────────────────

FAILING = [value for _, value, counts in COUNTED.values() if counts == {"": 1}]


def test_a_failure_leaves_nothing(compiled, judge):
    """The next document is right, and counts nothing of the one before."""
    for subject in ("serialize_Account", "serialize_Team", "serialize_Node", "GET /accounts"):
        serializer = serializer_of(compiled, subject)
        draw = Draw(PROGRAM, random.Random(subject))
        for failing in FAILING:
            outcome(serializer, failing)
            compiled.forget()
            assert outcome(serializer, failing) == expected_of(failing)
            assert compiled.unlike()[subject] == {"": 1}
            for value in [draw.fitting(SUBJECTS[subject]) for _ in range(5)]:
                if judge.counts(SUBJECTS[subject], value) == {}:
                    assert outcome(serializer, value) == expected_of(value)
            assert compiled.unlike() == {subject: {"": 1}}


def test_threads(compiled):
    """Ten threads write a thousand documents each, and nothing gets lost of the counts."""
    draw = Draw(PROGRAM, random.Random(SEED))
    work = []
    for subject in ("serialize_Team", "GET /accounts", "serialize_Every", "serialize_Wide"):
        serializer = serializer_of(compiled, subject)
        for _ in range(25):
            value = draw.misfit(SUBJECTS[subject])
            work.append((serializer, value, expected_of(value)))
    compiled.forget()
    for serializer, value, _ in work:
        outcome(serializer, value)
    once = compiled.unlike()
    compiled.forget()
    wrong = []

    def write(number):
        for step in range(1_000):
            serializer, value, expected = work[(number * 7 + step) % len(work)]
            if outcome(serializer, value) != expected:
                wrong.append(cut(value))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    times = 10 * 1_000 // len(work)
    assert compiled.unlike() == {
        route: {place: count * times for place, count in places.items()}
        for route, places in once.items()
    }


def leaves():
    """One object of each kind that nobody else has."""
    return ["".join(["a ", "text"]), "".join(["é", "\n"]), int("9" * 30), float("1.5"), Text("t"),
            Mapping(a=1), [1], (1, [2]), {"a": 1}, "".join(["k", "ey"])]  # fmt: skip


PLACES = {
    "fits": lambda some: ("Team", team(members=[account(name=some[0], note=some[1], id=some[2],
                                                        balance=some[3])])),
    "key": lambda some: ("Team", team(by_role={some[9]: ACCOUNT, some[0]: account(note=some[1])})),
    "unlike": lambda some: ("Team", team(name=some[4], members=[account(id=some[8]), some[6]])),
    "unlike-as-a-whole": lambda some: ("Team", {some[9]: some[0], "name": some[7]}),
    "left": lambda some: ("Team", team(name=some[0], members=[account(id=some[5])])),
    "refused": lambda some: ("Team", team(name=some[0], members=[*some, object()])),
    "surrogate": lambda some: ("Node", {"value": some[2], "next": ["\ud800", *some]}),
    "tuple": lambda some: ("Place", (some[2], some[3])),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_reference_is_kept_or_lost(compiled, place):
    some = leaves()
    name, value = PLACES[place](some)
    serializer = compiled.function(f"serialize_{name}")
    keys = [sys.intern(field.name) for field in PROGRAM.models[name].fields]
    outcome(serializer, value)
    before = [sys.getrefcount(each) for each in (*some, value)]
    of_keys = [sys.getrefcount(key) for key in keys]
    for _ in range(200):
        outcome(serializer, value)
    assert [sys.getrefcount(each) for each in (*some, value)] == before
    # Others have these names as well, but nobody takes one for each document.
    for key, count in zip(keys, of_keys):
        assert abs(sys.getrefcount(key) - count) < 100, key


def test_results_belong_to_the_caller(compiled):
    one, other = (compiled.wheel.serialize_Account(ACCOUNT) for _ in range(2))
    assert one == other
    assert one is not other
    assert sys.getrefcount(one) == sys.getrefcount(other) == sys.getrefcount("".join(["a", "b"]))
    assert sys.getsizeof(one) == sys.getsizeof(b"".join([one[:5], one[5:]]))


GROWTH = """
import gc, importlib, random, resource, sys
sys.path[:0] = sys.argv[1].split(";")
from json_values import outcome
from many_models import random_program, WHEEL
from model_values import Draw

program = random_program(sys.argv[2] if len(sys.argv) > 2 else "1")
wheel = importlib.import_module(WHEEL)
draw = Draw(program, random.Random(7))
made = []
for number, (_, path, _) in enumerate(wheel.ROUTES):
    for _ in range(20):
        made.append((wheel.TABLE.serializer(number), draw.misfit(program.routes[path])))

def work(times):
    for number in range(times):
        outcome(*made[number % len(made)])

work(5_000)
gc.collect()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
work(20_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is of Unix")
def test_20_000_documents_take_no_memory(compiled):
    assert growth(GROWTH, str(Path(compiled.wheel.__file__).parents[1])) < 1024 * 1024


# ── What is in the wheel ───────────────────────────────────────────────────────────────────────


def test_the_compiler_has_no_remarks(compiled):
    log = (compiled.crate / "build.log").read_text(encoding="utf-8")
    assert "warning" not in log, log


def test_functions_and_stub_and_names_agree(compiled):
    """Each model that a route returns has a function, a declaration and a signature."""
    stub = ast.parse((Path(compiled.wheel.__file__).parent / "__init__.pyi").read_text("utf-8"))
    declared = {node.name: node for node in stub.body if isinstance(node, ast.FunctionDef)}
    names = {name for name in vars(compiled.wheel) if name.startswith("serialize_")}
    assert names == {name for name in declared if name.startswith("serialize_")}
    assert names == {name for name in compiled.wheel.__all__ if name.startswith("serialize_")}
    assert {f"serialize_{model.name}" for model in FIXED if model.name != "Empty"} <= names
    assert names <= {f"serialize_{name}" for name in PROGRAM.models}
    for name in names:
        function = getattr(compiled.wheel, name)
        assert str(inspect.signature(function)) == "(obj, /)"
        assert name.removeprefix("serialize_") in function.__doc__
        assert function.__name__ == name
        for arguments in ((), (1, 2)):
            with pytest.raises(TypeError):
                function(*arguments)
        with pytest.raises(TypeError):
            function(obj=1)


USER = """
    import {wheel}
    from {wheel} import serialize_Account, serialize_Team

    body: bytes = serialize_Account({{"id": 1, "name": "Ada"}})
    other: bytes = {wheel}.serialize_Team(object())
    matched: tuple[int, dict[str, str | int]] | None = {wheel}.match_route("/", "GET")
"""

# What is wrong in a line, by what mypy calls it.
MISUSES = {
    "text: str = serialize_Account({{}})": "assignment",
    "serialize_Account()": "call-arg",
    "serialize_Account({{}}, {{}})": "call-arg",
    "serialize_Account(obj={{}})": "call-arg",
    "from {wheel} import serialize_Unknown": "attr-defined",
    "{wheel}.match_route(1, 2)": "arg-type",
}


def test_types_of_the_functions(compiled, tmp_path):
    """A type checker knows them, and sees what is misused."""
    api = pytest.importorskip("mypy.api")
    lines = [line.strip() for line in USER.strip().splitlines()]
    right = len(lines)
    lines += MISUSES
    user = tmp_path / "user.py"
    user.write_text("\n".join(lines).format(wheel=WHEEL) + "\n", encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nstrict = true\nmypy_path = {Path(compiled.wheel.__file__).parents[1]}\n",
        encoding="utf-8",
    )
    said, _, _ = api.run(
        ["--config-file", str(tmp_path / "mypy.ini"), "--cache-dir", str(tmp_path / "cache"),
         "--no-error-summary", str(user)]
    )  # fmt: skip
    found = {
        int(number): code
        for number, code in re.findall(r"user\.py:(\d+): error: .*\[([a-z-]+)\]$", said, re.M)
    }
    assert found == dict(enumerate(MISUSES.values(), right + 1)), said


# ── The test itself ────────────────────────────────────────────────────────────────────────────


def test_values_reach_everything():
    """Fitting values fit, but for what no serializer can write; most others do not."""
    ledger = Ledger(PROGRAM)
    draw = Draw(PROGRAM, random.Random(1))
    places = Counter()
    for type in SUBJECTS.values():
        for _ in range(40):
            value = draw.fitting(type)
            if expected_of(value)[0] is bytes:
                assert ledger.counts(type, value) == {}
            value = draw.misfit(type)
            if expected_of(value)[0] is bytes:
                places += ledger.counts(type, value)
    models = [model for model in PROGRAM.models.values() if model.fields]
    assert [model.name for model in models if not places[model.name]] == []
    fields = [f"{model.name}.{field.name}" for model in models for field in model.fields]
    assert sum(1 for field in fields if places[field]) > len(fields) / 3
    assert places["response"]


def test_the_ledger_can_fail(compiled, generic):
    """Control: one count too many or too few is seen, and so is one wrong byte."""
    judge = Judge(compiled, generic)
    subject = "serialize_Account"
    right = compiled.function(subject)
    assert not judge.difference(right, subject, SUBJECTS[subject], [account(id="")])
    judge.counts = lambda type, value: Counter()
    assert "counts" in judge.difference(right, subject, SUBJECTS[subject], [account(id="")])
    judge = Judge(compiled, generic)
    assert judge.difference(
        lambda value: right(value).replace(b"1.5", b"1.50"), subject, SUBJECTS[subject], [ACCOUNT]
    )
