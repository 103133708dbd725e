"""Faults that an owner orders: the next launch that one fits goes wrong, each launch in one way only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import g, request

from portal.domain.conformance.observed import opaque
from portal.domain.conformance.target.diary import Diary
from portal.domain.conformance.target.observed import Facts, Fault
from portal.errors import LaunchRejected, OAuthError, Unavailable
from portal.store import target_observations
from portal.web import once
from portal.web.oauth import pushed
from portal.web.oauth.client import METHOD
from portal.web.oauth.request import posted
from portal.web.oauth.server import SERVER, plain_refusals
from portal.web.parts import parts
from portal.web.sandbox.target import answers, launched
from portal.web.sandbox.target.facts import asked_with, handle_in, launch_of_code
from portal.web.sandbox.target.named import launch_of, named

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.web.sandbox.target.named import Named

_KEPT = timedelta(minutes=10)
_OUTAGE = timedelta(seconds=2)
"""Who is told that we are down is told so for two seconds, or nobody would see who tries again and again."""
_KIND = "target_fault"
_AT_AUTHORIZE = (Fault.HELSEID_DOWN, Fault.DENIED, Fault.WRONG_ISSUER, Fault.WRONG_STATE)


def order(client_id: str, fault: Fault) -> None:
    """Have the target's next fitting launch go wrong within ten minutes; ordering twice is ordering once."""
    if fault in waiting(client_id):
        return
    portal = parts()
    now, key = portal.now(), opaque(portal.token())
    with portal.database.write() as session:
        target_observations.note(session, client_id, "fault", Facts(fault=fault, order=key), now)
        once.put(session, _KIND, key, fault, client=client_id, until=now + _KEPT)


def waiting(client_id: str) -> set[Fault]:
    """The faults that no launch has met yet."""
    return {fault for key, fault in _orders(client_id).items() if once.look(_KIND, key, client=client_id)}


def take(client_id: str, launch: str | None, *fitting: Fault) -> str | None:
    """Let a fault meet what is going on, and return its order; None when none waits, or the launch has met one."""
    for key, fault in _due(client_id, launch, *fitting).items():
        if once.spend(_KIND, key, client=client_id):
            g.target_fault = fault
            return key
    return None


def before() -> ResponseReturnValue | None:
    """Answer in the view's place at authorize and at the token endpoint; a call that is wrong is refused for that."""
    who = named()
    if who and who.event == "authorize" and request.method == "GET":
        return _at_authorize(who)
    if who and who.event == "token" and launch_of_code(who.client_id):
        _at_token(who)
    return None


def after(who: Named, response: Response) -> None:
    """Spoil what has just been given: a launch on its way, or the context."""
    handle = handle_in(response) if who.event == "launch" else None
    if handle and take(who.client_id, launch_of(handle, who.client_id), *launched.SPOILED):
        launched.spoil(g.target_fault, handle, who.client_id)
    code = launch_of_code(who.client_id) if who.event == "token" else None
    if code and response.status_code == 200:  # noqa: PLR2004  RFC 9110's number is its name
        order_met = take(who.client_id, code, *answers.fitting(response))
        if order_met:
            answers.alter(g.target_fault, response, order_met)


def rotations() -> Collection[str]:
    """The orders of new keys that someone may still meet a token of."""
    portal = parts()
    with portal.database.read() as session:
        return target_observations.rotations(session, portal.now() - 2 * _KEPT)


def _at_authorize(who: Named) -> ResponseReturnValue | None:
    try:
        asked = pushed.find(who.client_id, request.args.get("request_uri", ""))
    except LaunchRejected:
        return None
    launch = launch_of(asked_with(who.client_id).get("launch"), who.client_id)
    if take(who.client_id, launch, *_AT_AUTHORIZE) is None:
        return None
    return answers.instead(g.target_fault, asked)


def _at_token(who: Named) -> None:
    launch = launch_of_code(who.client_id)
    fitting = [Fault.UNAVAILABLE, *([Fault.NONCE] if "DPoP" in request.headers else [])]
    down = _is_down(who.client_id, launch)
    if not down and not _due(who.client_id, launch, *fitting):
        return
    # The guard of the view that will not run: this call's assertion is spent as it would have been.
    with plain_refusals():
        SERVER.authenticate_client(posted(), [METHOD], "token")
    if down:
        g.target_fault = Fault.UNAVAILABLE
    else:
        take(who.client_id, launch, *fitting)
    raise OAuthError("use_dpop_nonce") if g.get("target_fault") is Fault.NONCE else Unavailable("unavailable")


def _due(client_id: str, launch: str | None, *fitting: Fault) -> dict[str, Fault]:
    orders = {key: fault for key, fault in _orders(client_id).items() if fault in fitting}
    whole = orders and "target_fault" not in g and not _diary(client_id).is_struck(launch)
    return {key: fault for key, fault in orders.items() if whole and once.look(_KIND, key, client=client_id)}


def _is_down(client_id: str, launch: str | None) -> bool:
    told = [one.at for one in _diary(client_id).faulted(Fault.UNAVAILABLE) if one.facts.launch == launch]
    return bool(told) and parts().now() - told[0] < _OUTAGE


def _diary(client_id: str) -> Diary:
    with parts().database.read() as session:
        return Diary(target_observations.of_target(session, client_id))


def _orders(client_id: str) -> dict[str, Fault]:
    portal = parts()
    with portal.database.read() as session:
        return target_observations.orders(session, client_id, portal.now() - _KEPT)
