"""The apps of the serving benchmark, one for each framework, as its users would write them.

All have the routes of `app_serving.py` in the same order. Handlers return dictionaries where the
framework takes them. Whose JSON is not compact on its own is given CovetPy's way of writing it.
"""
