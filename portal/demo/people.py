"""Who plays in the demo: made-up clinicians, and synthetic patients in Tenor's manner (month + 80)."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.demo.epj.config import Patient
from portal.domain.oids import DNR, FNR


def _doctor(sub: str, pid: str, given: str, family: str, hpr_number: str) -> dict[str, Any]:
    full = {"value": "1", "description": "Full rekvisisjonsrett"}
    approval = {
        "profession": "LE",
        "authorization": {"value": "1", "description": "Autorisasjon"},
        "requisition_rights": [full],
    }
    named = {"sub": sub, "pid": pid, "given_name": given, "family_name": family}
    return {**named, "hpr_number": hpr_number, "approvals": [approval]}


ANNA = _doctor("aM7XtBzQ+f0Wn2jU4sYd/3LkHc9RvEgP1oZiTxK5bNw=", "12827910285", "Anna", "Fastlege", "565501872")
BO = _doctor("bQ3ZpLwV/y8Dk6hS1mXc+5RjTf0NuGaE7iOvYrC2sHk=", "07859020563", "Bo", "Vikar", "565550846")
CATO = {
    "sub": "cR9YdNsU+w4Fl7gT2nVb/6QkXe1MtHzA8jPwOqB3rJo=",
    "pid": "21878533485",
    "given_name": "Cato",
    "family_name": "Utenfor",
}
PEOPLE = (ANNA, BO, CATO)

SOLVI = Patient(
    id="solvi",
    number="31817541278",
    system=FNR,
    family="Fjellrev",
    given="Sølvi",
    birth_date=date(1975, 1, 31),
)
TRYGVE = Patient(
    id="trygve",
    number="14924831872",
    system=FNR,
    family="Havørn",
    given="Trygve",
    birth_date=date(1948, 12, 14),
)
INGEBORG = Patient(
    id="ingeborg",
    number="45830364157",
    system=DNR,
    family="Røyskatt",
    given="Ingeborg",
    birth_date=date(2003, 3, 5),
)
PATIENTS = (SOLVI, TRYGVE, INGEBORG)

# Made-up numbers: HelseID's own test organisation, HER-ids that nobody has.
OFFICE = {"parent": "999977774", "child": "999977775"}
OFFICE_NAME = "Granfjelldal legekontor"
OFFICE_HER_ID = "99000102"
OFFICE_PARENT_HER_ID = "99000101"
PARTIES = (
    {
        "her_id": OFFICE_PARENT_HER_ID,
        "name": OFFICE_NAME,
        "kind": "Organization",
        "organisation_number": OFFICE["parent"],
    },
    {"her_id": OFFICE_HER_ID, "name": "Fastlege", "kind": "Service", "parent_her_id": OFFICE_PARENT_HER_ID},
)
SENDER = {"ORGANISATION_NUMBER": "999977774", "PARENT_HER_ID": "99000001", "HER_ID": "99000002", "PHONE": "+4722222222"}
