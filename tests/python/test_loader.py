"""Choosing between the extension and pure Python."""

import os
import subprocess
import sys
import types
import warnings

import covet_runtime
import pytest
from covet_runtime import CovetRuntimeWarning, TierUnavailable, _loader, json, query, routing


@pytest.fixture(autouse=True)
def _fresh_loader(monkeypatch):
    """A loader that has loaded nothing yet, in an environment that asks for nothing."""
    monkeypatch.setattr(_loader, "_loaded", None)
    monkeypatch.setattr(_loader, "_warned", False)
    monkeypatch.delenv("COVET_TIER", raising=False)
    monkeypatch.delenv("COVET_USE_RUST", raising=False)


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "covet_runtime._native", None)


@pytest.fixture
def extension(monkeypatch):
    """A stand-in for the extension."""
    module = types.ModuleType("covet_runtime._native")
    module.RUST_VERSION = covet_runtime.__version__
    for name in _loader.COMPONENTS:
        setattr(module, name, type(name, (), {}))
    monkeypatch.setitem(sys.modules, "covet_runtime._native", module)
    return module


def test_with_the_extension(extension):
    assert covet_runtime.has_rust()
    assert covet_runtime.get_rust_module() is extension
    assert covet_runtime.__version__ == covet_runtime.RUST_VERSION
    assert covet_runtime.RouteTable is extension.RouteTable
    assert covet_runtime.active_tier() == "native"


def test_without_it_one_warning(absent):
    assert not covet_runtime.has_rust()
    assert covet_runtime.get_rust_module() is None
    assert covet_runtime.RUST_VERSION is None
    with pytest.warns(CovetRuntimeWarning, match="not installed") as caught:
        assert covet_runtime.RouteTable is routing.RouteTable
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert covet_runtime.RouteEngine is routing.RouteEngine
    assert covet_runtime.parse_query is query.parse_query
    assert covet_runtime.json_dumps_smart is json.json_dumps_smart
    assert covet_runtime.active_tier() == "pure"
    assert "not installed" in covet_runtime.why()


@pytest.mark.parametrize("variable", [("COVET_USE_RUST", "0"), ("COVET_TIER", "pure")])
def test_asked_for_pure_python(extension, monkeypatch, variable):
    monkeypatch.setenv(*variable)
    assert not covet_runtime.has_rust()
    assert covet_runtime.RouteTable is routing.RouteTable


def test_json_in_pure_python(absent):
    with pytest.warns(CovetRuntimeWarning, match="not installed"):
        assert covet_runtime.json_dumps_smart({"é": [1.0, None]}) == '{"é":[1.0,null]}'
    assert covet_runtime.json_dumps_bytes({"é": [1.0, None]}) == '{"é":[1.0,null]}'.encode()


def test_json_by_rust_without_rust_says_why(absent, monkeypatch):
    with pytest.warns(CovetRuntimeWarning, match="not installed"):
        function = covet_runtime.json_dumps_rust
    with pytest.raises(
        RuntimeError, match="Rust extension is not installed; call json_dumps_smart"
    ):
        function({})
    monkeypatch.setenv("COVET_USE_RUST", "0")
    with pytest.raises(RuntimeError, match="but the environment asks for pure Python; call"):
        function({})


def test_json_by_rust_needs_the_extensions_own_function(extension):
    assert covet_runtime.json_dumps_rust is extension.json_dumps_rust
    with pytest.raises(RuntimeError, match="but this is the pure form; call"):
        json.json_dumps_rust({})


def test_the_json_module_leaves_the_standard_one_alone():
    assert json.__name__ == "covet_runtime.json"
    assert json.JSONEncoder.__module__ == "json.encoder"


def test_a_broken_extension_says_why(monkeypatch):
    def fail(name):
        raise ImportError("undefined symbol: PyFrob")

    monkeypatch.setattr(_loader.importlib, "import_module", fail)
    assert not covet_runtime.has_rust()
    assert "broken: ImportError: undefined symbol: PyFrob" in covet_runtime.why()


def test_another_version_is_refused(extension):
    extension.RUST_VERSION = "9.9.9"
    with pytest.warns(CovetRuntimeWarning, match=r"of version 9\.9\.9, the package of version"):
        assert covet_runtime.parse_query is query.parse_query
    assert not covet_runtime.has_rust()
    assert covet_runtime.RUST_VERSION is None


def test_an_extension_for_another_interpreter(absent, monkeypatch, tmp_path):
    (tmp_path / "_native.cpython-27-x86_64-linux-gnu.so").touch()
    monkeypatch.setattr(_loader, "__file__", str(tmp_path / "_loader.py"))
    assert not covet_runtime.has_rust()
    assert "another interpreter (_native.cpython-27" in covet_runtime.why()


def test_native_on_demand(absent, monkeypatch):
    monkeypatch.setenv("COVET_TIER", "native")
    with pytest.raises(TierUnavailable, match="not installed"):
        _ = covet_runtime.RouteTable


@pytest.mark.parametrize(
    ("tier", "use_rust", "message"),
    [
        ("rust", "", "'rust' is not one of generated, native, pure"),
        ("", "yes", "'yes' is not one of 0, 1"),
        ("native", "0", "COVET_USE_RUST=0 contradicts COVET_TIER=native"),
        ("generated", "0", "COVET_USE_RUST=0 contradicts COVET_TIER=generated"),
    ],
)
def test_bad_environment(monkeypatch, tier, use_rust, message):
    monkeypatch.setenv("COVET_TIER", tier)
    monkeypatch.setenv("COVET_USE_RUST", use_rust)
    with pytest.raises(ValueError, match=message):
        covet_runtime.has_rust()


def test_consistent_environment(extension, monkeypatch):
    monkeypatch.setenv("COVET_TIER", "")
    monkeypatch.setenv("COVET_USE_RUST", "1")
    assert covet_runtime.has_rust()
    monkeypatch.setenv("COVET_TIER", "pure")
    monkeypatch.setenv("COVET_USE_RUST", "0")
    assert not covet_runtime.has_rust()


def test_importing_is_silent_and_loads_nothing():
    code = "import sys, covet_runtime; print('covet_runtime._native' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_every_public_name_is_there(extension):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in covet_runtime.__all__:
            assert hasattr(covet_runtime, name)
            assert name in dir(covet_runtime)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = covet_runtime.nonsense
