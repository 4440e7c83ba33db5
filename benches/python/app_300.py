"""The app of 300 dynamic routes, for `covet-codegen build`."""

from workload import make_app

app = make_app(300)
