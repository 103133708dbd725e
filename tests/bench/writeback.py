"""What write-back costs: taking documents in, bringing them to a journal, and the memory of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import deliveries, intake, wanted, weight
from bench.databases import databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figures import Figure


def measured(folder: Path) -> Iterator[Figure]:
    """Each figure; N, KB, FINISHED, DATABASE, RUNS and SECONDS say how much (`wanted`)."""
    folder.mkdir()
    for kind in wanted.DATABASES:
        with databases(kind, folder) as served:
            yield from intake.measured(folder / f"intake-{kind}", served)
    # Several workers write: SQLite's, which has one writer, only when it is alone.
    kind = wanted.DATABASES[-1]
    with databases(kind, folder) as served:
        yield from deliveries.measured(folder / f"deliveries-{kind}", served)
        yield from weight.measured(folder / f"weight-{kind}", served)
