"""A target with the right to put documents for one launch, and what a refusal must be."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from support.bodies import LINE, with_fields, with_pdf
from support.helseid import ANNA
from support.siege import Lines, listening
from support.staging import living

from portal.store import documents
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World

    from portal.adapters.http import Answer


@dataclass
class Desk:
    """One portal, and what demo-melding got of a launch for Anna's patient."""

    world: World
    lines: Lines = field(repr=False)
    given: dict[str, Any] = field(default_factory=dict)

    def launch_anew(self) -> None:
        """Begin with another launch, and with a clean log."""
        browser = self.world.browser()
        self.given = self.world.launch(browser, self.world.open_patient(browser, ANNA))
        self.lines.forget()

    def put(self, pdf: bytes, document_id: str | None = None, **changes: Any) -> Answer:
        """Put these bytes, under an id that is new unless one is given."""
        return self.world.put(self.given, document_id or secrets.token_hex(8), **with_pdf(pdf) | changes)

    def put_fields(self, document_id: str, **changes: Any) -> Answer:
        """Put a report without a PDF."""
        body = with_fields(self.given["patient"]) | changes
        path, token = f"/api/writeback/{document_id}", self.given["writeback_token"]
        return self.world.as_target("PUT", path, token, body)

    def put_raw(self, raw: bytes) -> tuple[int, str]:
        """Put a body as it stands; status and code."""
        answer = self.world.call_raw("PUT", "/api/writeback/d-raw", self.given["writeback_token"], raw)
        return answer.status, str(answer.json().get("code"))

    def refused(self, answer: Answer, status: int, code: str) -> None:
        """RFC 9457, one line in the log, and neither tells anything of what was sent."""
        assert (answer.status, answer.json()["code"]) == (status, code), answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        said = [line.__dict__["code"] for line in self.lines.records if line.getMessage() == "refused"]
        assert said == [code]
        told = "\n".join([str(answer.json()), *self.lines.said])
        secret = {LINE["number"], LINE["family"], ANNA.pid, self.given["writeback_token"], "Traceback", "%PDF"}
        assert [one for one in secret if one in told] == []
        self.lines.forget()

    def stored(self) -> tuple[int, int]:
        """How many documents and how many deliveries there are."""
        with self.world.database.read() as session:
            counts = [session.scalar(select(func.count()).select_from(row)) for row in (DocumentRow, DeliveryRow)]
        return counts[0] or 0, counts[1] or 0

    def pdf_of(self, document_id: str) -> bytes:
        """The bytes that are kept to be delivered."""
        with self.world.database.read() as session:
            row_id = session.scalars(select(DocumentRow.id).where(DocumentRow.document_id == document_id)).one()
            kept = documents.load(session, self.world.app.extensions["portal"].vault, row_id)
        assert kept
        return kept.pdf


@contextmanager
def desk(database_url: str, folder: Path) -> Iterator[Desk]:
    """Serve until the block ends."""
    lines = Lines()
    with living(database_url, folder) as world, listening(lines):
        opened = Desk(world, lines)
        opened.launch_anew()
        yield opened
