"""authlib's server with our client, our grant and our way of saying no."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from flask import Response, jsonify

from portal.errors import OAuthError
from portal.web.oauth import client
from portal.web.oauth.grant import S256, LaunchGrant
from portal.web.oauth.refresh import OnlineGrant
from portal.web.oauth.request import FormRequest, posted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.web.oauth.client import TargetClient


GRANTS = frozenset({LaunchGrant.GRANT_TYPE, OnlineGrant.GRANT_TYPE})


class Server(AuthorizationServer):
    """Both profiles; each client is held to the one that it has registered."""

    def __init__(self) -> None:
        super().__init__()
        self.register_client_auth_method(client.METHOD, client.authenticate)
        self.register_grant(LaunchGrant, [S256()])
        self.register_grant(OnlineGrant)

    def query_client(self, client_id: str) -> TargetClient | None:
        """The client, if it is enabled right now."""
        return client.query(client_id)

    def create_oauth2_request(self, _request: Any) -> FormRequest:
        """This request's form."""
        return posted()

    def handle_response(self, status: int, body: dict[str, Any], headers: Any) -> Response:
        """JSON that nobody stores."""
        response = jsonify(body)
        response.status_code = status
        response.headers.update(headers)
        return response

    def handle_error_response(self, _request: FormRequest, error: OAuth2Error) -> Response:
        """One way to say no for all of the portal."""
        raise OAuthError(error.error, error.description or "") from error

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens."""


@contextmanager
def plain_refusals() -> Iterator[None]:
    """Turn authlib's errors into ours, where its server does not."""
    try:
        yield
    except OAuth2Error as error:
        raise OAuthError(error.error, error.description or "") from error


SERVER = Server()
