"""Path 1, login: browser -> HelseID (PAR, S256, private_key_jwt, DPoP) -> callback -> a row, a cookie, a safe page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from portal.domain import authorization_response
from portal.domain.identity import from_claims
from portal.errors import SignInError
from portal.store import audit, logins
from portal.store.logins import Login
from portal.web import cookies, once
from portal.web.acts import act
from portal.web.guards import login, public, signed_in
from portal.web.leaving import leave
from portal.web.parts import parts
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.identity import Person

blueprint = Blueprint("auth", __name__)

# Not the `pid` scope: `sub` is the key here, and the id token goes back to HelseID in a URL at logout.
SCOPES = (
    "openid profile helseid://scopes/identity/security_level helseid://scopes/identity/network "
    "helseid://scopes/hpr/hpr_number"
)


@blueprint.get("/login")
@public
def begin() -> ResponseReturnValue:
    """Send the browser to HelseID and remember where it wanted to go."""
    portal = parts()
    browser, after = cookies.read(cookies.BROWSER) or portal.token(), safe_next(request.args.get("next", ""))
    begun = portal.helseid.begin({"scope": SCOPES, "acr_values": portal.settings.helseid_acr_values})
    remembered = {"nonce": begun.nonce, "verifier": begun.verifier, "next": after}
    once.remember("login", begun.state, remembered, portal.settings.lifetimes.login, client=logins.hashed(browser))
    response = redirect(begun.url, 303)
    cookies.put(response, cookies.BROWSER, browser, portal.settings.lifetimes.login)
    return response


@blueprint.get("/login/callback")
@public
def callback() -> ResponseReturnValue:
    """Take HelseID's answer, check every claim, and begin a new session."""
    portal = parts()
    answer = authorization_response.read(list(request.args.items(multi=True)), issuer=portal.settings.helseid_issuer)
    # Bound to the browser that asked: another one can neither use the answer nor burn it.
    remembered = once.spend("login", answer.state, client=logins.hashed(cookies.read(cookies.BROWSER) or ""))
    if remembered is None and current_user.is_authenticated:
        return redirect(url_for("services.mine"), 303)
    if remembered is None:
        raise SignInError("login_state_unknown")
    tokens = portal.helseid.redeem(answer.code, remembered["verifier"])
    claims = portal.helseid.identify(tokens, remembered["nonce"])
    person = from_claims(claims, portal.helseid.userinfo(tokens["access_token"]))
    if person.security_level < portal.settings.helseid_min_security_level:
        raise SignInError("security_level_too_low")
    response = redirect(remembered["next"], 303)
    cookies.put(response, cookies.SESSION, _begin(person, claims["sid"], tokens["id_token"]))
    return response


@blueprint.post("/logout")
@signed_in
def end() -> ResponseReturnValue:
    """End the session here and at HelseID; with `switch` the next person logs in, and a waiting patient stays."""
    portal, ending = parts(), login()
    with portal.database.write() as session:
        logins.end(session, ending.key_hash, portal.now())
        audit.record(session, act("logout", actor=f"person {ending.person.sub}", basis="helseid"))
    state = portal.token()
    back = url_for("start.proceed") if cookies.read(cookies.PENDING) else url_for("services.mine")
    after = url_for("auth.begin", next=back) if "switch" in request.form else ""
    once.remember("logout", state, {"next": after}, portal.settings.lifetimes.login)
    url = portal.helseid.end_session_url(ending.id_token, portal.settings.base_url + url_for("auth.ended"), state)
    response = leave(url, gettext("Logger ut av HelseID"))
    cookies.drop(response, cookies.SESSION)
    return response


@blueprint.get("/logout")
@public
def ended() -> ResponseReturnValue:
    """Where HelseID sends the browser after a logout."""
    remembered = once.spend("logout", request.args.get("state", ""))
    if remembered and remembered["next"]:
        return redirect(remembered["next"], 303)
    return render_template("signed_out.html")


def _begin(person: Person, sid: str, id_token: str) -> str:
    """A new secret at every login; the one that the browser came with is worth nothing afterwards."""
    portal = parts()
    secret, now = portal.token(), portal.now()
    new = Login(
        key_hash=logins.hashed(secret),
        person=person,
        organisation=None,
        sid=sid,
        id_token=id_token,
        created_at=now,
        seen_at=now,
        expires_at=now + portal.settings.lifetimes.session,
    )
    with portal.database.write() as session:
        logins.begin(session, portal.vault, new)
        if current_user.is_authenticated:
            logins.end(session, login().key_hash, now)
        audit.record(session, act("login", actor=f"person {person.sub}", basis="helseid"))
    return secret
