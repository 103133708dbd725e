"""The way into a journal itself: a DocumentReference under an id of ours (FHIR R4, RESTful API: update, read)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from portal.adapters.http import Egress
from portal.adapters.transport.answers import refused
from portal.adapters.transport.contract import Handed
from portal.domain.smart import document_reference
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from portal.adapters.http import Answer
    from portal.adapters.transport.contract import Parcel
    from portal.domain.news import News

FHIR = "fhir"
_JSON = "application/fhir+json"
_LARGEST = 20_000_000
"""Bytes of an answer: it may be the document itself, with 10 MB of PDF in base64."""


class Fhir:
    """Transport to FHIR servers: `address` is the base of a registered one, and no other origin is asked; thread-safe.

    `longest` are the seconds that an answer may take.
    """

    def __init__(self, longest: float) -> None:
        self._way_to = lru_cache(maxsize=None)(lambda base: Egress({base}, total_timeout=longest, max_bytes=_LARGEST))

    def send(self, parcel: Parcel) -> Handed:
        """Put the document; a journal has filed it when it shows it, whatever status it answers by."""
        answer = self._ask("PUT", parcel, {"Content-Type": _JSON, "Prefer": "return=representation"}, parcel.message)
        if not _is_good(answer):
            raise refused(answer)
        if _shows(answer, parcel):
            return _filed(parcel)
        found = self.find(parcel)
        if found is None:
            raise UpstreamError("upstream_refused", f"status {answer.status}, and it is not there", retryable=False)
        return found

    def find(self, parcel: Parcel) -> Handed | None:
        """Read the document by our id."""
        answer = self._ask("GET", parcel, {})
        if answer.status == 404:  # noqa: PLR2004  RFC 9110
            return None
        if not _is_good(answer):
            raise refused(answer)
        if not _shows(answer, parcel):
            raise UpstreamError("upstream_malformed", "not the document that was asked for")
        return _filed(parcel)

    def news(self, address: str, cursor: str) -> tuple[list[News], str]:  # noqa: ARG002  the contract's signature
        """Nothing ever comes after: what the journal has confirmed is filed."""
        return [], cursor

    def _ask(self, method: str, parcel: Parcel, headers: dict[str, str], data: bytes | None = None) -> Answer:
        url = f"{parcel.address.rstrip('/')}/DocumentReference/{document_reference.id_of(parcel.note.msg_id)}"
        right = {"Accept": _JSON, "Authorization": f"Bearer {parcel.token}"}
        egress: Egress = self._way_to(parcel.address)
        return egress.send(method, url, headers=right | headers, data=data)


def _is_good(answer: Answer) -> bool:
    return answer.status // 100 == 2  # noqa: PLR2004  RFC 9110 §15


def _shows(answer: Answer, parcel: Parcel) -> bool:
    try:
        return document_reference.is_it(answer.json(), parcel.note.msg_id)
    except UpstreamError:
        return False


def _filed(parcel: Parcel) -> Handed:
    return Handed(document_reference.id_of(parcel.note.msg_id), filed=True)
