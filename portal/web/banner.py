"""Whose page this is: the patient's name, age and masked number, where from, until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext

from portal.domain.norwegian_time import OSLO
from portal.domain.person_number import masked
from portal.store import contexts, registry
from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import date, datetime

    from portal.domain.context import Context


@dataclass(frozen=True)
class Banner:
    """What stands on every page of a context."""

    name: str
    age: int
    masked_number: str
    epj: str
    opened_at: str
    until: str
    newer: bool


def of(context: Context) -> Banner:
    """The banner of a context; `newer` when the journal has another patient open by now."""
    portal = parts()
    with portal.database.read() as session:
        registered = registry.epj(session, context.epj_id)
        newest = contexts.is_newest(session, context.id)
    patient = context.patient
    return Banner(
        name=patient.name,
        age=_age(patient.birth_date, portal.now().astimezone(OSLO).date()),
        masked_number=masked(patient.number),
        epj=registered.name if registered else context.epj_id,
        opened_at=clock(context.created_at),
        until=clock(context.expires_at),
        newer=not newest,
    )


def choice(context: Context) -> str:
    """A context in one line, where a clinician must choose between several."""
    time = clock(context.created_at)
    return str(gettext("%(initials)s, åpnet kl. %(time)s", initials=context.patient.initials, time=time))


def clock(instant: datetime) -> str:
    """Norwegian wall clock, `09:14`."""
    return instant.astimezone(OSLO).strftime("%H:%M")


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
