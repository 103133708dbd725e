"""The click in the journal: a handle that stands for it, opaque and good once (SMART App Launch 2.2 "Launch")."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.demo.epj.smart.memory import Launch
from portal.demo.standin import token
from portal.errors import OAuthError

if TYPE_CHECKING:
    from portal.demo.epj.config import Patient
    from portal.demo.epj.smart.server import Server

LIFE = timedelta(seconds=60)


def begin(server: Server, patient: Patient) -> dict[str, str]:
    """Return what the browser, which is signed in at the journal, carries to the portal: who we are, and a handle."""
    handle, now, visit = token(), server.now(), server.visits.current()
    launch = Launch(visit, visit.user, patient, visit.contact(patient))
    server.memory.launches.put(handle, launch, now=now, until=now + LIFE)
    return {"iss": server.fhir, "launch": handle}


def spend(server: Server, handle: str) -> Launch:
    """Return the click that a handle stands for, once; raises OAuthError("invalid_request").

    The browser must be the one that clicked, or a link that somebody forwards would open a patient for another. An
    attempt from elsewhere spends nothing.
    """
    now, visit, launches = server.now(), server.visits.current(), server.memory.launches
    launch = launches.look(handle, now)
    if launch is None or launch.visit is not visit or visit.user is None or visit.user.sub != launch.user.sub:
        raise OAuthError("invalid_request", "launch: unknown, used, expired or another browser's")
    if launches.take(handle, now) is None:
        raise OAuthError("invalid_request", "launch: used")
    return launch
