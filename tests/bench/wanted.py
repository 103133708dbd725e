"""How much of write-back is measured, from the environment: N, KB, FINISHED, DATABASE, RUNS and SECONDS."""

from __future__ import annotations

import os


def _numbers(name: str, usual: str) -> tuple[int, ...]:
    return tuple(int(number) for number in os.environ.get(name, usual).split(","))


QUEUED = _numbers("N", "20000")[0]
"""Deliveries that wait in the longest queue; the others are a tenth of it."""
SIZES = _numbers("KB", "50,1000")
"""Kilobytes of a PDF."""
FINISHED = _numbers("FINISHED", "1000,200000")
"""Deliveries that are over: few, and many."""
DATABASES = tuple(os.environ.get("DATABASE", "sqlite,postgresql").split(","))
RUNS = _numbers("RUNS", "5")[0]
SECONDS = float(os.environ.get("SECONDS", "2"))
"""How long each of the runs takes that are told by time."""
