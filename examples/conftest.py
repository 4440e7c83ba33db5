"""Makes the shared ASGI driver and the harness importable for the tests of the examples."""

import importlib
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent

for folder in (HERE, HERE.parent / "tests" / "python"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# The framework warns at its first import: of its own deprecated modules, and that its own Rust
# extensions are absent. The tests turn warnings into errors, so those may pass here.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    importlib.import_module("covet")
