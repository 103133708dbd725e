"""Whether the same message may be sent again: never what has arrived, was overtaken, or waits for somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.domain.delivery import State


class Hindrance(StrEnum):
    """Why the same message is not sent again."""

    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FILED = "filed"
    OVERTAKEN = "overtaken"
    FORGOTTEN = "forgotten"
    NOT_PROPOSED = "not_proposed"


FOR_OPERATOR = {
    Hindrance.UNDER_WAY: "it is on its way by itself, or waits for its clinician's word",
    Hindrance.ARRIVED: "it has arrived",
    Hindrance.REJECTED: "its receiver has rejected this message and would again; a new one is its clinician's to send",
    Hindrance.CANCELLED: "its clinician did not want it sent",
    Hindrance.FILED: "its clinician has filed it by hand",
    Hindrance.OVERTAKEN: "a correction of its document has been sent already",
    Hindrance.FORGOTTEN: "its content is no longer kept",
    Hindrance.NOT_PROPOSED: "nobody has proposed to send it again",
}

_BY_STATE = {
    State.QUEUED: Hindrance.UNDER_WAY,
    State.SENT: Hindrance.UNDER_WAY,
    State.TRANSPORT_OK: Hindrance.UNDER_WAY,
    State.COMPLETED: Hindrance.ARRIVED,
    State.REJECTED_APPREC: Hindrance.REJECTED,
    State.CANCELLED: Hindrance.CANCELLED,
}


@dataclass(frozen=True)
class Circumstances:
    """What decides beside the state: `filed` by hand, `overtaken` by a sent correction, content still `kept`."""

    filed: bool
    overtaken: bool
    kept: bool


def hindrance(state: State, now: Circumstances) -> Hindrance | None:
    """Return why not, the reason that a person can do least about first; None where `after_retry` may be taken."""
    if state in _BY_STATE:
        return _BY_STATE[state]
    if now.filed:
        return Hindrance.FILED
    if now.overtaken:
        return Hindrance.OVERTAKEN
    return None if now.kept else Hindrance.FORGOTTEN
