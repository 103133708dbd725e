"""Every transport with what it talks to, for the one suite that holds them all to the contract.

To add one, write a context manager that gives a `Harness`, and name it in HARNESSES.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

from support import message_service_faults as faults
from support.fhir_transport import fhir
from support.helseid import Clock, StandIn
from support.keys import ec
from support.loopback import Says, http_server
from support.message_service import AUDIENCE, SCOPE, US, message_service
from support.raw_client import BACK, registration

from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.adapters.transport.edi20 import Edi20
from portal.adapters.transport.edi20_v2 import Edi20V2
from portal.adapters.transport.message_service import MessageService
from portal.adapters.transport.simulator import Simulator
from portal.demo import apprec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from support import message_service as stand_in
    from support.loopback import Asked

    from portal.adapters.transport.contract import Transport

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Fault: TypeAlias = Literal["refused", "trouble", "malformed", "lost"]
"""What becomes of the next message: a verdict on it, a passing trouble, no sense, or taken without an answer."""


class Harness(Protocol):
    """A transport and the other end of it."""

    @property
    def transport(self) -> Transport: ...

    @property
    def address(self) -> str: ...

    @property
    def finds(self) -> bool:
        """Whether `find` can tell; where it cannot, it never claims to."""
        ...

    def arrived(self) -> list[bytes]:
        """What has arrived, as often as it has."""
        ...

    def fail(self, how: Fault) -> None:
        """Let the next message meet this."""
        ...

    def trouble_reading(self) -> None:
        """Let the next reading of news meet a passing trouble."""
        ...

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        """Let the receiver answer everything that has arrived."""
        ...


@dataclass
class _Simulated:
    """A journal stand-in as the simulator knows it; it dedupes on MsgId."""

    transport: Transport
    address: str = ""
    finds: bool = True
    messages: dict[str, bytes] = field(default_factory=dict)
    replies: list[bytes] = field(default_factory=list)
    next: Fault | None = None
    reading_fails: bool = False

    def answer(self, asked: Asked) -> Says:
        path = urlsplit(asked.path)
        if asked.method == "POST":
            return self._post(asked)
        if path.path == "/receipts":
            return self._receipts(parse_qs(path.query).get("after", ["0"])[0])
        msg_id = path.path.removeprefix("/messages/")
        return Says({"id": f"j-{msg_id}"}) if msg_id in self.messages else Says({}, 404)

    def _post(self, asked: Asked) -> Says:
        fault, self.next = self.next, None
        says = {"refused": Says({}, 400), "trouble": Says({}, 503), "malformed": Says(b"<html>", 202)}
        if fault in says:
            return says[fault]
        msg_id = asked.headers["x-message-id"]
        self.messages[msg_id] = asked.body
        if fault == "lost":
            return Says(b"{", 202, {"Content-Length": "99", "Connection": "close"})
        return Says({"id": f"j-{msg_id}"}, 202)

    def _receipts(self, after: str) -> Says:
        if self.reading_fails:
            self.reading_fails = False
            return Says({}, 503)
        new = list(enumerate(self.replies, 1))[int(after) :]
        return Says({"receipts": [{"cursor": str(n), "document": b64encode(one).decode()} for n, one in new]})

    def arrived(self) -> list[bytes]:
        return list(self.messages.values())

    def fail(self, how: Fault) -> None:
        self.next = how

    def trouble_reading(self) -> None:
        self.reading_fails = True

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        for message in self.messages.values():
            apprec_id = secrets.token_hex(8)
            reply = apprec.build(message, status=status, errors=errors, apprec_id=apprec_id, generated_at=NOW)
            self.replies.append(reply)


@dataclass
class MessageServiceHarness:
    """NHN's message service, in one of its versions."""

    client: MessageService
    service: stand_in.MessageService
    helseid: StandIn
    clock: Clock
    version: Literal["2", "3"]
    token: Callable[[str], str]

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what a process remembers."""
        self.transport: Transport = Edi20(self.client) if self.version == "3" else Edi20V2(self.client)

    @property
    def address(self) -> str:
        return self.service.address

    @property
    def finds(self) -> bool:
        return self.version == "3"

    def arrived(self) -> list[bytes]:
        return [message.document for message in self.service.sent]

    def fail(self, how: Fault) -> None:
        taken = 202 if self.version == "3" else 201
        fault = {
            "refused": faults.status(403, 1202),
            "trouble": faults.status(503),
            "malformed": faults.says(b'{"id": "hemmelig"}', taken),
            "lost": faults.lost,
        }[how]
        self.service.faults.order("POST /messages", fault)

    def trouble_reading(self) -> None:
        self.service.faults.order("GET /notifications" if self.version == "3" else "GET /messages", faults.status(500))

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        self.service.reply(status, *errors, version=self.version)


@contextmanager
def simulator() -> Iterator[_Simulated]:
    """The simulator."""
    harness = _Simulated(Simulator(Egress(())))
    with http_server(harness.answer) as origin:
        harness.address, harness.transport = origin, Simulator(Egress({origin}))
        yield harness


@contextmanager
def edi20(
    version: Literal["2", "3"] = "3", api: tuple[str, str] = (SCOPE, AUDIENCE), total_timeout: float = 10.0
) -> Iterator[MessageServiceHarness]:
    """NHN's message service, with HelseID beside it; `api` is what our tokens are for."""
    portal = registration("portal", apis={AUDIENCE: (SCOPE,), "nhn:other": ("nhn:other/api",)})
    with StandIn(portal) as standin, message_service(standin.provider) as service:
        helseid = OpenIdClient(
            issuer=standin.address,
            client_id="portal",
            keys=one_key(ec("portal").private),
            redirect_uri=BACK,
            egress=Egress({standin.address, service.address}, total_timeout=total_timeout),
            now=standin.provider.now,
            token=lambda: secrets.token_urlsafe(32),
        )

        clock = standin.provider.now
        assert isinstance(clock, Clock)

        @cache
        def fetched(jkt: str, _: timedelta) -> str:
            return str(helseid.tokens.client_credentials(*api, jkt=jkt)["access_token"])

        def access_token(jkt: str) -> str:
            return fetched(jkt, clock.ahead)

        client = MessageService(helseid.client, access_token, str(US), clock)
        yield MessageServiceHarness(client, service, standin, clock, version, access_token)


HARNESSES: dict[str, Callable[[], AbstractContextManager[Harness]]] = {
    "simulator": simulator,
    "edi20": edi20,
    "edi20-v2": lambda: edi20("2"),
    "fhir": fhir,
}
ANSWERING = [name for name in HARNESSES if name != "fhir"]
"""Those by which journals answer; over FHIR the journal's own answer says it all."""
