"""What held and what did not, and the figures beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

from soak.storm import FAULTS, RECOVERED_WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soak.ledger import Arrival, Ledger
    from soak.storm import Kill

UNFINISHED = ("queued", "sent", "transport_ok")


class Line(NamedTuple):
    """One line of the table; `holds` is None for what is only reported."""

    name: str
    value: float
    holds: bool | None = None

    def shown(self) -> str:
        mark = {True: "", False: "  FAILED", None: ""}[self.holds]
        return f"{self.value:.{0 if isinstance(self.value, int) else 2}f}{mark}"


def judged(ledger: Ledger, wanted: int, kills: list[Kill], seen: Counter[str], states: dict[str, int]) -> list[Line]:
    """Every line; `states` are the deliveries by state at the end, as the portal counts them."""
    return [
        Line("acknowledged documents", ledger.acked, ledger.acked >= wanted),
        _none("lost", len(ledger.owed)),
        *_arrived(ledger),
        _none("order inversions in chains", _inversions(ledger)),
        *(Line(f"{name} faults met", seen[name], seen[name] >= FAULTS) for name in ("ENOSPC", "EIO")),
        *_recoveries(ledger, kills),
        _none("deliveries unfinished at the end", sum(states.get(state, 0) for state in UNFINISHED)),
        _none("deliveries set aside", sum(states.values()) - sum(states.get(s, 0) for s in (*UNFINISHED, "completed"))),
        _none("refused (4xx)", sum(count for said, count in ledger.answers.items() if _is_refusal(said))),
        *_delays(ledger),
    ]


def recovery(ledger: Ledger, kill: Kill) -> float | None:
    """Seconds from a kill to the first arrival of a document that was put after it and promised; None for never."""
    first = None
    # In the order that they were begun in, but for threads passing each other.
    for put in reversed(list(ledger.puts.values())):
        if put.begun_at < kill.at - 1:
            break
        arrival = ledger.first_arrival(put.document_id)
        if arrival and put.begun_at >= kill.at and put.acked_at and kill.receiver in {None, put.receiver}:
            first = min(first or arrival.at, arrival.at)
    return None if first is None else first - kill.at


def _none(name: str, count: int) -> Line:
    return Line(name, count, count == 0)


def _arrived(ledger: Ledger) -> Iterator[Line]:
    by_document: dict[str, list[Arrival]] = defaultdict(list)
    by_message: dict[str, set[str]] = defaultdict(set)
    for arrival in ledger.arrivals:
        by_document[arrival.document_id].append(arrival)
        by_message[arrival.msg_id].add(arrival.message)
    yield _none("journalled twice, by a receiver that dedupes", _twice(by_document, "dedupes"))
    yield _none("sent under two MsgIds", sum(len({one.msg_id for one in came}) > 1 for came in by_document.values()))
    for receiver in ledger.journals:
        repeats = sum(one.again for one in ledger.arrivals if one.receiver == receiver)
        yield Line(f"raw duplicates at the one that {receiver}".replace("-", " "), repeats)
        yield Line(f"asked for and found at the one that {receiver}".replace("-", " "), ledger.found(receiver))
    yield _none("repeated with other bytes", sum(len(bytes_) > 1 for bytes_ in by_message.values()))
    known = ledger.puts.keys()
    yield _none("PDFs changed on the way", sum(_is_changed(ledger, one) for one in ledger.arrivals))
    yield _none("messages of no document of ours", len(by_document.keys() - known))
    unpromised = [name for name in by_document if name in known and not ledger.puts[name].acked_at]
    yield Line("journalled without an acknowledgement", len(unpromised))


def _twice(by_document: dict[str, list[Arrival]], receiver: str) -> int:
    return sum(sum(one.journalled for one in came) > 1 for came in by_document.values() if came[0].receiver == receiver)


def _is_changed(ledger: Ledger, arrival: Arrival) -> bool:
    put = ledger.puts.get(arrival.document_id)
    return put is not None and put.pdf != arrival.pdf


def _inversions(ledger: Ledger) -> int:
    """Corrections that came before what they correct; each receiver has one order."""
    found = 0
    for put in ledger.puts.values():
        original = ledger.first_arrival(put.corrects) if put.corrects else None
        came = ledger.first_arrival(put.document_id)
        if put.corrects and came and (original is None or original.order > came.order):
            found += 1
    return found


def _recoveries(ledger: Ledger, kills: list[Kill]) -> Iterator[Line]:
    took: dict[str, list[float]] = defaultdict(list)
    for kill in kills:
        found = recovery(ledger, kill)
        took[kill.component].append(float("inf") if found is None else found)
    for component, times in sorted(took.items()):
        yield Line(f"kills of {component}", len(times))
        yield Line(f"longest recovery of {component}, s", max(times), max(times) <= RECOVERED_WITHIN)


def _delays(ledger: Ledger) -> Iterator[Line]:
    arrivals = [(put, ledger.first_arrival(put.document_id)) for put in ledger.puts.values() if put.acked_at]
    delays = [came.at - put.acked_at for put, came in arrivals if came and put.acked_at]
    if len(delays) > 1:
        cuts = quantiles(delays, n=100)
        for name, value in (("p50", cuts[49]), ("p99", cuts[98]), ("longest", max(delays))):
            yield Line(f"from acknowledgement to journal, s, {name}", max(value, 0.0))


def _is_refusal(said: str) -> bool:
    status = said.removeprefix("put: ")
    return status.startswith("4") and not status.startswith(("408", "425", "429")) and "dpop" not in status


def as_json(lines: list[Line], **more: Any) -> dict[str, Any]:
    """For the file: figures by name, and what did not hold."""
    figures = {line.name: line.value for line in lines}
    return {"figures": figures, "failed": [line.name for line in lines if line.holds is False], **more}
