"""A journal system with both doors, and which cases of its conformance went how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.registration import Epj, SmartServer

if TYPE_CHECKING:
    from portal.domain.conformance.case import CaseId, Finding, Outcome

SMART = SmartServer(issuer="https://epj.example/fhir", client_id="portal")
BOTH_DOORS = Epj(id="epj", name="EksempelEPJ", helseid_client_ids=("epj",), smart=SMART)


def of(found: dict[CaseId, Finding], outcome: Outcome) -> set[CaseId]:
    """The cases that went so."""
    return {case for case, finding in found.items() if finding.outcome is outcome}
