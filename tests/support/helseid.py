"""The stand-in for HelseID on a port of its own, with a clock that a test can turn; it can stop and start again."""

from __future__ import annotations

import secrets
import socket
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, Self

from support.serving import Server

from portal.demo.helseid import keys, logout
from portal.demo.helseid.app import create_app
from portal.demo.helseid.config import Approval, Client, Code, Config, Person
from portal.demo.helseid.keys import SigningKey
from portal.demo.helseid.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from joserfc.jwk import RSAKey

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
DINA = ANNA.model_copy(
    update={"sub": "dina", "pid": "19828760087", "given_name": "Dina", "family_name": "Toveis", "levels": (3, 4)}
)
"""A doctor who can log in at level 3 or 4."""
PEOPLE = (ANNA, BO, CATO, DINA)


class Clock:
    """The time that the stand-in believes it is."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class StandIn:
    """The stand-in as a counterpart (support/counterpart); `Provider.now` is a Clock."""

    kind = "stand-in"
    userinfo_scheme: Literal["Bearer", "DPoP"] = "Bearer"

    def __init__(self, *clients: Client, people: tuple[Person, ...] = PEOPLE, **told: Any) -> None:
        self._server: Server | None = None
        self._port = _held(0)
        self.address = f"http://127.0.0.1:{self._port.getsockname()[1]}"
        self.provider = Provider(
            config=Config(issuer=self.address, clients=clients, people=people, **told),
            now=Clock(),
            token=lambda: secrets.token_urlsafe(32),
            nonce_secret=secrets.token_bytes(32),
            key=SigningKey(_rsa_key()),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._port.close()

    def start(self) -> None:
        with self._port:
            self._port.listen()
            self._server = Server(create_app(self.provider), self._port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        if port := self._end():
            self._port = _held(port)

    def restart(self, *, keep: bool = True) -> None:
        self.stop()
        if not keep:
            self.provider.memory.forget()
        self.start()

    def rotate_keys(self) -> None:
        self.provider.rotate_keys()

    def drop_old_keys(self) -> None:
        self.provider.drop_old_keys()

    def end_sessions(self, person: Person) -> None:
        logout.end_all(self.provider, person.sub)

    def _end(self) -> int:
        """Stop serving; the port that was served, 0 when none was."""
        server, self._server = self._server, None
        if server is None:
            return 0
        server.shutdown()
        self._thread.join()  # it closes the port
        server.hang_up()
        return server.port


@contextmanager
def running(*clients: Client, **told: Any) -> Iterator[Provider]:
    """Serve until the block ends; `Provider.now` is a Clock."""
    with StandIn(*clients, **told) as standin:
        yield standin.provider


def _held(port: int) -> socket.socket:
    """A port that nobody else gets, and that refuses connections until it listens; 0 is any."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held


@cache
def _rsa_key() -> RSAKey:
    """Made once: RSA keys are slow to make."""
    return keys.make()
