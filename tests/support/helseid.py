"""The stand-in for HelseID on a port of its own, with a clock that a test can turn."""

from __future__ import annotations

import secrets
import socket
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from portal.demo.helseid.app import create_app
from portal.demo.helseid.config import Approval, Client, Code, Config, Person
from portal.demo.helseid.keys import SigningKey
from portal.demo.helseid.provider import Provider
from portal.demo.standin import PathOnly

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNA = Person(
    sub="c4SrhKObpoFbX+voZUHlG9RCKdHaCXASuxltkCRAQUo=",
    pid="13917099805",
    given_name="Anna",
    family_name="Fastlege",
    hpr_number="565501872",
    approvals=(
        Approval(
            profession="LE",
            authorization=Code(value="1", description="Autorisasjon"),
            requisition_rights=(Code(value="1", description="Full rekvisisjonsrett"),),
        ),
    ),
)
BO = ANNA.model_copy(
    update={"sub": "bo", "pid": "07859020563", "given_name": "Bo", "family_name": "Vikar", "hpr_number": "565550846"}
)
CATO = Person(sub="cato", pid="14917099712", given_name="Cato", family_name="Utenfor", security_level=3)


class Clock:
    """The time that the stand-in believes it is."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@cache
def _signing_key() -> SigningKey:
    """Made once: RSA keys are slow to make."""
    return SigningKey()


@contextmanager
def running(*clients: Client) -> Iterator[Provider]:
    """Serve until the block ends; `Provider.now` is a Clock."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        config = Config(issuer=f"http://127.0.0.1:{port}", clients=clients, people=(ANNA, BO, CATO))
        provider = Provider(
            config=config,
            now=Clock(),
            token=lambda: secrets.token_urlsafe(32),
            nonce_secret=secrets.token_bytes(32),
            key=_signing_key(),
        )
        app, at = create_app(provider), listening.fileno()
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=PathOnly, fd=at)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
