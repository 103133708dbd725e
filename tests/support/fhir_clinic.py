"""A clinician whose journal opened the portal by SMART and takes documents by FHIR, and messages beside them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from support.doors import doors, register_smart
from support.fhir_journal import FhirJournal
from support.helseid import ANNA
from support.journal import taking, turn, working
from support.lying_epj import NUMBER

from portal.adapters.smart.client import smart_client
from portal.adapters.transport.fhir import FHIR, Fhir
from portal.demo import people
from portal.demo.browser import Hop
from portal.domain.oids import ENH, FNR, HER
from portal.domain.registration import Epj
from portal.store.tables.journal import DeliveryRow
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.doors import Doors
    from support.journal import Journal

    from portal.demo.browser import Browser
    from portal.worker.tools import Tools

SCOPE = "openid fhirUser launch patient/DocumentReference.rs patient/DocumentReference.cu"
LONGEST = 0.5
"""Seconds that the worker gives the journal to answer."""


@dataclass
class FhirClinic:
    """Everything is right until a test changes it; `filed` takes documents, `journal` messages."""

    at: Doors
    filed: FhirJournal
    journal: Journal
    tools: Tools
    browser: Browser

    def register(self, **changes: Any) -> None:
        """Register the EPJ with these changes, None for what it has not."""
        smart = self.at.epj.registered(documents=True)
        usual = {"id": "smart-epj", "name": "SmartEPJ", "smart": smart, "transport": "simulator"}
        usual |= {"transport_address": self.journal.address}
        register_smart(self.at.world, Epj.model_validate(usual | changes))

    def without_address(self) -> None:
        """The office's Organization names no HER-id."""
        self.at.epj.resources["Organization/o-1"]["identifier"].pop()

    def of_herself(self) -> None:
        """The clinician is the patient who is open."""
        own = {"system": FNR, "value": NUMBER}
        self.at.epj.resources["Practitioner/d-1"]["identifier"].append(own)

    def launch(self, **tokens: Any) -> dict[str, Any]:
        """From the journal into a target with the patient; `tokens` changes the EPJ's token response."""
        self.at.epj.tokens = {"scope": SCOPE, "expires_in": 300} | tokens
        waiting = self.at.launch(self.browser)
        listed = self.browser.follow(Hop("GET", f"{self.at.world.origin}{waiting.response.headers['Location']}"))
        assert listed.status == 200, listed.text
        return self.at.world.launch(self.browser, listed)

    def report(self, **tokens: Any) -> dict[str, Any]:
        """A launch, and a document that its target puts."""
        launched = self.launch(**tokens)
        answer = self.at.world.put(launched)
        assert answer.status == 202, answer.json()
        return launched

    def turn(self) -> bool:
        self.at.epj.now = self.at.world.clock()
        return turn(self.tools)

    def state(self, launched: dict[str, Any]) -> tuple[str, list[bool]]:
        """Where the target hears that its document is, and the three lamps."""
        told = self.at.world.state_of(launched).json()
        return told["state"], [told[lamp] for lamp in ("sent", "received", "filed")]

    def codes(self, launched: dict[str, Any]) -> list[tuple[str, str]]:
        """The history of a document."""
        return [(step["state"], step["code"]) for step in self.at.world.state_of(launched).json()["history"]]

    def way(self) -> str | None:
        """The transport that took the only Delivery."""
        with self.at.world.database.read() as session:
            return session.scalars(select(DeliveryRow.transport)).one()

    def doors_kept(self) -> int:
        """How many contexts hold what opens the journal."""
        with self.at.world.database.read() as session:
            kept = select(func.count()).where(ContextRow.sealed_smart.is_not(None))
            return session.scalar(kept) or 0

    def nothing_is_told(self) -> None:
        """No line of the log names the patient or holds a token."""
        told = "\n".join(self.at.lines.said)
        assert [one for one in ("at-1", "at-2", "rt-1", "Fjellheim", "15849197352", "Traceback") if one in told] == []


@contextmanager
def fhir_clinic(database_url: str, folder: Path) -> Iterator[FhirClinic]:
    """Serve until the block ends."""
    with doors(database_url, folder) as at, taking(at.world) as journal, working(at.world, journal) as made:
        office, entity = people.OFFICE["child"], people.OFFICE["parent"]
        numbers = [{"system": ENH, "value": office}, {"system": HER, "value": people.OFFICE_HER_ID}]
        at.epj.resources["Organization/o-1"]["identifier"] = numbers
        at.epj.resources["Organization/o-2"]["identifier"] = [{"system": ENH, "value": entity}]
        filed = at.epj.documents = FhirJournal(at.epj.open_to)
        tools = replace(
            made,
            transports={**made.transports, FHIR: Fhir(LONGEST)},
            smart=smart_client(at.world.settings, at.world.clock, lambda: secrets.token_urlsafe(32)),
        )
        browser = at.world.browser()
        at.world.log_in(browser, ANNA)
        clinic = FhirClinic(at, filed, journal, tools, browser)
        clinic.register()
        yield clinic
