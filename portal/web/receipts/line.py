"""A report on the page, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask_babel import lazy_gettext as _

from portal.domain.delivery import State, lamps
from portal.domain.norwegian_time import OSLO
from portal.domain.second_try import SecondTry
from portal.web import language
from portal.web.receipts.advice import advice, reasons, way
from portal.web.receipts.texts import state_text, step_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from portal.domain.delivery import Lamps
    from portal.domain.translated import Translated
    from portal.store.receipts import Shown
    from portal.web.receipts.codes import Reason

_AGAIN = {SecondTry.SAME: _("Send på nytt"), SecondTry.NEW: _("Send ny melding")}


class Event(NamedTuple):
    """A line of the history."""

    at: str
    text: str


@dataclass(frozen=True)
class Line:
    """A delivery on the page.

    `asks` is whether the clinician is asked, `may_go` whether yes is an answer; `again` is the button for sending it
    once more; `has_pdf` whether the PDF can be downloaded, `may_file` whether the tick *ført i journalen* is hers.
    """

    id: str
    title: str
    service: str
    patient: str
    at: str
    lamps: Lamps
    state_text: str
    reasons: tuple[Reason, ...] = ()
    advice: tuple[str, ...] = ()
    history: tuple[Event, ...] = ()
    asks: bool = False
    may_go: bool = False
    again: str | None = None
    has_pdf: bool = False
    may_file: bool = False


def line(shown: Shown, titles: Mapping[str, Translated], now: datetime) -> Line:
    """Title and patient while their content is kept; afterwards states and times remain."""
    delivery, on = shown.delivery, way(shown)
    # A service may have left the catalogue; what was sent from it has not left the list.
    service = titles.get(delivery.service_id)
    lit = lamps(delivery.state, filed=shown.filed, files_by_itself=shown.files_by_itself)
    return Line(
        id=delivery.id,
        title=shown.title or str(_("Slettet etter lagringstiden")),
        service=service.in_language(language.current()) if service else delivery.service_id,
        patient=shown.context.patient.name if shown.context else "",
        at=when(delivery.accepted_at),
        lamps=lit,
        state_text=state_text(delivery.state, asks=shown.asks),
        reasons=reasons(shown),
        advice=advice(shown, now),
        history=tuple(Event(when(at), step_text(state, code)) for at, state, code in shown.history),
        asks=shown.asks,
        may_go=shown.asks and not shown.overtaken,
        again=str(_AGAIN[on]) if on in _AGAIN else None,
        has_pdf=shown.kept,
        may_file=not (lit.filed or shown.asks or delivery.state is State.CANCELLED),
    )


def when(instant: datetime) -> str:
    """Norwegian date and wall clock."""
    return instant.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")
