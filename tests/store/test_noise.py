from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from support import sealed_rows
from support.sealed_rows import CLIENT, NOW

from portal.store import documents, noise
from portal.store.documents import Document

if TYPE_CHECKING:
    from portal.store.database import Database


def test_a_document_keeps_its_place_in_its_launch(database: Database) -> None:
    sealed_rows.register(database)
    box = sealed_rows.vault()
    given = [("a", "l-1", 0), ("b", "l-2", 1), ("c", "l-1", 2), ("d", "l-1", 3)]
    with database.write() as session:
        sealed_rows.open_context(session, box)
        for launch in ("l-1", "l-2"):
            sealed_rows.launch(session, launch)
        for name, launch, minutes in given:
            at = NOW + timedelta(minutes=minutes)
            document = Document(name, CLIENT.client_id, name, launch, "0" * 64, "x", "x", b"%PDF-", None, at)
            documents.accept(session, box, document, delivery_id=name, msg_id=name, epj_id=sealed_rows.EPJ.id)
    with database.read() as session:
        places = {name: noise.place_in_launch(session, CLIENT.client_id, name) for name in "abcdx"}
        assert places == {"a": 1, "b": 1, "c": 2, "d": 3, "x": 0}
        assert noise.place_in_launch(session, "another", "a") == 0
