"""The table of figures, and the bars that our own must clear."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple, Union

from contenders import FRAMEWORK, KINDS
from measuring import Contest, ratio
from workload import Case

FLOOR = "floor"
FLOOR_ID = "floor, id"
FLOOR_INSTALLED = "floor, installed"

# The contests of each case by contender.
Contests = dict[Case, dict[str, Contest]]


class Bar(NamedTuple):
    """How the time of one contest has to compare with that of another.

    A contest is a contender and a case. `least` bars want ``slower / faster`` to be at least
    `limit`, the others ``faster / slower`` to be at most that.
    """

    what: str
    ours: tuple[str, str]
    other: tuple[str, str]
    limit: float
    least: bool


def _bars() -> Iterator[Bar]:
    matcher, installed, only_id = "generated", "generated, installed", "generated, id"
    framework = {
        matcher: {
            "first of 300": 9,
            "first of 300, digits": 9,
            "last of 300": 320,
            "last of 300, digits": 320,
            "miss of 300": 900,
            "static": 1,
        },
        installed: {
            "first of 300": 6,
            "first of 300, digits": 6,
            "last of 300": 220,
            "last of 300, digits": 220,
            "miss of 300": 500,
        },
    }
    for ours, limits in framework.items():
        for case, limit in limits.items():
            yield Bar(f"{ours}: {case}", (ours, case), (FRAMEWORK, case), limit, True)
    hits = ("first of 300", "last of 300", "first of 300, digits", "last of 300, digits")
    misses = ("miss of 300", "late miss of 300", "foreign miss of 300", "miss of 1000")
    for case in (*hits, "last of 1000"):
        yield Bar(f"{matcher}: {case}", (matcher, case), ("ffroute", case), 1, False)
    for case in (*hits, "last of 1000"):
        yield Bar(f"{only_id}: {case}", (only_id, case), ("ffroute", case), 2, True)
    for case in misses:
        yield Bar(f"{matcher}: {case}", (matcher, case), ("ffroute", case), 3, True)
    for large, small in (("last of 1000", "last of 10"), ("miss of 1000", "miss of 10")):
        yield Bar(f"{matcher}: {large} against 10", (matcher, large), (matcher, small), 1.3, False)
    for case in ("static", "last of 300", "last of 300, digits", "miss of 300"):
        yield Bar(f"{matcher}: {case}", (matcher, case), (FLOOR, case), 1.3, False)


BARS = tuple(_bars())


class Verdict(NamedTuple):
    """What became of a bar; `ratio` is None when one of the two was not measured."""

    bar: Bar
    ratio: Union[float, None]

    @property
    def passed(self) -> bool:
        """Whether the bar holds; one that was not measured does not."""
        if self.ratio is None:
            return False
        return self.ratio >= self.bar.limit if self.bar.least else self.ratio <= self.bar.limit

    def text(self) -> str:
        """A line of the report."""
        sign = "≥" if self.bar.least else "≤"
        against = self.bar.other[0] if self.bar.other[0] != self.bar.ours[0] else ""
        what = f"{self.bar.what}" + (f" against {against}" if against else "")
        if self.ratio is None:
            return f"  not measured  {what}"
        word = "pass" if self.passed else "FAIL"
        return f"  {word}  {what:<58}{self.ratio:>9.2f}×  {sign} {self.bar.limit:g}×"


class Results:
    """All figures of a run."""

    def __init__(self, contests: Contests, missing: dict[str, str]) -> None:
        self._contests = contests
        self._missing = missing
        by_name = {case.name: by_name for case, by_name in contests.items()}
        self._verdicts = []
        for bar in BARS:
            ours = by_name[bar.ours[1]].get(bar.ours[0])
            other = by_name[bar.other[1]].get(bar.other[0])
            if ours is None or other is None:
                self._verdicts.append(Verdict(bar, None))
            else:
                pair = (other, ours) if bar.least else (ours, other)
                self._verdicts.append(Verdict(bar, ratio(*pair)))

    def passed(self) -> bool:
        """Whether all bars hold."""
        return all(verdict.passed for verdict in self._verdicts)

    def text(self) -> str:
        """The report."""
        lines = ["ns for one call, median; in brackets how many times faster than CovetPy"]
        for case, by_name in self._contests.items():
            lines.append(f"\n{case.name}  (GET {case.path})")
            base = by_name.get(FRAMEWORK)
            for name, contest in by_name.items():
                line = f"  {name:<22}{statistics.median(contest.times):>12,.1f}"
                if base is not None and name != FRAMEWORK:
                    line += f"   ({ratio(base, contest):.1f}×)"
                lines.append(line)
        lines.append("\nwhat the answers hold")
        lines += [f"  {kind.name:<22}{kind.answers}" for kind in KINDS]
        if self._missing:
            lines.append("\nnot measured")
            lines += [f"  {name:<22}{reason}" for name, reason in self._missing.items()]
        lines.append("\nbars")
        lines += [verdict.text() for verdict in self._verdicts]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "cases": {
                case.name: {name: figures(contest) for name, contest in by_name.items()}
                for case, by_name in self._contests.items()
            },
            "missing": self._missing,
            "bars": [
                {
                    "ours": list(bar.ours),
                    "other": list(bar.other),
                    "limit": bar.limit,
                    "least": bar.least,
                    "ratio": None if measured is None else round(measured, 3),
                    "passed": Verdict(bar, measured).passed if measured is not None else None,
                }
                for bar, measured in self._verdicts
            ],
        }


def figures(contest: Contest) -> dict[str, float]:
    """A contest as JSON."""
    quarter, median, three_quarters = statistics.quantiles(contest.times, n=4)
    return {
        "median_ns": round(median, 2),
        "lower_quartile_ns": round(quarter, 2),
        "upper_quartile_ns": round(three_quarters, 2),
        "least_ns": round(min(contest.times), 2),
    }
