"""Launch failures come back: a target tells that a launch did not get through, and its clinician what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, render_template, url_for

from portal.domain.launch_failure import FOR_OWNER, Failure, code_of
from portal.domain.target_bodies import LaunchFailure, LaunchFailureNoted
from portal.errors import HandoverRejected, NotFound
from portal.store import audit, launch_failures, launches
from portal.web import language, offers, once
from portal.web.acts import act
from portal.web.bodies import body
from portal.web.cards.phrase import Phrase
from portal.web.failure_texts import text_for
from portal.web.guards import login, signed_in, target_client
from portal.web.oauth import client
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.client_registration import Client
    from portal.domain.context import Context
    from portal.domain.launch import Launch

blueprint = Blueprint("launch_failures", __name__)


@blueprint.post("/api/launch-failure")
@target_client
def tell() -> ResponseReturnValue:
    """Keep that a launch of the client's own failed; nothing of it is used up, and told again it counts once."""
    said = body(LaunchFailure)
    registered = client.by_assertion(said.model_dump(include={"client_assertion_type", "client_assertion"}))
    portal, launch = parts(), _launch(said, registered)
    failure = Failure(launch.id, launch.service_id, code_of(said.code), portal.now())
    with portal.database.write() as session:
        if launch_failures.note(session, failure):
            actor, subject = f"client {registered.client_id}", f"launch {launch.id}"
            audit.record(session, act("launch_failed", failure.code, actor=actor, subject=subject))
    page = portal.settings.base_url + url_for("launch_failures.not_opened", reference=failure.reference)
    return jsonify(LaunchFailureNoted(trace_id=launch.id, page=page).model_dump()), 201


@blueprint.get("/apnet-ikke/<reference>")
@signed_in
def not_opened(reference: str) -> ResponseReturnValue:
    """Say what happened and what to do now, to the one who clicked; for anybody else the page does not exist."""
    failure, launch = _mine(reference)
    stock, context = parts().shelf.stock(), _live_context(launch)
    offered = offers.decided(stock.service(launch.service_id), context)
    service = offered.service
    # Without the patient that she wanted it for, it would be another launch than the one that failed.
    may_try = offered.is_open and (context is not None or launch.context_id is None)
    return render_template(
        "not_opened.html",
        card=offers.cards(stock, [offered], context).card(offered),
        fallback=Phrase(service.fallback, language.current()) if service.fallback else None,
        text=text_for(failure.code),
        failure=failure,
        for_owner=FOR_OWNER[failure.code],
        context_id=context.id if context else None,
        patient_closed=launch.context_id is not None and context is None,
        may_try=may_try,
    )


def _launch(said: LaunchFailure, registered: Client) -> Launch:
    """The launch that is told of: by its trace id, or by its handle, used up or not."""
    launch_id = said.trace_id
    if said.launch:
        named = {"key": said.launch, "client": registered.client_id}
        launch_id = once.look("launch", **named) or once.spent("launch", **named)
    with parts().database.read() as session:
        launch = launches.find(session, launch_id) if launch_id else None
    if launch is None or launch.client_id != registered.client_id:
        raise HandoverRejected("launch_unknown")
    return launch


def _mine(reference: str) -> tuple[Failure, Launch]:
    with parts().database.read() as session:
        failure = launch_failures.find(session, reference)
        launch = launches.find(session, failure.launch_id) if failure else None
    if failure is None or launch is None or launch.sub != login().person.sub:
        raise NotFound("page_unknown")
    return failure, launch


def _live_context(launch: Launch) -> Context | None:
    if launch.context_id is None:
        return None
    try:
        return offers.my_context(launch.context_id)
    except NotFound:
        return None
