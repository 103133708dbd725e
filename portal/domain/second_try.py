"""Whether a clinician may have a report sent once more, and as what: the other half of `delivery.after_retry`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from portal.domain.delivery import State, may_replace

if TYPE_CHECKING:
    from collections.abc import Collection

HEALS = frozenset({"E30", "E31", "E32", "E35", "E36", "E53", "E54", "T99", "X99"})
"""Codes of codeset 8221 that time, or a correction in the journal, may heal; the others say no again."""
_SAME = {State.REJECTED_TRANSPORT, State.OVERDUE}


class SecondTry(StrEnum):
    """SAME message again (same MsgId, same bytes) or a NEW one; the others say why there is none."""

    SAME = "same"
    NEW = "new"
    NOT_NEEDED = "not_needed"
    IN_VAIN = "in_vain"
    FORGOTTEN = "forgotten"
    OVERTAKEN = "overtaken"


def second_try(
    state: State, codes: Collection[str], *, filed: bool = False, kept: bool = True, overtaken: bool = False
) -> SecondTry:
    """Return what may follow a Delivery that came to `state` with these AppRec codes.

    `filed` is whether it stands in the journal already, `kept` whether its content is still here, `overtaken` whether a
    later document of its chain of corrections may have been sent: an older one must not come after it.
    """
    way = SecondTry.NOT_NEEDED if filed else _way(state, codes)
    if way not in {SecondTry.SAME, SecondTry.NEW}:
        return way
    if not kept:
        return SecondTry.FORGOTTEN
    return SecondTry.OVERTAKEN if overtaken else way


def _way(state: State, codes: Collection[str]) -> SecondTry:
    if state in _SAME:
        return SecondTry.SAME
    if may_replace(state):
        return SecondTry.NEW if codes and HEALS.issuperset(codes) else SecondTry.IN_VAIN
    return SecondTry.IN_VAIN if state is State.INVALID else SecondTry.NOT_NEEDED
