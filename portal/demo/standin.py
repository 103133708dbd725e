"""What the EPJ and the target stand-ins share: a loopback server in a process of its own, and nothing of it in logs."""

from __future__ import annotations

import argparse
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flask import Flask, render_template
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.errors import PortalError

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"


class Config(BaseModel):
    """What every stand-in is told: addresses, and the client it is at HelseID (`key` is a private JWK)."""

    base_url: str
    portal: str
    helseid: str
    client_id: str
    key: dict[str, str]

    def egress(self) -> Egress:
        """The way out, to HelseID and the portal only."""
        return Egress({self.helseid, self.portal})

    def helseid_client(self) -> OpenIdClient:
        """This stand-in as a client of HelseID."""
        return OpenIdClient(
            issuer=self.helseid,
            client_id=self.client_id,
            keys=one_key(self.key),
            redirect_uri=f"{self.base_url}/login/callback",
            egress=self.egress(),
            now=now,
            token=token,
        )


ConfigT = TypeVar("ConfigT", bound=Config)


class PathOnly(WSGIRequestHandler):
    """Logs method, path and status: queries carry launch handles, codes and state."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002  werkzeug's signature
        """Write one line without the query."""
        self.log("info", "%s %s %s", self.command, self.path.partition("?")[0], code)


def now() -> datetime:
    """The clock of a stand-in, aware UTC."""
    return datetime.now(UTC)


def token() -> str:
    """A fresh 256-bit value, safe in a URL."""
    return secrets.token_urlsafe(32)


def flask_app(import_name: str, cookie: str) -> Flask:
    """Return an app with a cookie name of its own: cookies do not tell ports apart (RFC 6265 §8.5)."""
    app = Flask(import_name, template_folder="../templates")
    app.config.update(SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_NAME=cookie, SESSION_COOKIE_SAMESITE="Lax")
    app.add_url_rule("/health/ready", "ready", lambda: {"ready": True})
    app.register_error_handler(PortalError, _refused)
    app.register_error_handler(HTTPException, _sorry)
    return app


def serve(config: type[ConfigT], create: Callable[[ConfigT], Flask]) -> None:
    """Read `--port` and `--config` (a JSON file) and serve on loopback until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    given = parser.parse_args()
    app = create(config.model_validate_json(given.config.read_bytes()))
    make_server(HOST, given.port, app, threaded=True, request_handler=PathOnly).serve_forever()


def _refused(error: PortalError) -> tuple[str, int]:
    return render_template("sorry.html", reason=error.code), error.status


def _sorry(error: HTTPException) -> tuple[str, int]:
    return render_template("sorry.html", reason=error.name), error.code or 500
