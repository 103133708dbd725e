"""POST /token: a code becomes an access token, and the fields that are the launch's context."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import request

from portal.demo.epj.smart.client_authentication import authenticate
from portal.demo.helseid.forms import required, singles
from portal.demo.standin import token
from portal.domain.pkce import challenge_holds
from portal.errors import OAuthError

if TYPE_CHECKING:
    from portal.demo.epj.smart.memory import Grant
    from portal.demo.epj.smart.server import Server

LIFE = timedelta(minutes=5)


def exchange(server: Server) -> dict[str, Any]:
    """Answer with tokens and context (SMART App Launch 2.2 "Obtain access token"); raises OAuthError."""
    form = singles(request.form)
    authenticate(server, form)
    if required(form, "grant_type") != "authorization_code":
        raise OAuthError("unsupported_grant_type")
    grant = _redeemed(server, form)
    access_token, now = token(), server.now()
    server.memory.access_tokens.put(access_token, grant, now=now, until=now + LIFE)
    answer = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": int(LIFE.total_seconds()),
        "scope": " ".join(grant.scopes),
        "patient": server.memory.ids.of("Patient", grant.launch.patient.id),
        "encounter": grant.launch.encounter,
        "need_patient_banner": True,
    }
    return answer | ({"id_token": _id_token(server, grant)} if "openid" in grant.scopes else {})


def _redeemed(server: Server, form: dict[str, str]) -> Grant:
    code = required(form, "code")
    grant = server.memory.codes.take(code, server.now())
    if grant is None:
        # Whoever used it first may have been the thief (RFC 6749 §4.1.2).
        server.memory.access_tokens.take_all(lambda given: given.code == code)
        raise OAuthError("invalid_grant", "unknown, expired or used")
    if required(form, "redirect_uri") != server.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri")
    if not challenge_holds(required(form, "code_verifier"), grant.challenge):
        raise OAuthError("invalid_grant", "code_verifier")
    return grant


def _id_token(server: Server, grant: Grant) -> str:
    now, sub, ids = int(server.now().timestamp()), grant.launch.user.sub, server.memory.ids
    said: dict[str, Any] = {
        "iss": server.issuer,
        "sub": ids.of("sub", sub),
        "aud": server.config.smart_client_id,
        "iat": now,
        "exp": now + int(LIFE.total_seconds()),
    }
    if grant.nonce:
        said["nonce"] = grant.nonce
    if "fhirUser" in grant.scopes:
        said["fhirUser"] = ids.reference("PractitionerRole", sub)
    return server.key.sign(said, "JWT")
