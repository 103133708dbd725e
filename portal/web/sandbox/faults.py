"""Faults that a vendor orders: the next call that one fits is answered with it, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import g, request

from portal.domain.conformance.observed import SERVER, Facts, Fault, opaque
from portal.errors import ContextRejected, PortalError, TokenRejected, Unavailable
from portal.store import endings, observations
from portal.web import once
from portal.web.guards import epj, epj_and_session
from portal.web.parts import parts
from portal.web.sandbox.facts import sent
from portal.web.sandbox.named import named

if TYPE_CHECKING:
    from portal.domain.conformance.observed import Event

_KEPT = timedelta(minutes=10)
_OUTAGE, _OUTAGE_OVER = timedelta(seconds=2), timedelta(seconds=10)
"""Who is told that we are down is told so for two seconds, or nobody would see who tries again and again."""
_MEETS = {
    Fault.NONCE: SERVER,
    Fault.UNAVAILABLE: {"create"},
    Fault.CONTEXT_ENDED: {"refresh"},
    Fault.START_EXPIRED: {"start"},
}


def order(epj_id: str, fault: Fault) -> None:
    """Have the EPJ's next fitting call answered with a fault within ten minutes; ordering twice is ordering once."""
    if fault in waiting(epj_id):
        return
    portal = parts()
    now, key = portal.now(), opaque(portal.token())
    with portal.database.write() as session:
        observations.note(session, epj_id, "fault", Facts(fault=fault, order=key), now)
        once.put(session, "fault", key, fault, client=epj_id, until=now + _KEPT)


def waiting(epj_id: str) -> set[Fault]:
    """The faults that no call has met yet."""
    return {fault for key, fault in _orders(epj_id).items() if once.look("fault", key, client=epj_id)}


def strike() -> None:
    """Answer this call with a fault that was ordered for it; a call that is wrong by itself is refused for that."""
    who = named()
    fault = _spend(who.epj_id, who.event) if who else None
    if who is None or fault is None:
        return
    if who.event in SERVER:
        _authenticated()
    g.fault = fault
    raise _answered(fault)


@epj
def _authenticated() -> None:
    """The guard of the view that will not run: this call's proof is spent as it would have been."""


def _spend(epj_id: str, event: Event) -> Fault | None:
    for key, fault in _orders(epj_id).items():
        if event in _MEETS[fault] and once.spend("fault", key, client=epj_id):
            return fault
    return Fault.UNAVAILABLE if event == "create" and _is_down(epj_id) else None


def _is_down(epj_id: str) -> bool:
    portal = parts()
    now = portal.now()
    with portal.database.read() as session:
        seen = observations.of_epj(session, epj_id)
    told = [one.at for one in seen if one.event == "create" and one.facts.fault is Fault.UNAVAILABLE]
    began = next((at for at in told if now - at < _OUTAGE_OVER), None)
    return began is not None and now - began < _OUTAGE


def _orders(epj_id: str) -> dict[str, Fault]:
    portal = parts()
    with portal.database.read() as session:
        return observations.orders(session, epj_id, portal.now() - _KEPT)


def _answered(fault: Fault) -> PortalError:
    if fault is Fault.NONCE:
        return TokenRejected("use_dpop_nonce")
    if fault is Fault.UNAVAILABLE:
        return Unavailable("unavailable")
    if fault is Fault.CONTEXT_ENDED:
        _end()
        return ContextRejected("context_ended")
    _expire()
    return ContextRejected("start_expired")


def _end() -> None:
    """What is said to have ended has ended, in the browser too."""
    portal, (_, epj_session), session_id = parts(), epj_and_session(), sent().get("sessionId")
    if isinstance(session_id, str):
        with portal.database.write() as session:
            endings.of_context(session, session_id, epj_session, portal.now())


def _expire() -> None:
    """And a code that is said to be too old opens nothing any more."""
    once.spend("start", request.values["code"])
