"""The app of 1000 dynamic routes, for `covet-codegen build`."""

from workload import make_app

app = make_app(1000)
