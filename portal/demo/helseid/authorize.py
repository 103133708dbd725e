"""GET and POST /connect/authorize: the login page, and the way back to the client with `iss` (RFC 9207)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import redirect, render_template, request

from portal.demo.helseid import sessions
from portal.demo.helseid.forms import singles, with_query
from portal.demo.helseid.memory import Grant
from portal.errors import OAuthError

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from portal.demo.helseid.config import Person
    from portal.demo.helseid.memory import Session
    from portal.demo.helseid.par import PushedRequest
    from portal.demo.helseid.provider import Provider

AT_THE_LOGIN_PAGE = timedelta(minutes=10)
CODE_LIFE = timedelta(seconds=60)


def show(provider: Provider) -> Response | str:
    """Answer silently when the browser has a session that will do, else with the login page."""
    request_uri, pushed = _opened(provider)
    session = None if pushed.prompt in {"login", "select_account"} else sessions.current(provider)
    if session and sessions.suffices(provider, session, pushed):
        return _grant(provider, request_uri, session)
    if pushed.prompt == "none":
        return _refuse(provider, request_uri, "login_required")
    now = provider.now()
    provider.memory.pushed.put(request_uri, pushed, now=now, until=now + AT_THE_LOGIN_PAGE)
    return _login_page(provider, pushed)


def choose(provider: Provider) -> Response:
    """Log in the person whose `sub` is in the field `person`, at `level` if one is given; an empty person cancels.

    Any level of hers will do: that Level4 was asked for is a filter on the page, and no proof.
    """
    request_uri, _ = _opened(provider)
    sub = request.form.get("person", "")
    if not sub:
        return _refuse(provider, request_uri, "access_denied")
    person = provider.config.person(sub)
    if person is None:
        raise OAuthError("invalid_request", "person")
    secret, session = sessions.start(provider, person, _level(person, request.form.get("level", "")))
    response = _grant(provider, request_uri, session)
    sessions.remember(provider, response, secret)
    return response


def _login_page(provider: Provider, pushed: PushedRequest) -> str:
    people = provider.config.people
    levels = {level for person in people if len(person.levels) > 1 for level in person.levels}
    return render_template(
        "choose.html",
        client=provider.config.client(pushed.client_id),
        people=people,
        levels=sorted(level for level in levels if level >= pushed.lowest_level),
    )


def _level(person: Person, given: str) -> int:
    if given and given not in map(str, person.levels):
        raise OAuthError("invalid_request", "level")
    return int(given) if given else max(person.levels)


def _opened(provider: Provider) -> tuple[str, PushedRequest]:
    parameters = singles(request.args)
    if parameters.keys() != {"client_id", "request_uri"}:
        raise OAuthError("invalid_request", "only client_id and request_uri")
    pushed = provider.memory.pushed.look(parameters["request_uri"], provider.now())
    if pushed is None or pushed.client_id != parameters["client_id"]:
        raise OAuthError("invalid_request", "request_uri")
    return parameters["request_uri"], pushed


def _grant(provider: Provider, request_uri: str, session: Session) -> Response:
    pushed, code, now = _taken(provider, request_uri), provider.token(), provider.now()
    session.clients.add(pushed.client_id)
    provider.memory.codes.put(code, Grant(pushed, session, provider.token()), now=now, until=now + CODE_LIFE)
    return _back(provider, pushed, {"code": code})


def _refuse(provider: Provider, request_uri: str, error: str) -> Response:
    return _back(provider, _taken(provider, request_uri), {"error": error})


def _taken(provider: Provider, request_uri: str) -> PushedRequest:
    pushed = provider.memory.pushed.take(request_uri, provider.now())
    if pushed is None:
        raise OAuthError("invalid_request", "request_uri")
    return pushed


def _back(provider: Provider, pushed: PushedRequest, answer: dict[str, str]) -> Response:
    state = {"state": pushed.state} if pushed.state else {}
    return redirect(with_query(pushed.redirect_uri, answer | state | {"iss": provider.issuer}), 303)
