"""One right day of an EPJ, for a test to change in one thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from support.conformance import BOTH_DOORS

from portal.domain.conformance.case import CaseId
from portal.domain.conformance.cases import judge
from portal.domain.conformance.observed import Facts, Fault, Observed, opaque

if TYPE_CHECKING:
    from typing import Self

    from portal.domain.conformance.case import Finding
    from portal.domain.registration import Epj

BEGINS = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
CALL = {"scheme": "dpop", "epj_session": opaque("epj", "sid-1"), "person": opaque("epj", "anna")}
HERE = {"epj_session": opaque("epj", "sid-1"), "cookie": True}
OPENED = {"status": 303, "step": "opened", "landed": False, **HERE}
EXPIRED = {"status": 410, "code": "start_expired", "how": "post", **HERE}


def created(session: str, **more: Any) -> dict[str, Any]:
    """A context was made."""
    facts = {"status": 201, "session": opaque(session), "challenge": opaque("challenge", session), "life": 1800}
    return CALL | facts | {"proof": opaque("proof", session), "nonce": False, "another_patient": False} | more


def refused(status: int, code: str, rule: str | None = None, **more: Any) -> dict[str, Any]:
    """A call was refused."""
    return CALL | {"status": status, "code": code, "rule": rule} | more


def about(session: str, status: int, **more: Any) -> dict[str, Any]:
    """A call about a context that there is."""
    return CALL | {"status": status, "session": opaque(session), "matches": True} | more


def arrived(session: str, **more: Any) -> dict[str, Any]:
    """The browser came with the code."""
    return HERE | {"status": 303, "session": opaque(session), "how": "post"} | more


@dataclass
class Day:
    """What was seen, by name: when, what, and how it went."""

    steps: dict[str, tuple[float, str, dict[str, Any]]] = field(default_factory=dict)

    def did(self, name: str, at: float, event: str, facts: dict[str, Any]) -> Self:
        self.steps[name] = (at, event, facts)
        return self

    def changed(self, name: str, at: float | None = None, **facts: Any) -> Self:
        before, event, known = self.steps[name]
        return self.did(name, before if at is None else at, event, known | facts)

    def without(self, name: str) -> Self:
        del self.steps[name]
        return self

    def seen(self) -> list[Observed]:
        ordered = sorted(self.steps.values(), key=lambda step: step[0])
        return [
            Observed(BEGINS + timedelta(seconds=at), event, Facts(**facts))  # type: ignore[arg-type]  # a literal
            for at, event, facts in ordered
        ]


def right() -> Day:
    """Two patients after each other, then one of each ordered fault, and a launch by the other door."""
    day = Day().did("create a", 0, "create", created("a", reply_to=True, writeback=True))
    day.did("start a", 2, "start", arrived("a"))
    day.did("login a", 3, "proceed", HERE | {"status": 303, "session": opaque("a"), "step": "login", "cookie": False})
    day.did("open a", 9, "proceed", OPENED | {"session": opaque("a")})
    day.did("refresh a", 600, "refresh", about("a", 200, life=1800))
    day.did("create b", 700, "create", created("b", another_patient=True, service=True))
    day.did("end a", 701, "end", about("a", 204))
    day.did("start b", 702, "start", arrived("b", how="fragment"))
    day.did("open b", 703, "proceed", OPENED | {"session": opaque("b"), "landed": True})
    return with_faults(day.did("end b", 800, "end", about("b", 204)))


def with_faults(day: Day) -> Day:
    """One of each ordered fault, rightly answered, and the launch."""
    nonce = refused(401, "use_dpop_nonce", fault=Fault.NONCE, proof=opaque("first"), nonce=False)
    day.did("order", 880, "fault", {"fault": Fault.NONCE})
    day.did("asked for a nonce", 881, "create", nonce)
    day.did("create c", 882, "create", created("c", nonce=True))
    day.did("open c", 884, "proceed", OPENED | {"session": opaque("c")})
    day.did("down", 890, "create", refused(503, "unavailable", fault=Fault.UNAVAILABLE))
    day.did("create d", 901, "create", created("d", another_patient=True))
    day.did("end c", 902, "end", about("c", 204))
    day.did("too late", 903, "start", EXPIRED | {"session": opaque("d"), "fault": Fault.START_EXPIRED})
    day.did("create f", 910, "create", created("f"))
    day.did("start f", 911, "start", arrived("f"))
    day.did("open f", 912, "proceed", OPENED | {"session": opaque("f")})
    day.did("gone", 920, "refresh", about("f", 410, code="context_ended", fault=Fault.CONTEXT_ENDED))
    day.did("create g", 930, "create", created("g"))
    day.did("start g", 931, "start", arrived("g"))
    day.did("end g", 950, "end", about("g", 204))
    day.did("launch", 1000, "launch", {"status": 303})
    return day.did("callback", 1002, "callback", {"status": 303})


def findings(day: Day, epj: Epj = BOTH_DOORS) -> dict[CaseId, Finding]:
    """How each case went on that day."""
    return {CaseId(one.case.id): one.finding for one in judge(day.seen(), epj)}
