"""What a launch costs at least in Python: authlib and Flask as their documentation has them, everything in memory.

Added is what authlib lacks for it: PAR (RFC 9126), and the patient in the token response. Started by gunicorn as
`bare_launch:app`, with BARE_LAUNCH as JSON: {issuer, client_id, redirect_uri, keys, key}, the last a private JWK.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, NamedTuple
from urllib.parse import urlencode

from authlib.common.security import generate_token
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenEndpoint, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, abort, request
from joserfc import jwk

GIVEN = json.loads(os.environ["BARE_LAUNCH"])
KEYS, KEY = jwk.KeySet.import_key_set({"keys": GIVEN["keys"]}), jwk.import_key(GIVEN["key"])
METHOD, URN = "private_key_jwt", "urn:ietf:params:oauth:request_uri:"

app = Flask(__name__)
server = AuthorizationServer()
sessions: dict[str, str] = {}
launches: dict[str, Launch] = {}
pushed: dict[str, dict[str, str]] = {}
codes: dict[str, Code] = {}
tokens: dict[str, str] = {}
seen: set[str] = set()


class Launch(NamedTuple):
    session: str
    sub: str
    patient: str


class Code(NamedTuple):
    launch: Launch
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> None: ...

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None: ...

    def get_amr(self) -> None: ...


class Client(ClientMixin):  # type: ignore[misc]  # authlib is untyped
    id_token_signed_response_alg = "RS256"

    def get_client_id(self) -> str:
        return str(GIVEN["client_id"])

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return bool(redirect_uri == GIVEN["redirect_uri"])

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == METHOD

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    CLIENT_AUTH_METHOD = METHOD

    def get_audiences(self) -> list[str]:
        return [GIVEN["issuer"]]

    def validate_jti(self, _claims: Any, jti: str) -> bool:
        new = jti not in seen
        seen.add(jti)
        return new

    def resolve_client_public_key(self, _client: Client) -> jwk.KeySet:
        return KEYS


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)

    def save_authorization_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        challenge = (data["code_challenge"], data["code_challenge_method"])
        codes[code] = Code(asked.user, data["redirect_uri"], asked.scope, *challenge)

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        return codes.pop(code, None)

    def delete_authorization_code(self, _code: Code) -> None:
        """It went when it was asked for."""

    def authenticate_user(self, code: Code) -> Launch:
        return code.launch


class Par(TokenEndpoint):  # type: ignore[misc]
    ENDPOINT_NAME = "par"
    CLIENT_AUTH_METHODS = (METHOD,)

    def create_endpoint_response(self, asked: Any) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        self.authenticate_endpoint_client(asked)
        self.server.get_authorization_grant(asked).validate_authorization_request()
        reference = URN + generate_token(43)
        pushed[reference] = {name: value for name, value in asked.form.items() if "assertion" not in name}
        return 201, {"request_uri": reference, "expires_in": 90}, []


def take_pushed(_server: AuthorizationServer, asked: Any) -> None:
    """Put what was pushed in the place of what the browser brought."""
    reference = asked.payload.data.get("request_uri")
    if reference:
        asked.payload = BasicOAuth2Payload(pushed.pop(reference, {}))


class IdToken(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, _nonce: str, _request: Any) -> bool:
        return False

    def resolve_client_private_key(self, _client: Client) -> Any:
        return KEY

    def get_encode_header(self, _client: Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": GIVEN["key"]["kid"]}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": GIVEN["issuer"], "aud": client.get_client_id(), "iat": now, "exp": now + 300}

    def generate_user_info(self, user: Launch, _scope: str) -> UserInfo:
        return UserInfo(sub=user.sub)


def patient(grant: CodeGrant) -> None:
    """The extension that puts the patient in the token response."""
    grant.register_hook(
        "after_create_token_response", lambda of, given: given[1].update(patient=of.request.user.patient)
    )


@app.get("/login")
def login() -> Response:
    session, answer = generate_token(43), Response(status=204)
    sessions[session] = generate_token(43)
    answer.set_cookie("session", session)
    return answer


@app.post("/launch")
def launch() -> Response:
    session, handle = request.cookies.get("session", ""), generate_token(43)
    if session not in sessions:
        abort(403)
    launches[handle] = Launch(session, sessions[session], generate_token(43))
    url = f"http://127.0.0.1:9/launch?{urlencode({'iss': GIVEN['issuer'] + '/fhir', 'launch': handle})}"
    page = f'<!doctype html><title>Åpner</title><a href="{url.replace("&", "&amp;")}">Åpne</a>'
    return Response(page, headers={"Refresh": f"0; url={url}", "Cache-Control": "no-store"})


@app.post("/oauth/par")
def par() -> Any:
    return server.create_endpoint_response("par")


@app.get("/oauth/authorize")
def authorize() -> Any:
    grant = server.get_consent_grant()
    begun = launches.pop(grant.request.payload.data["launch"], None)
    if begun is None or begun.session != request.cookies.get("session"):
        abort(400)
    answer = server.create_authorization_response(grant_user=begun, grant=grant)
    answer.status_code = 303
    return answer


@app.post("/oauth/token")
def token() -> Any:
    return server.create_token_response()


def query_client(client_id: str) -> Client | None:
    return Client() if client_id == GIVEN["client_id"] else None


def save_token(given: dict[str, Any], asked: Any) -> None:
    tokens[given["access_token"]] = asked.user.sub


server.init_app(app, query_client, save_token)
server.register_client_auth_method(METHOD, Assertion())
server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken(), patient])
server.register_endpoint(Par)
server.register_hook("before_get_authorization_grant", take_pushed)
