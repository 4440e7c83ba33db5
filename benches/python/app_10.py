"""The app of 10 dynamic routes, for `covet-codegen build`."""

from workload import make_app

app = make_app(10)
