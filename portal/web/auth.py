"""Path 1, login: browser -> HelseID (PAR, S256, private_key_jwt, DPoP) -> callback -> a row, a cookie, a safe page."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, redirect, request, url_for
from flask_login import current_user

from portal.domain import authorization_response
from portal.domain.assignment import holders
from portal.domain.identity import from_claims
from portal.errors import SignInError, Unavailable, UpstreamError
from portal.store import assignments, audit, contexts, endings, helseid_tokens, known_people, launches, logins
from portal.store.logins import Login
from portal.web import cookies, once
from portal.web.acts import act
from portal.web.guards import login, public
from portal.web.parts import parts
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from portal.adapters.openid import Identified
    from portal.domain.identity import Person
    from portal.store.database import Session

blueprint = Blueprint("auth", __name__)

# Not the `pid` scope: `sub` is the key here, and the id token goes back to HelseID in a URL at logout.
SCOPES = "openid profile helseid://scopes/identity/security_level helseid://scopes/hpr/hpr_number"
_HIGHEST = 4


@blueprint.get("/login")
@public
def begin() -> ResponseReturnValue:
    """Send the browser to HelseID and remember where it wanted to go; `level=4` asks for a higher login."""
    portal, after = parts(), safe_next(request.args.get("next", ""))
    higher = request.args.get("level") == str(_HIGHEST)
    level = _HIGHEST if higher else portal.settings.helseid_min_security_level
    g.retry = url_for("auth.begin", next=after, level=_HIGHEST if higher else None)
    with _helseid_answers():
        begun = portal.helseid.begin(_wanted(level))
    secret, life = portal.token(), portal.settings.lifetimes.login
    proving = {"nonce": begun.nonce, "verifier": begun.verifier, "jkt": begun.jkt}
    remembered = {"proving": proving, "next": after, "level": level}
    once.remember("login", begun.state, remembered, life, client=logins.hashed(secret))
    response = redirect(begun.url, 303)
    cookies.put_for_tab(response, cookies.LOGIN, logins.handle_for(begun.state), secret, life)
    return response


@blueprint.get("/login/callback")
@public
def callback() -> ResponseReturnValue:
    """Take HelseID's answer, check every claim, and begin a new session; a refusal is audited."""
    try:
        return _arrived()
    except (SignInError, Unavailable) as refused:
        with parts().database.write() as session:
            audit.record(session, act("login", refused.code, actor=g.get("arriving", "nobody"), basis="helseid"))
        raise


def _arrived() -> ResponseReturnValue:
    portal = parts()
    answer = authorization_response.read(list(request.args.items(multi=True)), issuer=portal.settings.helseid_issuer)
    # Bound to the browser that asked: another one can neither use the answer nor burn it.
    cookie = f"{cookies.LOGIN}{logins.handle_for(answer.state)}"
    remembered = once.spend("login", answer.state, client=logins.hashed(cookies.read(cookie) or ""))
    if remembered is None and current_user.is_authenticated:
        return redirect(url_for("services.mine"), 303)
    if remembered is None:
        raise SignInError("login_state_unknown")
    g.retry = url_for("auth.begin", next=remembered["next"])
    with _helseid_answers():
        who = portal.helseid.finish(answer.proven_code(), **remembered["proving"])
    person = from_claims(who.claims, who.userinfo)
    g.arriving = f"person {person.sub}"
    if person.security_level < remembered["level"]:
        raise SignInError("security_level_too_low")
    response = redirect(remembered["next"], 303)
    cookies.put(response, cookies.SESSION, _begin(person, who, remembered["proving"]["jkt"]))
    cookies.drop(response, cookie)
    return response


def _wanted(level: int) -> dict[str, Any]:
    """What HelseID is asked for; tokens for other APIs only where the settings name some (RFC 8707 §2)."""
    settings = parts().settings
    higher = level > settings.helseid_min_security_level
    acr_values = f"Level{level}" if higher else settings.helseid_acr_values
    if not settings.helseid_user_apis:
        return {"scope": SCOPES, "acr_values": acr_values}
    scope = " ".join([SCOPES, "offline_access", *settings.helseid_user_apis.values()])
    return {"scope": scope, "acr_values": acr_values, "resource": list(settings.helseid_user_apis)}


def _begin(person: Person, who: Identified, jkt: str) -> str:
    """A new secret at every login; the one that the browser came with is worth nothing afterwards."""
    portal = parts()
    secret, now = portal.token(), portal.now()
    before = login() if current_user.is_authenticated else None
    again = before if before and before.person.sub == person.sub else None
    new = Login(
        key_hash=logins.hashed(secret),
        person=person,
        organisation=again.organisation if again else None,
        sid=who.claims["sid"],
        id_token=who.tokens["id_token"],
        created_at=now,
        seen_at=now,
        expires_at=now + portal.settings.lifetimes.session,
        placed=again is not None and again.placed,
    )
    with portal.database.write() as session:
        refused = assignments.is_disabled(session, holders(person.sub, person.hpr_number))
        if not refused:
            _take_place(session, new, before)
            helseid_tokens.begin(session, portal.vault, new, who.tokens, jkt)
    if refused:
        raise SignInError("person_disabled")
    return secret


def _take_place(session: Session, new: Login, before: Login | None) -> None:
    """Begin the login; what the same person launched from the one before goes on, anybody else's ends."""
    logins.begin(session, parts().vault, new)
    known_people.remember(session, parts().vault, new.person, new.created_at)
    if before and before.person.sub == new.person.sub:
        launches.move(session, new.person.sub, before.key_hash, new.key_hash)
    idle, left = parts().settings.lifetimes.session_idle, before.key_hash if before else None
    contexts.adopt(session, new.person.sub, new.key_hash, left, new.created_at, idle)
    if before:
        endings.of_login(session, before.key_hash, new.created_at)
    actor = f"person {new.person.sub}"
    audit.record(session, act("login", actor=actor, basis="helseid", organisation=new.organisation))


@contextmanager
def _helseid_answers() -> Iterator[None]:
    """Say in the clinician's words that it is HelseID that did not answer, or did not go on."""
    try:
        yield
    except UpstreamError as error:
        if error.retryable:
            raise Unavailable("helseid_down", error.detail) from error
        raise SignInError("login_not_completed", error.detail) from error
