"""Flows at an issuer: by several clinicians at once without pause, or as many a second as it should bear."""

from __future__ import annotations

import time
from collections import Counter
from http.client import HTTPException
from itertools import count
from statistics import quantiles
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from bench.flow import Flow, FlowError, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.flow import Clinician, Issuer

_FEWEST = 5


class Flowed(NamedTuple):
    """What came of it: milliseconds of each flow that ended well, and the others' reasons."""

    took: list[float]
    failed: list[str]
    seconds: float

    @property
    def p50(self) -> float:
        return quantiles(self.took, n=100)[49]

    @property
    def p95(self) -> float:
        return quantiles(self.took, n=100)[94]


def at_once(issuer: Issuer, clinicians: Sequence[Clinician], seconds: float) -> Flowed:
    """Each clinician goes through one flow after the other until the time is over."""
    begun = time.perf_counter()

    def due() -> float | None:
        passed = time.perf_counter()
        return passed if passed < begun + seconds else None

    return _flowed(issuer, clinicians, due)


def steadily(issuer: Issuer, clinicians: Sequence[Clinician], rate: float, seconds: float) -> Flowed:
    """So many flows a second, whether the last one is done or not; one that waits for a clinician has waited."""
    begun, numbers, lock = time.perf_counter(), count(), Lock()

    def due() -> float | None:
        with lock:
            number = next(numbers)
        return begun + number / rate if number < rate * seconds else None

    return _flowed(issuer, clinicians, due)


def _flowed(issuer: Issuer, clinicians: Sequence[Clinician], due: Callable[[], float | None]) -> Flowed:
    took: list[float] = []
    failed: list[str] = []

    def work(clinician: Clinician) -> None:
        line = Wire(issuer.origin)
        while (at := due()) is not None:
            time.sleep(max(0.0, at - time.perf_counter()))
            try:
                Flow(issuer, clinician, line).run()
            except (FlowError, OSError, HTTPException) as error:
                failed.append(f"{type(error).__name__} {error}")
                line.close()
            else:
                took.append((time.perf_counter() - at) * 1000)
        line.close()

    begun = time.perf_counter()
    threads = [Thread(target=work, args=(clinician,)) for clinician in clinicians]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) < _FEWEST:
        raise FlowError("hardly any flow went well", str(Counter(failed).most_common(3)))
    return Flowed(took, failed, time.perf_counter() - begun)
