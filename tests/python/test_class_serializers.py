"""``serialize_<Model>`` for dataclasses, msgspec Structs and pydantic models.

What `covet_runtime.plain` gives is the definition; fields in slots are read in place, and it must
not show.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import shutil
import sys
import threading
import weakref
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import class_models as models
import pytest
from codegen import codegen
from covet_runtime.plain import fields_of, json_dumps_models, plain

Outcome = tuple[str, Any]
NAMES = ("Plain", "Slotted", "Derived", "Struct", "Renamed", "Model", "Page")
# Those whose objects have slots.
IN_PLACE = ("Struct", "Renamed", *(("Slotted", "Page") if models.SLOTS else ()))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module generated for class_models.py."""
    folder = tmp_path_factory.mktemp("class_models")
    shutil.copy(Path(models.__file__), folder)
    result = codegen("build", "class_models.py", "--out", "dist", cwd=folder)
    assert result.code == 0, result.stderr
    (file,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "wheel")
    sys.path.insert(0, str(folder / "wheel"))
    yield importlib.import_module("class_models_covet")
    sys.path.remove(str(folder / "wheel"))


def outcome(function: Callable[[Any], bytes], value: object) -> Outcome:
    try:
        return "text", function(value)
    except RecursionError as error:  # how deep it says it was depends on who went down
        return "raised", type(error)
    except Exception as error:
        return "raised", (type(error), str(error))


def unlike(wheel: Any) -> dict[str, dict[str, int]]:
    """What was counted since the last question."""
    native = importlib.import_module(f"{wheel.__name__}._native")
    counted: dict[str, dict[str, int]] = native.metrics()["json_unlike"]
    native.reset_metrics()
    return counted


def fitting() -> dict[str, Any]:
    """An object of each class that is as declared."""
    struct = models.Struct(1, "n\u00e4me", True, 1.5)
    inner = models.Plain(2, "\u65e5\u672c", 2, [])
    return {
        "Plain": models.Plain(1, 'x"y', 1e-7, ["a", "\u00fc"], inner),
        "Slotted": models.Slotted(-5, ""),
        "Derived": models.Derived(1, "x", 0.5, ["y"], None, False),
        "Struct": struct,
        "Renamed": models.Renamed(7, [struct, struct]),
        "Model": models.Model(id=1, name="n", inner=models.Model(id=2, name="k", email="e")),
        "Page": {"items": [models.Slotted(1, "a"), models.Slotted(2, "b")], "total": 2},
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_fits(wheel: Any, name: str) -> None:
    value = fitting()[name]
    serialize = getattr(wheel, f"serialize_{name}")
    unlike(wheel)
    assert serialize(value) == json_dumps_models(value)
    # The first had to ask the class.
    assert serialize(value) == json_dumps_models(value)
    # What is in slots is not left to the standard library.
    assert unlike(wheel) == ({} if name in IN_PLACE else {f"serialize_{name}": {"": 2}})


def oddities() -> Iterator[tuple[str, Any]]:
    """Objects that are not as declared."""
    everything = fitting()
    for name in NAMES:
        for other in [*everything.values(), {}, {"id": 1}, [], "text", 5, None, object(), {1, 2}]:
            yield name, other
    yield "Struct", models.Struct(1.5, None, [models.Slotted(1, "a")], {"x": models.Struct})  # type: ignore[arg-type]
    yield "Struct", models.Struct(1, "\ud800", True, float("nan"))
    yield "Struct", type("Sub", (models.Struct,), {})(1, "2", True, 1.0)
    yield "Plain", type("Sub", (models.Plain,), {})(1, "2", 1.0, [])
    yield "Plain", type("Plain", (), {"__module__": models.__name__})()
    yield "Renamed", models.Renamed(1, [everything["Struct"], {"x": 1}, 5, everything["Slotted"]])  # type: ignore[list-item]
    yield "Page", {"items": [everything["Slotted"], everything["Plain"]], "total": 1}
    yield "Page", {"total": 1, "items": [everything["Slotted"]]}
    crowded = models.Model(id=1, name="x")
    crowded.__dict__["more"] = 1
    yield "Model", crowded
    turned = models.Model(id=1, name="x")
    turned.__dict__["id"] = turned.__dict__.pop("id")
    yield "Model", turned
    bare = models.Plain(1, "x", 1.0, [])
    del bare.__dict__["id"]
    yield "Plain", bare
    extended = models.Plain(1, "x", 1.0, [])
    extended.more = 5  # type: ignore[attr-defined]
    yield "Plain", extended
    cycle = models.Plain(1, "x", 1.0, [])
    cycle.parent = cycle
    yield "Plain", cycle
    deep = None
    for _ in range(250):
        deep = models.Plain(1, "x", 1.0, [], deep)
    yield "Plain", deep


@pytest.mark.parametrize(("name", "value"), list(oddities()))
def test_what_does_not_fit_is_written_alike(wheel: Any, name: str, value: object) -> None:
    serialize = getattr(wheel, f"serialize_{name}")
    expected = outcome(json_dumps_models, value)
    assert outcome(serialize, value) == expected
    assert outcome(serialize, value) == expected
    # Nothing of it is left.
    assert serialize(fitting()[name]) == json_dumps_models(fitting()[name])


@pytest.mark.parametrize("attribute", ["name", "score"])
def test_a_class_that_changes_is_asked_again(
    wheel: Any, monkeypatch: pytest.MonkeyPatch, attribute: str
) -> None:
    value = models.Plain(1, "x", 1.0, [])
    before = wheel.serialize_Plain(value)
    with monkeypatch.context() as patch:
        patch.setattr(models.Plain, attribute, property(lambda self: "a lie"), raising=False)
        assert b'"a lie"' in json_dumps_models(value)
        assert wheel.serialize_Plain(value) == json_dumps_models(value)
    with monkeypatch.context() as patch:
        patch.setattr(models.Plain, "__getattribute__", lambda self, name: 5, raising=False)
        assert outcome(wheel.serialize_Plain, value) == outcome(json_dumps_models, value)
    assert wheel.serialize_Plain(value) == before


def test_a_slot_that_is_replaced(wheel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    value = models.Slotted(1, "x")
    wheel.serialize_Slotted(value)
    monkeypatch.setattr(models.Slotted, "name", property(lambda self: "a lie"), raising=False)
    assert wheel.serialize_Slotted(value) == json_dumps_models(value) == b'{"id":1,"name":"a lie"}'


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_versions_that_are_given_again(wheel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython 3.9 and 3.10 count the versions of classes from 1 when their cache is cleared."""
    value = models.Struct(1, "x", True, 1.5)
    sys._clear_type_cache()
    wheel.serialize_Struct(value)
    monkeypatch.setattr(models.Struct, "name", property(lambda self: "a lie"))
    for others in range(20):
        sys._clear_type_cache()
        for _ in range(others):
            getattr(type("Other", (), {}), "x", None)
        assert value.id == 1
        assert wheel.serialize_Struct(value) == json_dumps_models(value)


def test_another_class_of_the_same_name(wheel: Any) -> None:
    """As after a reload. Neither gets in the way of the other."""
    source = Path(models.__file__).read_text(encoding="utf-8")
    module = type(sys)(models.__name__)
    exec(compile(source, models.__file__, "exec"), vars(module))
    old, new = models.Slotted(1, "old"), module.Slotted(2, "new")
    for value in (old, new, old, [old, new, old, new], {"items": [old, new], "total": 2}):
        for name in ("Slotted", "Page"):
            serialize = getattr(wheel, f"serialize_{name}")
            assert outcome(serialize, value) == outcome(json_dumps_models, value)


def test_responses_are_the_framework_s(wheel: Any) -> None:
    """The framework has no JSON form for such objects, and a route's serializer has none either."""
    for endpoint, (_, path, _) in enumerate(wheel.ROUTES):
        serialize = wheel.TABLE.serializer(endpoint)
        with pytest.raises(TypeError, match="Slotted is not JSON serializable"):
            serialize({"items": [models.Slotted(1, "a")], "total": path})


def test_objects_are_neither_kept_nor_lost(wheel: Any) -> None:
    text, items = "".join(["a", "b"]), ["".join(["c", "d"])]
    for name, value in (
        ("Plain", models.Plain(1, text, 1.0, items)),
        ("Slotted", models.Slotted(1, text)),
        ("Model", models.Model(id=1, name=text)),
        ("Struct", models.Struct(1, text, True, 1.0)),
    ):
        serialize = getattr(wheel, f"serialize_{name}")
        serialize(value)
        before = [sys.getrefcount(each) for each in (text, items, items[0], value)]
        for _ in range(1000):
            serialize(value)
        assert [sys.getrefcount(each) for each in (text, items, items[0], value)] == before


def test_threads(wheel: Any) -> None:
    values = fitting()
    expected = {name: json_dumps_models(value) for name, value in values.items()}
    wrong: list[str] = []

    def work() -> None:
        for _ in range(1000):
            for name, value in values.items():
                if getattr(wheel, f"serialize_{name}")(value) != expected[name]:
                    wrong.append(name)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Descriptor:
    """A field as in the documentation of dataclasses: what it holds is made for each question."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"_{name}"

    def __get__(self, instance: Any, owner: type) -> Any:
        return "default" if instance is None else vars(instance)[self.name] + "-suffix"

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self.name] = "" if isinstance(value, Descriptor) else value


def lying(title: str, /, **namespace: Any) -> type:
    """A class with the name and the fields of `models.Slotted`."""
    namespace["__module__"] = models.__name__
    namespace["__annotations__"] = {"id": int, "name": str}
    metaclass = namespace.pop("metaclass", type)
    return dataclasses.dataclass(metaclass(title, (), namespace))


class Hiding(type):
    def __getattribute__(cls, name: str) -> Any:
        return 5 if name in ("id", "name") else super().__getattribute__(name)


class Raising(type):
    armed = False

    def __getattribute__(cls, name: str) -> Any:
        if name == "__qualname__" and Raising.armed:
            raise LookupError("no name")
        return super().__getattribute__(name)


@pytest.mark.parametrize(
    "namespace",
    [
        {"id": Descriptor(), "name": Descriptor()},
        {"metaclass": Hiding, "name": "x", "id": 1},
        {"metaclass": Raising, "name": "x", "id": 1},
        {"__getattribute__": lambda self, name: object.__getattribute__(self, name)},
        {"__getattr__": lambda self, name: "got"},
    ],
    ids=["descriptors", "hidden", "nameless", "getattribute", "getattr"],
)
def test_classes_that_have_a_say(
    wheel: Any, monkeypatch: pytest.MonkeyPatch, namespace: dict[str, Any]
) -> None:
    cls = lying("Slotted", **namespace)
    values = [cls("ab", "cd") for _ in range(3)]
    monkeypatch.setattr(Raising, "armed", True)
    for value in (*values, values, {"items": values, "total": 3}):
        for name in ("Slotted", "Page"):
            serialize = getattr(wheel, f"serialize_{name}")
            assert outcome(serialize, value) == outcome(json_dumps_models, value)


def test_an_interruption_gets_through(wheel: Any) -> None:
    class Interrupting(type):
        @property
        def __dataclass_fields__(cls) -> Any:
            raise KeyboardInterrupt

    value = Interrupting("Slotted", (), {"__module__": models.__name__})()
    with pytest.raises(KeyboardInterrupt):
        wheel.serialize_Slotted(value)


def test_two_classes_of_one_name_take_turns(wheel: Any) -> None:
    """Neither time nor memory is lost by asking them again and again."""
    source = Path(models.__file__).read_text(encoding="utf-8")
    module = type(sys)(models.__name__)
    exec(compile(source, models.__file__, "exec"), vars(module))
    value = [models.Slotted(1, "old"), module.Slotted(2, "new")] * 500
    threading.stack_size(256 * 1024)
    try:
        done: list[bytes] = []
        thread = threading.Thread(target=lambda: done.append(wheel.serialize_Slotted(value)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert done == [json_dumps_models(value)]


def test_plain_objects() -> None:
    assert plain(fitting()["Renamed"]) == {
        "userId": 7,
        "allItems": [{"id": 1, "name": "n\u00e4me", "active": True, "score": 1.5}] * 2,
    }
    assert plain((models.Slotted(1, "a"),)) == [{"id": 1, "name": "a"}]
    assert plain(models.Point(models.Slotted(1, "a"))) == [{"id": 1, "name": "a"}]
    assert plain({1, 2}) == {1, 2}
    assert fields_of(models.Model) == tuple((n, n) for n in ("id", "name", "email", "inner"))
    assert fields_of(int) is None
    assert fields_of(models.Page) is None


class Alike(type):
    """All of its classes are equal."""

    def __eq__(cls, other: object) -> bool:
        return type(other) is Alike

    def __hash__(cls) -> int:
        return 1


class NoHash(type):
    def __eq__(cls, other: object) -> bool:
        return cls is other


@pytest.mark.parametrize("metaclass", [Alike, NoHash])
def test_classes_are_told_apart_by_identity(metaclass: type) -> None:
    for name in ("x", "y"):
        cls = dataclasses.dataclass(metaclass(name, (), {"__annotations__": {name: int}}))
        assert json_dumps_models(cls(1)) == f'{{"{name}":1}}'.encode()


def test_what_failed_once_may_not_fail_again() -> None:
    """A class can be met first where there is no stack left to ask it."""

    def at(depth: int, value: object) -> None:
        if depth:
            at(depth - 1, value)
        else:
            json_dumps_models(value)

    limit = sys.getrecursionlimit()
    for depth in range(limit - 150, limit):
        cls = dataclasses.dataclass(type("Late", (), {"__annotations__": {"x": int}}))
        with contextlib.suppress(RecursionError, TypeError):
            at(depth, cls(1))
        assert json_dumps_models(cls(1)) == b'{"x":1}'


def test_classes_are_not_kept() -> None:
    cls = dataclasses.dataclass(type("Passing", (), {"__annotations__": {"x": int}}))
    assert fields_of(cls) == (("x", "x"),)
    alive = weakref.ref(cls)
    del cls
    gc.collect()
    assert alive() is None
