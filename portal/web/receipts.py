"""Path 4, write-back, as the clinician sees it: three lamps, what happened, and a tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import lazy_gettext as _

from portal.domain.audit import AuditEvent
from portal.domain.delivery import State, lamps
from portal.errors import NotFound
from portal.store import audit, contexts, documents, outbox
from portal.web import language
from portal.web.banner import OSLO
from portal.web.guards import login, signed_in
from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from portal.domain.delivery import Lamps
    from portal.store.outbox import Shown

blueprint = Blueprint("receipts", __name__)

_STATES = {
    State.QUEUED: _("Venter på å bli sendt"),
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
    with parts().database.read() as session:
        found = outbox.of_person(session, login().person.sub)
    return render_template("receipts.html", deliveries=[_line(shown) for shown in found])


@blueprint.post("/kvitteringer/<delivery_id>/fort")
@signed_in
def file_by_hand(delivery_id: str) -> ResponseReturnValue:
    """The clinician's own tick: it is in the journal."""
    portal, sub = parts(), login().person.sub
    with portal.database.write() as session:
        if not outbox.file_by_hand(session, delivery_id, sub, portal.now()):
            raise NotFound("document_unknown")
        audit.record(session, AuditEvent(portal.now(), "filed_by_hand", "ok", sub, subject=delivery_id))
    return redirect(url_for("receipts.show"), 303)


def _line(shown: Shown) -> Line:
    """Title and patient while their content is kept; afterwards states and times remain."""
    portal, delivery = parts(), shown.delivery
    with portal.database.read() as session:
        document = documents.load(session, portal.vault, delivery.document_id)
        context = contexts.find(session, portal.vault, delivery.context_id)
    service = portal.shelf.service(shown.service_id)
    filed = shown.filed or (shown.files_by_itself and delivery.state is State.COMPLETED)
    return Line(
        id=delivery.id,
        title=document.title if document else str(_("Slettet etter lagringstiden")),
        service=service.title.in_language(language.current()),
        patient=context.patient.name if context else "",
        at=_when(delivery.accepted_at),
        lamps=lamps(delivery.state, filed=filed),
        state_text=str(_STATES[delivery.state]),
        history=tuple(Event(_when(at), _step(state, code)) for at, state, code in shown.history),
    )


def _step(state: str, code: str) -> str:
    text = str(_STATES[State(state)])
    return f"{text} ({code})" if code else text


def _when(instant: datetime) -> str:
    return instant.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")
