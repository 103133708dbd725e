"""Identifier systems and the context variables of the framework (facts: HL7 Norway basisprofiler-r4, Volven)."""

from __future__ import annotations

from typing import NamedTuple

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
DNR = "urn:oid:2.16.578.1.12.4.1.4.2"
HPR = "urn:oid:2.16.578.1.12.4.1.4.4"
ENH = "urn:oid:2.16.578.1.12.4.1.4.101"
HER = "urn:oid:2.16.578.1.12.4.1.2"
PROFESSION = "urn:oid:2.16.578.1.12.4.1.1.9060"


class ContextVariable(NamedTuple):
    """One thing that a target may learn about a launch; `release` is the word in its registration."""

    release: str
    system: str
    resource: str
    meaning: str


CONTEXT_VARIABLES = (
    ContextVariable("patient_number", f"{FNR} | {DNR}", "Patient", "fødselsnummer or D-number of the open patient"),
    ContextVariable("hpr", HPR, "Practitioner", "HPR number of the clinician, as HelseID knows it"),
    ContextVariable("organisation", ENH, "Organization", "organisation number of the office, from the EPJ's own token"),
    ContextVariable("her_id", HER, "Organization", "HER-id that the office receives messages at"),
    ContextVariable("encounter", "", "Encounter", "the EPJ's own encounter id, only if it gave one"),
)
