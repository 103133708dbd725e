"""GET and POST /authorize: from the click to a code, without a question: the journal knows who is at the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from flask import redirect, request
from pydantic import BaseModel, ConfigDict, ValidationError

from portal.demo.epj.smart import launch, scopes
from portal.demo.epj.smart.memory import Grant
from portal.demo.helseid.forms import singles, with_query
from portal.demo.helseid.par import Short
from portal.demo.standin import token
from portal.domain.bodies import Base64Url256
from portal.errors import OAuthError

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from portal.demo.epj.smart.server import Server

CODE_LIFE = timedelta(seconds=60)


class AuthorizationRequest(BaseModel):
    """What the portal asks for, with the shape of every parameter checked; S256 must be named (RFC 7636 §4.3)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    response_type: Literal["code"]
    launch: Short
    scope: Short
    state: Short
    aud: Short
    code_challenge: Base64Url256
    code_challenge_method: Literal["S256"]
    nonce: Short | None = None


def ask(server: Server) -> Response:
    """Answer at the portal's address with a code or an error (RFC 6749 §4.1.2), and with `iss` (RFC 9207).

    Raises OAuthError when the request is not the portal's: then nobody is sent anywhere.
    """
    parameters = singles(request.form if request.method == "POST" else request.args)
    if parameters.get("client_id") != server.config.smart_client_id:
        raise OAuthError("unauthorized_client", "client_id")
    if parameters.get("redirect_uri") != server.redirect_uri:
        raise OAuthError("invalid_request", "redirect_uri")
    try:
        answer = {"code": _code(server, _read(server, parameters))}
    except OAuthError as error:
        answer = {"error": error.code, "error_description": error.detail}
    state = {"state": parameters["state"]} if parameters.get("state") else {}
    return redirect(with_query(server.redirect_uri, answer | state | {"iss": server.issuer}), 303)


def _read(server: Server, parameters: dict[str, str]) -> AuthorizationRequest:
    if parameters.get("response_type", "code") != "code":
        raise OAuthError("unsupported_response_type", "response_type")
    try:
        asked = AuthorizationRequest.model_validate(parameters)
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)})
        raise OAuthError("invalid_request", ", ".join(fields)) from None
    if asked.aud != server.fhir:
        raise OAuthError("invalid_request", "aud")
    if "launch" not in asked.scope.split():
        raise OAuthError("invalid_scope", "launch")
    return asked


def _code(server: Server, asked: AuthorizationRequest) -> str:
    code, now = token(), server.now()
    grant = Grant(
        code=code,
        challenge=asked.code_challenge,
        nonce=asked.nonce,
        scopes=scopes.granted(asked.scope),
        launch=launch.spend(server, asked.launch),
    )
    server.memory.codes.put(code, grant, now=now, until=now + CODE_LIFE)
    return code
