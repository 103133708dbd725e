"""Judging what the EPJ's server calls: who it proves to be, and whether what it says is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.case import CaseId, Why, failed, missing, verdict
from portal.domain.conformance.observed import SERVER

if TYPE_CHECKING:
    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.diary import Diary


def created(diary: Diary) -> Finding:
    """session/create is accepted."""
    return verdict(diary.refused(CaseId.CREATE), diary.accepted("create"))


def bound(diary: Diary) -> Finding:
    """Every token is bound to a key and shown as DPoP."""
    return verdict(diary.refused(CaseId.BOUND, Why.NOT_DPOP), diary.accepted(*SERVER))


def fresh(diary: Diary) -> Finding:
    """Every call has a proof of its own, of this moment and for this address."""
    return verdict(diary.refused(CaseId.FRESH), diary.accepted(*SERVER))


def named(diary: Diary) -> Finding:
    """Every call says which system it comes from."""
    return verdict(diary.refused(CaseId.SOURCE), diary.accepted(*SERVER))


def challenged(diary: Diary) -> Finding:
    """No two sessions have the same code challenge; it takes two to tell."""
    challenges = [one.facts.challenge for one in diary.accepted("create")]
    again = [failed(Why.CHALLENGE_AGAIN)] if len(set(challenges)) < len(challenges) else []
    return verdict(again, len(challenges) > 1)


def addressed(diary: Diary) -> Finding:
    """`reply_to` is the journal's own address, and messages may be sent there."""
    given = [one for one in diary.accepted("create") if one.facts.reply_to]
    found = verdict(diary.refused(CaseId.REPLY_TO), any(one.facts.writeback for one in given))
    return missing(Why.NO_WRITEBACK) if given and found.outcome == "not_seen" else found


def landed(diary: Diary) -> Finding:
    """With `service` the clinician lands on that service."""
    wanted = [one.facts.session for one in diary.accepted("create") if one.facts.service]
    there = [one for one in diary.of("proceed") if one.facts.landed and one.facts.session in wanted]
    return verdict(diary.refused(CaseId.LANDING), there)
