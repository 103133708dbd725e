"""A form as authlib wants to see it: each parameter once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import request

from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping


class FormRequest(OAuth2Request):
    """The parameters of one request, or of one that was pushed before."""

    def __init__(self, method: str, parameters: Mapping[str, str]) -> None:
        # TLS ends at the proxy; authlib would refuse the plain hop behind it.
        super().__init__(method, f"https://behind.proxy{request.path}", headers=request.headers)
        self._parameters = dict(parameters)
        self.payload = BasicOAuth2Payload(self._parameters)

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        return self._parameters


def posted() -> FormRequest:
    """The form of this request; raises OAuthError for a repeated parameter (RFC 6749 §3.2)."""
    return FormRequest(request.method, singles(list(request.form.items(multi=True))))


def singles(parameters: list[tuple[str, str]]) -> dict[str, str]:
    """The parameters as a mapping; raises OAuthError when a name stands twice."""
    if len({name for name, _ in parameters}) != len(parameters):
        raise OAuthError("invalid_request", "a parameter stands twice")
    return dict(parameters)
