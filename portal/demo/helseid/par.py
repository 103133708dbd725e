"""POST /connect/par, the only way to ask for a login (RFC 9126)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from portal.demo.helseid.client_authentication import authenticate
from portal.demo.helseid.forms import singles
from portal.demo.helseid.scopes import OWN
from portal.domain.bodies import Base64Url256
from portal.errors import OAuthError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.demo.helseid.config import Client
    from portal.demo.helseid.provider import Provider

LIFE = timedelta(seconds=60)
LEVELS = {"Level4": 4, "High": 4, "Level3": 3, "Substantial": 3, "Level2": 2, "Low": 2}
Short = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class TargetRefused(OAuthError):
    """A `resource` that this client may not ask for (RFC 8707 §2)."""

    codes: ClassVar[dict[str, int]] = {"invalid_target": 400}


class PushedRequest(BaseModel):
    """A request as it was pushed, with the shape of every parameter checked; HelseID ignores those it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    client_id: str
    response_type: Literal["code"]
    redirect_uri: str
    scope: Short
    code_challenge: Base64Url256
    code_challenge_method: Literal["S256"]
    state: Short | None = None
    nonce: Short | None = None
    prompt: Literal["none", "login", "consent", "select_account"] | None = None
    acr_values: str = ""
    max_age: Annotated[int, Field(ge=0)] | None = None
    dpop_jkt: Base64Url256 | None = None
    resources: tuple[str, ...] = ()

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes one by one, each once, in the order they were asked for."""
        return tuple(dict.fromkeys(self.scope.split()))

    @property
    def lowest_level(self) -> int:
        """The lowest level that will do; what names no level, as `idp:testidp-oidc` does, has no say."""
        return min((LEVELS[value] for value in self.acr_values.split() if value in LEVELS), default=0)


def push(provider: Provider) -> ResponseReturnValue:
    """Keep the request and answer with a `request_uri` for 60 s; raises OAuthError when a rule of HelseID's breaks."""
    form = singles(request.form)
    client = authenticate(provider, form)
    pushed = _read(form, tuple(request.form.getlist("resource")))
    _allow(client, pushed)
    request_uri, now = f"urn:ietf:params:oauth:request_uri:{provider.token()}", provider.now()
    provider.memory.pushed.put(request_uri, pushed, now=now, until=now + LIFE)
    return {"request_uri": request_uri, "expires_in": int(LIFE.total_seconds())}, 201


def _read(form: dict[str, str], resources: tuple[str, ...]) -> PushedRequest:
    if {"request", "request_uri"} & form.keys():
        raise OAuthError("invalid_request", "request objects are not supported")
    try:
        return PushedRequest.model_validate({**form, "resources": resources})
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)})
        raise OAuthError("invalid_request", ", ".join(fields)) from None


def _allow(client: Client, pushed: PushedRequest) -> None:
    if pushed.redirect_uri not in client.redirect_uris:
        raise OAuthError("invalid_request", "redirect_uri")
    scopes = set(pushed.scopes)
    offline = "offline_access" in scopes and not client.offline_access
    if "openid" not in scopes or scopes - OWN - client.api_scopes or offline:
        raise OAuthError("invalid_scope")
    if set(pushed.resources) - set(client.audiences(pushed.scopes)):
        raise TargetRefused("invalid_target")
