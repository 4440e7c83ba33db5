"""The CovetPy app with covet-runtime installed, on the tier that ``COVET_TIER`` says."""

import covet_runtime
from app_serving import app

covet_runtime.install(app)
