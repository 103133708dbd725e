"""The token response of a launch, and the tokens in it as we keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from portal.domain import scopes, sign_on_token
from portal.domain.identity import HPR_NUMBER
from portal.domain.target_bodies import TokenResponse
from portal.store.launches import ACCESS, REFRESH, WRITEBACK, Token
from portal.web import handover
from portal.web.oauth import sign_on
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portal.domain.client_registration import Client
    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.web.oauth.codes import LaunchCode


class Granted(NamedTuple):
    """Whom an answer is for and what about; `jkt` is the key that its tokens are bound to, None for bearer tokens.

    `refreshes` is the scope of the refresh token, where it is wider than that of the answer.
    """

    launch: Launch
    context: Context | None
    client: Client
    scope: str
    jkt: str | None
    refreshes: str | None = None


def first(granted: Granted, code: LaunchCode) -> dict[str, Any]:
    """The answer to a code: all that the target's server gets with the launch."""
    access_token = _access_token(granted)
    context, client = granted.context, granted.client
    return _composed(
        granted,
        access_token=access_token,
        id_token=_id_token(granted, access_token, code.evidence | {"nonce": code.nonce}),
        refresh_token=_refresh_token(granted),
        **(handover.writeback(context, client) if context else {}),
    )


def again(granted: Granted) -> dict[str, Any]:
    """The answer to a refresh token, with the next one; an id token then says who, and nothing of the login.

    Core §12.2 leaves the id token to us; Nav's SMART library takes no answer without one.
    """
    access_token = _access_token(granted)
    return _composed(
        granted,
        access_token=access_token,
        id_token=_id_token(granted, access_token, {}),
        refresh_token=_refresh_token(granted),
    )


def tokens(given: dict[str, Any], granted: Granted, now: datetime) -> Iterator[tuple[str, Token]]:
    """Each secret of an answer with what it stands for."""
    lives = parts().settings.lifetimes
    named = {
        ACCESS: ("access_token", lives.access_token),
        REFRESH: ("refresh_token", lives.session),
        WRITEBACK: ("writeback_token", timedelta(seconds=given.get("writeback_expires_in", 0))),
    }
    for kind, (name, life) in named.items():
        if name in given:
            scope = (granted.refreshes or granted.scope) if kind == REFRESH else granted.scope
            client_id = granted.client.client_id
            yield given[name], Token(kind, granted.launch.id, client_id, granted.jkt, scope, now + life)


def _composed(granted: Granted, **given: Any) -> dict[str, Any]:
    context = granted.context
    answer = TokenResponse(
        token_type="DPoP" if granted.jkt else "Bearer",
        expires_in=int(parts().settings.lifetimes.access_token.total_seconds()),
        scope=granted.scope,
        trace_id=granted.launch.id,
        sub=granted.launch.sub,
        **given,
        **(handover.told(granted.launch, context, granted.client) if context else {}),
    )
    # Without a context nothing is said of one.
    return answer.model_dump(mode="json", exclude_none=True, exclude_unset=True)


def _access_token(granted: Granted) -> str:
    portal, client = parts(), granted.client
    if client.access_token == "opaque":  # noqa: S105  a kind, not a secret
        return portal.token()
    named = {"client_id": client.client_id, "scope": granted.scope, "jti": portal.token()}
    key, life = portal.settings.signing_key("RS256"), portal.settings.lifetimes.access_token
    claims = _subject(granted, portal.settings.fhir_issuer) | named
    return sign_on_token.access_token(key, claims, portal.now(), life)


def _refresh_token(granted: Granted) -> str | None:
    whole = granted.refreshes or granted.scope
    return parts().token() if scopes.ONLINE in whole.split() else None


def _id_token(granted: Granted, access_token: str, login: dict[str, Any]) -> str | None:
    """An id token, where people are signed on; `login` is what is told of how that was."""
    if "openid" not in granted.scope.split():
        return None
    portal, client, context = parts(), granted.client, granted.context
    told = _subject(granted, client.client_id) | login
    if "fhirUser" in granted.scope.split():
        told["fhirUser"] = sign_on.fhir_user(granted.launch, client)
    if context and "hpr" in client.release:
        told[HPR_NUMBER] = context.practitioner.hpr_number
    key, life = portal.settings.signing_key("RS256"), portal.settings.lifetimes.access_token
    return sign_on_token.id_token(key, told, access_token, portal.now(), life)


def _subject(granted: Granted, audience: str) -> dict[str, Any]:
    return {"iss": parts().settings.base_url, "sub": granted.launch.sub, "aud": audience}
