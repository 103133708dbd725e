"""Which office a person works for now: chosen before the list, among those assigned or lately seen in the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request
from flask_login import current_user

from portal.domain.assignment import holders
from portal.errors import RequestRejected
from portal.store import assignments, audit, endings, logins
from portal.web.acts import act
from portal.web.guards import login, signed_in
from portal.web.parts import parts
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.assignment import Office
    from portal.domain.identity import Organisation

blueprint = Blueprint("offices", __name__)


@blueprint.get("/mine/kontor")
@signed_in
def ask() -> ResponseReturnValue:
    """Let the person choose an office, or none that is known here."""
    who = login()
    return render_template("office.html", offices=_choices(), mine=who.office, placed=who.placed)


@blueprint.post("/mine/kontor")
@signed_in
def choose() -> ResponseReturnValue:
    """Work for this office from now on; what was launched for another one ends."""
    label = request.form.get("office", "")
    offices = {office.organisation.label: office.organisation for office in _choices()}
    if label and label not in offices:
        raise RequestRejected("bad_request", "office")
    settle(offices.get(label))
    return redirect(safe_next(request.form.get("next", "")), 303)


def settled() -> bool:
    """Whether the office is settled; where there is nothing to choose between, it is settled here."""
    if login().placed:
        return True
    choices = _choices()
    if len(choices) > 1:
        return False
    settle(choices[0].organisation if choices else None)
    return True


def settle(office: Organisation | None) -> None:
    """Let the login work for an office, or for none that is known."""
    portal, who = parts(), login()
    now, actor = portal.now(), f"person {who.person.sub}"
    with portal.database.write() as session:
        logins.work_for(session, who.key_hash, office, now)
        endings.of_other_offices(session, who.person.sub, who.key_hash, office, now)
        audit.record(session, act("office_chosen", actor=actor, subject=f"session {who.handle}", organisation=office))
    # The rest of this request is for the office, too.
    current_user.login = replace(who, organisation=office, placed=True)


def _choices() -> list[Office]:
    portal, person = parts(), login().person
    since = portal.now() - portal.settings.lifetimes.office_seen
    with portal.database.read() as session:
        return assignments.offices(session, holders(person.sub, person.hpr_number), person.sub, since)
