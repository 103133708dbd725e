"""A stand-in's own login with HelseID: code, S256, PAR, private_key_jwt and DPoP, as every HelseID client."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request, url_for

from portal.demo.standin import now
from portal.demo.visits import Pending, User
from portal.domain import authorization_response
from portal.domain.identity import HPR_NUMBER
from portal.errors import SignInError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from werkzeug.wrappers import Response

    from portal.adapters.openid import OpenIdClient
    from portal.demo.visits import Visit, Visits

SCOPE = (
    "openid profile helseid://scopes/identity/pid helseid://scopes/identity/security_level "
    "helseid://scopes/hpr/hpr_number"
)
_MARGIN = timedelta(seconds=30)  # a token is renewed this long before it expires, as HelseID's samples do


class HelseIdLogin:
    """Routes `/login` and `/login/callback`; `parameters` are what the client asks HelseID for beside a login."""

    def __init__(self, client: OpenIdClient, issuer: str, visits: Visits[Any], parameters: Mapping[str, str]) -> None:
        self._client = client
        self._issuer = issuer
        self._visits = visits
        self._parameters = {"scope": SCOPE, "acr_values": "Level4", **parameters}
        self.routes = Blueprint("helseid", __name__)
        self.routes.add_url_rule("/login", "login", self._login)
        self.routes.add_url_rule("/login/callback", "callback", self._callback)

    def required(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Send whoever is not signed in through HelseID and back to the same page."""

        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            if self._visits.current().user is None:
                return self.ask(request.path if request.method == "GET" else "/", silent=True)
            return view(**arguments)

        return guarded

    def ask(self, next_path: str, *, silent: bool) -> Response:
        """Redirect to HelseID; a silent login shows no form (`prompt=none`, OpenID Connect Core §3.1.2.1)."""
        begun = self._client.begin({**self._parameters, "prompt": "none"} if silent else self._parameters)
        self._visits.current().pending[begun.state] = Pending(begun, next_path, silent)
        return redirect(begun.url, 303)

    def access_token(self, resource: str) -> str:
        """The user's access token for an API, renewed when it is about to expire; raises UpstreamError."""
        visit: Visit = self._visits.current()
        if visit.user is None:
            raise SignInError("login_state_unknown")
        if visit.user.expires_at - _MARGIN < now():
            tokens = self._client.tokens.refresh(visit.user.tokens["refresh_token"], resource)
            visit.user = replace(visit.user, tokens=visit.user.tokens | tokens, expires_at=_expiry(tokens))
        return str(visit.user.tokens["access_token"])

    def end_session_url(self) -> str:
        """Where the person ends the HelseID session; this visit is forgotten at once.

        Without `id_token_hint`, so HelseID asks first: the id token has a number in it, and addresses get logged.
        """
        self._visits.forget()
        return str(self._client.metadata()["end_session_endpoint"])

    def _login(self) -> Response:
        return self.ask("/", silent=False)

    def _callback(self) -> Response:
        visit: Visit = self._visits.current()
        pending = visit.pending.pop(request.args.get("state", ""), None)
        if pending is None:
            return redirect(url_for("helseid.login"), 303)
        try:
            answer = authorization_response.read(list(request.args.items(multi=True)), issuer=self._issuer)
            code = answer.proven_code()
        except SignInError:
            if not pending.silent:
                raise
            return self.ask(pending.next, silent=False)
        visit.user = self._redeem(code, pending)
        return redirect(pending.next, 303)

    def _redeem(self, code: str, pending: Pending) -> User:
        tokens = self._client.redeem(code, pending.begun.verifier)
        claims = self._client.identify(tokens, pending.begun.nonce)
        hpr_number = claims.get(HPR_NUMBER)
        return User(
            sub=claims["sub"],
            name=str(claims["name"]),
            hpr_number=str(hpr_number) if hpr_number else None,
            tokens=tokens,
            expires_at=_expiry(tokens),
        )


def _expiry(tokens: Mapping[str, Any]) -> datetime:
    return now() + timedelta(seconds=tokens["expires_in"])
