"""What the reports have in common: the bars that our own must clear, and figures as JSON."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Union

from contenders import version
from measuring import Contest, Timed, ratio

# The contests of each case by contender. What a case is, each benchmark says; it has a name.
Contests = Mapping[Any, dict[str, Contest]]


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

    def document(self) -> dict[str, Any]:
        """The verdict as JSON."""
        return {
            "ours": list(self.bar.ours),
            "other": list(self.bar.other),
            "limit": self.bar.limit,
            "least": self.bar.least,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "passed": None if self.ratio is None else self.passed,
        }


def judge(bars: Iterable[Bar], contests: Mapping[Any, Mapping[str, Timed]]) -> list[Verdict]:
    """Compare what the bars name."""
    by_name = {case.name: by_contender for case, by_contender in contests.items()}
    verdicts = []
    for bar in bars:
        ours = by_name[bar.ours[1]].get(bar.ours[0])
        other = by_name[bar.other[1]].get(bar.other[0])
        if ours is None or other is None:
            verdicts.append(Verdict(bar, None))
        else:
            pair = (other, ours) if bar.least else (ours, other)
            verdicts.append(Verdict(bar, ratio(*pair)))
    return verdicts


def ending(missing: dict[str, str], verdicts: list[Verdict]) -> list[str]:
    """The last lines of a report: what was not measured, and the bars."""
    lines = []
    if missing:
        lines.append("\nnot measured")
        lines += [f"  {name:<26}{reason}" for name, reason in missing.items()]
    lines.append("\nbars")
    return lines + [verdict.text() for verdict in verdicts]


def document(
    contests: Contests,
    missing: dict[str, str],
    verdicts: list[Verdict],
    distributions: Iterable[str],
) -> dict[str, Any]:
    """A report as JSON, with what the figures depend on."""
    versions = {name: version(name) for name in distributions}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: number for name, number in versions.items() if number},
        "cases": {
            case.name: {name: figures(contest) for name, contest in by_name.items()}
            for case, by_name in contests.items()
        },
        "missing": missing,
        "bars": [verdict.document() for verdict in verdicts],
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
