"""Several at once: each does its own over and over without pause, or together as often a second as should be borne."""

from __future__ import annotations

import time
from collections import Counter
from http.client import HTTPException
from itertools import count
from statistics import quantiles
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bench.flow import Flow, FlowError, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.flow import Clinician, Issuer

_FEWEST = 5


class Work(Protocol):
    """What one of them does; raises FlowError when it was answered otherwise than it should be."""

    def run(self) -> None: ...

    def close(self) -> None: ...


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
    return pressed(_flows(issuer, clinicians), seconds)


def pressed(works: Sequence[Work], seconds: float) -> Flowed:
    """Each does its own, one after the other, until the time is over."""
    begun = time.perf_counter()

    def due() -> float | None:
        passed = time.perf_counter()
        return passed if passed < begun + seconds else None

    return _flowed(works, due)


def repeated(works: Sequence[Work], times: int) -> Flowed:
    """So many in all, as soon as somebody is free."""
    numbers, lock = count(), Lock()

    def due() -> float | None:
        with lock:
            number = next(numbers)
        return time.perf_counter() if number < times else None

    return _flowed(works, due)


def steadily(issuer: Issuer, clinicians: Sequence[Clinician], rate: float, seconds: float) -> Flowed:
    """So many flows a second, whether the last one is done or not; one that waits for a clinician has waited."""
    begun, numbers, lock = time.perf_counter(), count(), Lock()

    def due() -> float | None:
        with lock:
            number = next(numbers)
        return begun + number / rate if number < rate * seconds else None

    return _flowed(_flows(issuer, clinicians), due)


def _flows(issuer: Issuer, clinicians: Sequence[Clinician]) -> list[Flow]:
    return [Flow(issuer, clinician, Wire(issuer.origin)) for clinician in clinicians]


def _flowed(works: Sequence[Work], due: Callable[[], float | None]) -> Flowed:
    took: list[float] = []
    failed: list[str] = []

    def go_on(work: Work) -> None:
        while (at := due()) is not None:
            time.sleep(max(0.0, at - time.perf_counter()))
            try:
                work.run()
            except (FlowError, OSError, HTTPException) as error:
                failed.append(f"{type(error).__name__} {error}")
                work.close()
            else:
                took.append((time.perf_counter() - at) * 1000)
        work.close()

    begun = time.perf_counter()
    threads = [Thread(target=go_on, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) < _FEWEST:
        raise FlowError("hardly any went well", str(Counter(failed).most_common(3)))
    return Flowed(took, failed, time.perf_counter() - begun)
