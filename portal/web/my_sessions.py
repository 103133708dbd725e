"""A person's sessions: how long this one lives, staying signed in, and ending one that was left open elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from portal.domain.norwegian_time import OSLO
from portal.errors import NotFound
from portal.store import audit, endings, logins
from portal.web.acts import act
from portal.web.guards import login, signed_in
from portal.web.page import office_of
from portal.web.parts import parts
from portal.web.safe_next import safe_next
from portal.web.sessions import passive

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from portal.store.logins import Seen

blueprint = Blueprint("my_sessions", __name__)


@dataclass(frozen=True)
class Line:
    """One session as the page shows it."""

    handle: str
    office: str | None
    since: str
    last_used: str
    is_this: bool


@blueprint.get("/mine/okter")
@signed_in
def show() -> ResponseReturnValue:
    """List where this person is signed in."""
    portal, who = parts(), login()
    now, idle = portal.now(), portal.settings.lifetimes.session_idle
    with portal.database.read() as session:
        seen = logins.of_person(session, who.person.sub, now, idle)
    return render_template(
        "sessions.html", sessions=[_line(one, who.handle) for one in seen], ends=_when(who.expires_at)
    )


@blueprint.post("/mine/okter/<handle>")
@signed_in
def end(handle: str) -> ResponseReturnValue:
    """End a session of this person at another machine; at HelseID that machine's session goes on."""
    portal, who = parts(), login()
    actor, subject = f"person {who.person.sub}", f"session {handle}"
    with portal.database.write() as session:
        ended = endings.of_handle(session, who.person.sub, handle, portal.now())
        if ended:
            audit.record(session, act("session_ended", actor=actor, subject=subject, organisation=who.organisation))
    if not ended:
        raise NotFound("page_unknown")
    return redirect(url_for("my_sessions.show"), 303)


@blueprint.get("/mine/okt")
@passive
@signed_in
def state() -> ResponseReturnValue:
    """Say how many seconds are left: `idle` without activity, `ends` at most; asking is no activity."""
    return _left(login().seen_at)


@blueprint.post("/mine/okt")
@signed_in
def extend() -> ResponseReturnValue:
    """Stay signed in: this is activity. A script gets the new times, a form goes back to its page."""
    portal, who = parts(), login()
    now = portal.now()
    with portal.database.write() as session:
        logins.touch(session, who.key_hash, now)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return _left(now)
    return redirect(safe_next(request.form.get("next", "")), 303)


def _left(seen_at: datetime) -> ResponseReturnValue:
    portal, who = parts(), login()
    now = portal.now()
    idle = seen_at + portal.settings.lifetimes.session_idle - now
    ends = who.expires_at - now
    return jsonify({"idle": int(idle.total_seconds()), "ends": int(ends.total_seconds())})


def _line(seen: Seen, mine: str) -> Line:
    office, since, last = office_of(seen.office), _when(seen.created_at), _when(seen.seen_at)
    return Line(seen.handle, office, since, last, seen.handle == mine)


def _when(instant: datetime) -> str:
    return instant.astimezone(OSLO).strftime("%H:%M")
