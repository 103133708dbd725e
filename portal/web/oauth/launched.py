"""The launch that an authorization request is about: for this client, this person, in time; and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from flask_login import current_user

from portal.domain.launch_failure import Code, Failure
from portal.errors import NotAllowed, NotFound, OAuthError
from portal.store import audit, contexts, launch_failures, launches
from portal.web import launching, offers, once
from portal.web.acts import act
from portal.web.guards import login
from portal.web.oauth import sign_on
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.audit import AuditEvent
    from portal.domain.catalogue import Service
    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.store.database import Session
    from portal.web.oauth.pushed import Pushed


_CLOSED = "the service is not open to this person"


class Launched(NamedTuple):
    """A launch that holds; one of sign-on alone is made here, and `kept` when its code is."""

    launch: Launch
    context: Context | None = None
    kept: bool = True


def of(waiting: Pushed) -> Launched:
    """The launch behind a request, for the person who is logged in.

    Another person's attempt burns it. Raises OAuthError: access_denied, invalid_request.
    """
    if "launch" not in waiting.form:
        return _signing_on(waiting)
    launch, context = _in_time(waiting)
    if launch.sub != login().person.sub:
        _burn(waiting)
        _note_failure(launch, context, Code.OTHER_PERSON)
        raise OAuthError("access_denied", "the launch was made for another person")
    if launch.context_id and (context is None or not context.is_live(parts().now())):
        _note_failure(launch, context, Code.CONTEXT_EXPIRED)
        raise OAuthError("access_denied", "the context has ended")
    return Launched(launch, context)


def service(begun: Launched) -> Service:
    """What is to be opened, if it still is open to this person from here; raises OAuthError `access_denied`."""
    found = _open_service(begun.launch.service_id, begun.context)
    if found is None:
        _note_failure(begun.launch, begun.context, Code.NOT_AUTHORISED)
        raise OAuthError("access_denied", _CLOSED)
    return found


def park(waiting: Pushed) -> None:
    """Let the launch wait until its clinician has logged in; raises OAuthError for one that is not in time."""
    if "launch" in waiting.form:
        launch, _ = _in_time(waiting)
        with parts().database.write() as session:
            launches.park(session, launch.id, waiting.parked_until)


def take(begun: Launched) -> None:
    """Let the launch belong to the login that its clinician has confirmed it in."""
    with parts().database.write() as session:
        launches.take(session, begun.launch.id, login().key_hash)
        audit.record(session, _act(begun.launch, begun.context, "launch_confirmed", "ok"))


def decline(waiting: Pushed, begun: Launched) -> None:
    """Burn a launch that its clinician does not want."""
    _burn(waiting)
    with parts().database.write() as session:
        audit.record(session, _act(begun.launch, begun.context, "launch_confirmed", "declined"))


def spend(session: Session, waiting: Pushed, begun: Launched) -> None:
    """Use the handle up, or remember a launch that has none; raises OAuthError when it was used meanwhile."""
    if not begun.kept:
        launches.begin(session, begun.launch)
        audit.record(session, _act(begun.launch, None, "launch", "ok"))
    elif once.spend_with(session, "launch", waiting.form["launch"], client=waiting.client.client_id) is None:
        raise OAuthError("invalid_request", "launch was used")


def is_too_old_a_login(waiting: Pushed) -> bool:
    """Whether the target wants a fresher login than this one (OpenID Connect Core §3.1.2.1, `max_age`)."""
    longest = waiting.form.get("max_age")
    age = parts().now().timestamp() - sign_on.evidence(login()).get("auth_time", 0)
    return longest is not None and age > int(longest)


def _in_time(waiting: Pushed) -> tuple[Launch, Context | None]:
    portal, client_id = parts(), waiting.client.client_id
    with portal.database.read() as session:
        launch_id = once.look_with(session, "launch", waiting.form["launch"], client=client_id)
        launch = launches.find(session, launch_id) if launch_id else None
        context = contexts.find(session, portal.vault, launch.context_id) if launch else None
    if launch is None or launch.authorize_by is None or launch.revoked_at is not None:
        raise OAuthError("invalid_request", "launch is unknown, used or too old")
    if launch.authorize_by <= portal.now():
        _note_failure(launch, context, Code.CONTEXT_EXPIRED)
        raise OAuthError("invalid_request", "launch is too old")
    return launch, context


def _burn(waiting: Pushed) -> None:
    once.spend("launch", waiting.form.get("launch", ""), client=waiting.client.client_id)


def _signing_on(waiting: Pushed) -> Launched:
    """A target of sign-on alone asks by itself: nothing is sent along, and the service must be open to this person."""
    found = _open_service(waiting.client.service, None)
    if found is None:
        raise OAuthError("access_denied", _CLOSED)
    launch = replace(launching.launch(found, None, waiting.client), authorize_by=waiting.parked_until)
    return Launched(launch, kept=False)


def _open_service(service_id: str, context: Context | None) -> Service | None:
    try:
        return offers.may_open(parts().shelf.stock(), service_id, context).service
    except (NotAllowed, NotFound):
        return None


def _note_failure(launch: Launch, context: Context | None, code: Code) -> None:
    """What we refuse ourselves counts as what a target tells of."""
    with parts().database.write() as session:
        launch_failures.note(session, Failure(launch.id, launch.service_id, code, parts().now()))
        audit.record(session, _act(launch, context, "launch_authorized", code))


def _act(launch: Launch, context: Context | None, action: str, outcome: str) -> AuditEvent:
    actor = f"person {login().person.sub}" if current_user.is_authenticated else "nobody"
    subject, basis = f"launch {launch.id}", f"client {launch.client_id}"
    return act(action, outcome, actor=actor, subject=subject, basis=basis, context=context)
