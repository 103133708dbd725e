"""What a clinician does about a report: answers, sends it once more, downloads it, ticks it off; each is audited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, url_for

from portal.domain.norwegian_time import OSLO
from portal.domain.second_try import SecondTry
from portal.errors import NotFound, RequestRejected
from portal.store import audit, documents, receipts, wishes
from portal.web.acts import act
from portal.web.guards import login, signed_in
from portal.web.parts import parts
from portal.web.receipts.advice import way

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.store.database import Session
    from portal.store.receipts import Shown

blueprint = Blueprint("receipt_deeds", __name__, url_prefix="/kvitteringer/<delivery_id>")


@blueprint.post("/fort")
@signed_in
def file_by_hand(delivery_id: str) -> ResponseReturnValue:
    """The clinician's own tick: it is in the journal."""
    portal = parts()
    with portal.database.write() as session:
        shown = _mine(session, delivery_id)
        receipts.file_by_hand(session, delivery_id, login().person.sub, portal.now())
        _note(session, "filed_by_hand", shown)
    return _back()


@blueprint.post("/svar")
@signed_in
def answer(delivery_id: str) -> ResponseReturnValue:
    """Put it in the journal, or do not; a second answer changes nothing."""
    wanted = {"ja": True, "nei": False}.get(request.form.get("svar", ""))
    if wanted is None:
        raise RequestRejected("bad_request", "svar")
    with parts().database.write() as session:
        shown = _mine(session, delivery_id)
        if wishes.answer(session, shown.delivery, parts().now(), wanted=wanted):
            _note(session, "delivery_answered", shown, "wanted" if wanted else "not_wanted")
    return _back()


@blueprint.post("/igjen")
@signed_in
def again(delivery_id: str) -> ResponseReturnValue:
    """Send the same message again, or a new one after a rejection that may have healed; else the page says why not."""
    with parts().database.write() as session:
        shown = _mine(session, delivery_id)
        on = way(shown)
        if _sent(session, shown, on):
            _note(session, "delivery_sent_again", shown, on)
    return _back()


@blueprint.get("/pdf")
@signed_in
def pdf(delivery_id: str) -> ResponseReturnValue:
    """The report as its service gave it, while it is kept; nothing of the patient is in the file's name."""
    portal = parts()
    with portal.database.read() as session:
        shown = _mine(session, delivery_id)
        document = documents.load(session, portal.vault, shown.delivery.document_id)
    if document is None or not shown.kept:
        raise NotFound("document_unknown")
    with portal.database.write() as session:
        _note(session, "document_downloaded", shown)
    named = document.accepted_at.astimezone(OSLO).strftime("kopi-%Y%m%d-%H%M.pdf")
    headers = {"Content-Disposition": f'attachment; filename="{named}"', "Cache-Control": "no-store"}
    return Response(document.pdf, mimetype="application/pdf", headers=headers)


def _mine(session: Session, delivery_id: str) -> Shown:
    """Anybody else's does not exist. Raises NotFound."""
    shown = receipts.one(session, parts().vault, delivery_id, login().person.sub)
    if shown is None:
        raise NotFound("document_unknown")
    return shown


def _sent(session: Session, shown: Shown, on: SecondTry) -> bool:
    portal, delivery, context = parts(), shown.delivery, shown.context
    if on is SecondTry.SAME:
        return wishes.send_again(session, delivery, portal.now())
    to = delivery.receiver or (context.reply_to if context else None)
    if on is not SecondTry.NEW or to is None:
        return False
    new = {"new_id": portal.token(), "msg_id": portal.message_id()}
    return wishes.send_anew(session, delivery, **new, to=to, now=portal.now())


def _note(session: Session, action: str, shown: Shown, outcome: str = "ok") -> None:
    who, delivery = login(), shown.delivery
    actor, subject, basis = f"person {who.person.sub}", f"delivery {delivery.id}", f"launch {delivery.launch_id}"
    event = act(action, outcome, actor=actor, subject=subject, basis=basis, organisation=who.organisation)
    # The patient's reference stays when the context has been emptied.
    audit.record(session, replace(event, patient_ref=delivery.patient_ref))


def _back() -> ResponseReturnValue:
    return redirect(url_for("receipts.show", side=request.args.get("side", type=int)), 303)
