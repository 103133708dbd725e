"""The patient and the clinician in an EPJ's resources (no-basis-Patient, no-basis-Practitioner)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from portal.domain.context import Patient
from portal.domain.oids import DNR, FNR, HPR
from portal.domain.smart.numbers import numbers_in
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from portal.domain.smart import resources

_HPR = re.compile(r"[1-9][0-9]{0,8}")
_HPR_MISSPELT = "urn:oid:2.16.578.1.12.4.4"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OLDEST = date(1850, 1, 1)
_USES = ("official", "usual", None, "temp")  # best first; the others are no longer or never the patient's own
_LONGEST_NAME = 100


def patient(resource: resources.Patient) -> Patient:
    """Return who the resource is about; whether the number is one is for the caller to check.

    Raises SmartRejected smart_patient_invalid when there is not exactly one number, or name or birth date lack.
    """
    numbers = numbers_in(resource.identifier, FNR, DNR)
    if len(numbers) != 1:
        systems = f"fødselsnummer is {FNR}, D-number is {DNR}"
        raise _invalid("identifier", f"exactly one number in use must have one of these systems: {systems}")
    ((number, system),) = numbers.items()
    family, given = _name(resource)
    return Patient(number, system, family, given, _birth_date(resource))


def hpr_number(resource: resources.Practitioner) -> str:
    """Return the clinician's HPR number, at most nine digits; raises SmartRejected smart_practitioner_invalid."""
    numbers = numbers_in(resource.identifier, HPR)
    if not numbers and numbers_in(resource.identifier, _HPR_MISSPELT):
        rule = f"the system of the HPR number lacks .1.4; it is {HPR}"
    elif len(numbers) != 1:
        rule = f"exactly one HPR number in use must have the system {HPR}"
    elif not _HPR.fullmatch(number := next(iter(numbers))):
        rule = "an HPR number is 1 to 9 digits and does not start with 0"
    else:
        return number
    raise SmartRejected("smart_practitioner_invalid", f"Practitioner.identifier: {rule} (no-basis-Practitioner)")


def own_numbers(resource: resources.Practitioner) -> frozenset[str]:
    """Return the clinician's fødselsnummer and D-number in use, as far as the EPJ tells them."""
    return frozenset(numbers_in(resource.identifier, FNR, DNR))


def _name(resource: resources.Patient) -> tuple[str, str]:
    whole = [name for name in resource.name if name.use in _USES and name.family and name.given]
    if not whole:
        raise _invalid("name", "one name in use must have both family and given")
    best = min(whole, key=lambda name: _USES.index(name.use))
    given = " ".join(best.given)
    if len(given) > _LONGEST_NAME:
        raise _invalid("name.given", f"all given names together have at most {_LONGEST_NAME} characters")
    return best.family or "", given


def _birth_date(resource: resources.Patient) -> date:
    written = resource.birthDate or ""
    try:
        born = date.fromisoformat(written) if _DATE.fullmatch(written) else None
    except ValueError:
        born = None
    if born is None or born < _OLDEST:
        raise _invalid("birthDate", "must be a whole date, YYYY-MM-DD, of 1850 or later")
    return born


def _invalid(field: str, rule: str) -> SmartRejected:
    return SmartRejected("smart_patient_invalid", f"Patient.{field}: {rule} (no-basis-Patient)")
