"""Path 4, write-back, as the clinician sees it: three lamps, what happened, and a tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import lazy_gettext as _

from portal.domain.delivery import State, lamps
from portal.domain.norwegian_time import OSLO
from portal.errors import NotFound
from portal.store import audit, receipts
from portal.web import language
from portal.web.acts import act
from portal.web.guards import login, signed_in
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from portal.domain.delivery import Lamps
    from portal.domain.translated import Translated
    from portal.store.receipts import Shown

blueprint = Blueprint("receipts", __name__)

_STATES = {
    State.QUEUED: _("Venter på å bli sendt"),
    State.TRANSPORT_OK: _("Levert, venter på kvittering fra journalsystemet"),
    State.CANCELLED: _("Ikke sendt, etter ditt ønske"),
    State.SENT: _("Sendt, venter på kvittering fra journalsystemet"),
    State.COMPLETED: _("Mottatt i journalsystemet"),
    State.REJECTED_TRANSPORT: _("Kunne ikke sendes. Legg PDF-en i journalen selv."),
    State.REJECTED_APPREC: _("Avvist av journalsystemet. Legg PDF-en i journalen selv."),
    State.OVERDUE: _("Ingen kvittering er kommet. Se etter i journalen."),
    State.INVALID: _("Meldingen var ikke gyldig og ble ikke sendt."),
}


@dataclass(frozen=True)
class Event:
    """A line of the history."""

    at: str
    text: str


@dataclass(frozen=True)
class Line:
    """A delivery on the page."""

    id: str
    title: str
    service: str
    patient: str
    at: str
    lamps: Lamps
    state_text: str
    history: tuple[Event, ...]


@blueprint.get("/kvitteringer")
@signed_in
def show() -> ResponseReturnValue:
    """What this person has had sent to journals, what is not yet confirmed first."""
    portal = parts()
    titles = {service.id: service.title for service in portal.shelf.stock().catalogue.services}
    with portal.database.read() as session:
        found = receipts.of_person(session, portal.vault, login().person.sub)
    return render_template("receipts.html", deliveries=[_line(shown, titles) for shown in found])


@blueprint.post("/kvitteringer/<delivery_id>/fort")
@signed_in
def file_by_hand(delivery_id: str) -> ResponseReturnValue:
    """The clinician's own tick: it is in the journal."""
    portal, who = parts(), login()
    actor, subject = f"person {who.person.sub}", f"delivery {delivery_id}"
    with portal.database.write() as session:
        if not receipts.file_by_hand(session, delivery_id, who.person.sub, portal.now()):
            raise NotFound("document_unknown")
        audit.record(session, act("filed_by_hand", actor=actor, subject=subject, organisation=who.organisation))
    return redirect(url_for("receipts.show"), 303)


def _line(shown: Shown, titles: Mapping[str, Translated]) -> Line:
    """Title and patient while their content is kept; afterwards states and times remain."""
    delivery = shown.delivery
    # A service may have left the catalogue; what was sent from it has not left the list.
    service = titles.get(delivery.service_id)
    return Line(
        id=delivery.id,
        title=shown.title or str(_("Slettet etter lagringstiden")),
        service=service.in_language(language.current()) if service else delivery.service_id,
        patient=shown.patient.name if shown.patient else "",
        at=_when(delivery.accepted_at),
        lamps=lamps(delivery.state, filed=shown.filed, files_by_itself=shown.files_by_itself),
        state_text=str(_STATES[delivery.state]),
        history=tuple(Event(_when(at), _step(state, code)) for at, state, code in shown.history),
    )


def _step(state: str, code: str) -> str:
    text = str(_STATES[State(state)])
    return f"{text} ({code})" if code else text


def _when(instant: datetime) -> str:
    return instant.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")
