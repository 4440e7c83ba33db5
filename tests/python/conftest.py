"""Makes the helpers beside the tests importable."""

import importlib
import sys
import warnings
from pathlib import Path

HERE = str(Path(__file__).resolve().parent)

if HERE not in sys.path:
    sys.path.insert(0, HERE)

# The framework warns at its first import: of its own deprecated modules, and that its own Rust
# extensions are absent. The tests turn warnings into errors, so those may pass here.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    importlib.import_module("covet")
