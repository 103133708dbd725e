"""What is measured: one value, or the middle one of several runs with the extremes or the quartiles beside it."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Figure(NamedTuple):
    """A line of the table; `runs` are the least and the most, or where that is said the quartiles."""

    name: str
    value: float
    unit: str
    runs: tuple[float, float] | None = None

    def __str__(self) -> str:
        spread = " ({:.2f}..{:.2f})".format(*self.runs) if self.runs else ""
        return f"{self.name:<66} {self.value:>8.2f} {self.unit:<3}{spread}"

    def as_json(self) -> dict[str, Any]:
        plain = {"value": round(self.value, 3), "unit": self.unit}
        return plain | ({"runs": [round(run, 3) for run in self.runs]} if self.runs else {})


def of_runs(name: str, values: Sequence[float], unit: str) -> Figure:
    return Figure(name, median(values), unit, (min(values), max(values)))


def in_quartiles(name: str, values: Sequence[float], unit: str) -> Figure:
    """The same with the quartiles, where a run can meet another one's checkpoint."""
    if len(values) == 1:
        return Figure(name, values[0], unit)
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Figure(name, middle, unit, (low, high))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Run by run."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]
