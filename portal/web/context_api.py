"""Launch out without OAuth: a target's server takes a launch up for the person that it has logged in by HelseID."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from flask import Blueprint, jsonify, request

from portal.domain.launch_failure import Code, Failure
from portal.domain.target_bodies import ContextRequest, ContextResponse
from portal.errors import HandoverRejected, OAuthError, TokenRejected
from portal.store import audit, contexts, launch_failures, launches
from portal.store.launches import WRITEBACK, Token
from portal.web import handover, once
from portal.web.acts import act
from portal.web.bodies import body
from portal.web.guards import checked_proof, target_client
from portal.web.oauth import client
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.audit import AuditEvent
    from portal.domain.client_registration import Client
    from portal.domain.context import Context
    from portal.domain.launch import Launch

blueprint = Blueprint("context_api", __name__)


class _Asked(NamedTuple):
    """A launch of this client's, and its context if it has one."""

    handle: str
    launch: Launch
    context: Context | None
    client: Client


@blueprint.post("/api/context")
@target_client
def take_up() -> ResponseReturnValue:
    """Give the context, once, if `sub` is the person who clicked; that it is so rests on the target.

    A handle that was used is as one that never was, and what it gave lives on: it stands in the target's address, so
    that a reload brings it again, and nobody gets anything by it.
    """
    said = body(ContextRequest)
    registered = client.by_assertion(said.model_dump(include={"client_assertion_type", "client_assertion"}))
    # Before anything is spent: what could never get a right to write back burns no launch.
    jkt = _proven_key(registered)
    asked = _asked(said.launch, registered)
    _check(asked, said.sub)
    if once.spend("launch", asked.handle, client=registered.client_id) is None:
        raise HandoverRejected("launch_unknown")
    # Without a context nothing is said of one.
    return jsonify(_given(asked, jkt).model_dump(mode="json", exclude_none=True, exclude_unset=True))


def _proven_key(registered: Client) -> str | None:
    """The key that a right to write back is bound to: a proof binds; only the classic profile does without one."""
    if "DPoP" not in request.headers and not (registered.is_strict and registered.writeback):
        return None
    try:
        return checked_proof(algorithms=registered.proof_algorithms).jkt
    except OAuthError as error:
        raise TokenRejected(error.code, error.detail) from error


def _asked(handle: str, registered: Client) -> _Asked:
    portal, launch_id = parts(), once.look("launch", handle, client=registered.client_id)
    with portal.database.read() as session:
        launch = launches.find(session, launch_id) if launch_id else None
        context = contexts.find(session, portal.vault, launch.context_id) if launch else None
    if launch is None:
        raise HandoverRejected("launch_unknown")
    return _Asked(handle, launch, context, registered)


def _check(asked: _Asked, sub: str) -> None:
    launch, context, now = asked.launch, asked.context, parts().now()
    if launch.created_at + parts().settings.lifetimes.launch_context <= now:
        _refuse(asked, "launch_expired", Code.CONTEXT_EXPIRED)
    if launch.sub != sub:
        _burn(asked)
    if launch.revoked_at or (launch.context_id and (context is None or not context.is_live(now))):
        _refuse(asked, "launch_ended", Code.CONTEXT_EXPIRED)


def _refuse(asked: _Asked, code: str, counted_as: Code) -> NoReturn:
    with parts().database.write() as session:
        launch_failures.note(session, _failure(asked, counted_as))
    raise HandoverRejected(code)


def _burn(asked: _Asked) -> NoReturn:
    """Another person's attempt ends the launch; whom the target named stands nowhere, it may be anything."""
    if once.spend("launch", asked.handle, client=asked.client.client_id) is None:
        raise HandoverRejected("launch_unknown")
    with parts().database.write() as session:
        launches.revoke_all_of(session, asked.launch.id, parts().now())
        launch_failures.note(session, _failure(asked, Code.OTHER_PERSON))
        audit.record(session, _act(asked, "other_person"))
    raise HandoverRejected("launch_other_person")


def _given(asked: _Asked, jkt: str | None) -> ContextResponse:
    """Remember what is given, and that it was, in one transaction."""
    portal, (_, launch, context, registered) = parts(), asked
    right = handover.writeback(context, registered) if context else {}
    with portal.database.write() as session:
        if right:
            until = portal.now() + timedelta(seconds=right["writeback_expires_in"])
            grant = Token(WRITEBACK, launch.id, registered.client_id, jkt, "launch", until)
            launches.grant(session, right["writeback_token"], grant)
            right["writeback_token_type"] = "DPoP" if jkt else "Bearer"
        if not launches.redeem(session, launch.id, portal.now()):
            raise HandoverRejected("launch_ended")
        audit.record(session, _act(asked, "ok"))
    told = handover.told(launch, context, registered) if context else {}
    return ContextResponse(trace_id=launch.id, sub=launch.sub, **told, **right)


def _failure(asked: _Asked, code: Code) -> Failure:
    return Failure(asked.launch.id, asked.launch.service_id, code, parts().now())


def _act(asked: _Asked, outcome: str) -> AuditEvent:
    launch, actor = asked.launch, f"client {asked.client.client_id}"
    subject, basis = f"launch {launch.id}", f"person {launch.sub}"
    return act("launch_redeemed", outcome, actor=actor, subject=subject, basis=basis, context=asked.context)
