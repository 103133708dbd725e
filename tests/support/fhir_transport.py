"""The FHIR transport with a journal at its other end, for the suite that holds every transport to the contract."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.fhir_journal import HTML
from support.loopback import Says, http_server

from portal.adapters.transport.fhir import Fhir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.loopback import Asked
    from support.transports import Fault

    from portal.adapters.transport.contract import Transport


@dataclass
class FhirHarness:
    """Keeps whatever bytes are put, under the id that they are put at: what a document is, others test."""

    transport: Transport
    address: str = ""
    finds: bool = True
    documents: dict[str, bytes] = field(default_factory=dict)
    meets: list[Fault] = field(default_factory=list)

    def answer(self, asked: Asked) -> Says:
        own_id, fault = asked.path.rpartition("/")[2], self.meets.pop(0) if self.meets else None
        says = {"refused": Says({}, 403), "trouble": Says({}, 503), "malformed": HTML}
        if fault in says:
            return says[fault]
        if asked.method == "PUT":
            self.documents[own_id] = asked.body
        if fault == "lost":
            return Says(b"{", 201, {"Content-Length": "99", "Connection": "close"})
        found = {"resourceType": "DocumentReference", "id": own_id}
        return Says(found) if own_id in self.documents else Says({}, 404)

    def arrived(self) -> list[bytes]:
        return list(self.documents.values())

    def fail(self, how: Fault) -> None:
        # What makes no sense is asked about once more.
        self.meets = [how] * (2 if how == "malformed" else 1)

    def trouble_reading(self) -> None:
        """Nothing is ever read."""

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        """No journal answers by it."""


@contextmanager
def fhir() -> Iterator[FhirHarness]:
    """A journal's FHIR server."""
    harness = FhirHarness(Fhir(10.0))
    with http_server(harness.answer) as origin:
        harness.address = f"{origin}/fhir"
        yield harness
