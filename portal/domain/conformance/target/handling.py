"""Judging what the target does with what it got: whose document it sends, whether it tells of what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.case import Finding, Outcome, failed, missing, verdict
from portal.domain.conformance.target.case import CaseId, Why

if TYPE_CHECKING:
    from portal.domain.conformance.target.diary import Diary


def own_patient(diary: Diary) -> Finding:
    """A document is sent for the patient of its own launch."""
    return verdict([failed(Why.OTHER_PATIENT) for _ in diary.refused(CaseId.PATIENT)], diary.accepted("put"))


def written(diary: Diary) -> Finding:
    """A document gets into the journal."""
    return verdict(diary.refused(CaseId.WRITEBACK), diary.accepted("put"))


def told(diary: Diary) -> Finding:
    """A launch that failed is told of, in a way that is understood."""
    return verdict(diary.refused(CaseId.FAILURE), diary.accepted("failure"))


def shown(diary: Diary) -> Finding:
    """The target shows whose form it is; nobody but its owner can say so."""
    declared = any(one.facts.case is CaseId.BANNER for one in diary.of("declared"))
    return Finding(Outcome.PASSED, Why.DECLARED) if declared else missing(Why.TO_BE_DECLARED)
