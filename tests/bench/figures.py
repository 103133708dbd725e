"""What is measured: one value, or the middle one of several runs with the extremes beside it."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Figure(NamedTuple):
    """A line of the table; `runs` are the least and the most."""

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
