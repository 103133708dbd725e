"""A journal that takes documents by FHIR, with faults to order."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from support.loopback import Asked, Says

if TYPE_CHECKING:
    from collections.abc import Collection

TOKEN = "at-1"
HTML = Says(b"<!doctype html><title>Logg inn</title>", 200, {"Content-Type": "text/html"})


class FhirJournal:
    """`refuses` says what a method is answered with instead of being done, `answers` what after it was done.

    `open_to` are the tokens that it takes; `slow` are the seconds that every answer takes.
    """

    def __init__(self, open_to: Collection[str] = (TOKEN,)) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.refuses: dict[str, Says] = {}
        self.answers: dict[str, Says] = {}
        self.open_to = open_to
        self.slow = 0.0

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.open_to:
            return Says({"resourceType": "OperationOutcome"}, 401)
        if asked.method in self.refuses:
            return self.refuses[asked.method]
        said = self._put(asked) if asked.method == "PUT" else self._get(asked)
        time.sleep(self.slow)
        return self.answers.get(asked.method, said)

    def methods(self) -> list[str]:
        """What was asked, in order."""
        return [asked.method for asked in self.asked]

    def _put(self, asked: Asked) -> Says:
        document: dict[str, Any] = json.loads(asked.body)
        assert asked.path.endswith(f"/fhir/DocumentReference/{document['id']}")
        assert asked.headers["content-type"] == "application/fhir+json"
        status = 200 if document["id"] in self.documents else 201
        self.documents[document["id"]] = document
        return Says(document, status)

    def _get(self, asked: Asked) -> Says:
        found = self.documents.get(asked.path.rpartition("/")[2])
        return Says(found) if found else Says({"resourceType": "OperationOutcome"}, 404)
