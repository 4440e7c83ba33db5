"""Makes the helpers beside the tests importable, and reports fit to be sent."""

import importlib
import sys
import warnings
from pathlib import Path

import pytest

HERE = str(Path(__file__).resolve().parent)

if HERE not in sys.path:
    sys.path.insert(0, HERE)

# The framework warns at its first import: of its own deprecated modules, and that its own Rust
# extensions are absent. The tests turn warnings into errors, so those may pass here.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    importlib.import_module("covet")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Escape what has no UTF-8 form in captured output, as reports travel between processes."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report
