"""A report that came as fields instead of a PDF, with what stands around them on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.domain.journal_text import journal_text
from portal.domain.norwegian_time import OSLO
from portal.domain.oids import DNR, FNR

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.bodies import WritebackField
    from portal.domain.context import Patient

# Signs that turn the order of what follows: a dose must be read as it was written.
_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_KINDS = {FNR: "Fødselsnummer", DNR: "D-nummer"}


@dataclass(frozen=True)
class Report:
    """`service` is its name in bokmål, as everything in it is; `made_at` is aware."""

    title: str
    patient: Patient
    reporter: str
    hpr_number: str
    service: str
    reference: str
    fields: tuple[WritebackField, ...]
    made_at: datetime

    def data(self) -> dict[str, Any]:
        """Everything that the template asks for; the same for the same report."""
        kind = _KINDS.get(self.patient.system, "Nummer")
        return {
            "title": _straight(self.title),
            "patient": {"name": self.patient.name, "kind": kind, "number": self.patient.number},
            "reporter": {"name": self.reporter, "hpr": self.hpr_number},
            "service": self.service,
            "reference": _straight(self.reference),
            "fields": [{"label": _straight(field.label), "value": _straight(field.value)} for field in self.fields],
            "written": f"{self.made_at.astimezone(OSLO):%d.%m.%Y kl. %H:%M}",
            "timestamp": int(self.made_at.timestamp()),
        }


def _straight(text: str) -> str:
    return text.translate(_TURNING)


def in_latin_1(data: Any) -> tuple[Any, int]:
    """The same data in the letters that journals have, and how many characters had to be left out."""
    if isinstance(data, str):
        return journal_text(data)
    if isinstance(data, dict):
        values, left_out = in_latin_1(list(data.values()))
        return dict(zip(data, values, strict=True)), left_out
    if isinstance(data, list):
        written = [in_latin_1(value) for value in data]
        return [value for value, _ in written], sum(count for _, count in written)
    return data, 0
