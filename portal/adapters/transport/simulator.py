"""The way to an EPJ stand-in over plain HTTP: POST /messages, GET /messages/<MsgId>, GET /receipts."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from pydantic import BaseModel, Field

from portal.adapters.transport.answers import read
from portal.adapters.transport.contract import Handed
from portal.domain import apprec
from portal.domain.news import Receipted, Unread
from portal.errors import MessageRejected

if TYPE_CHECKING:
    from portal.adapters.http import Egress
    from portal.adapters.transport.contract import Parcel
    from portal.domain.news import News


class _Receipt(BaseModel):
    cursor: Annotated[str, Field(pattern=r"^[!-~]{1,100}$")]
    document: str


class _Receipts(BaseModel):
    receipts: list[_Receipt]


class _Accepted(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=200)]


class Simulator:
    """Transport to EPJ stand-ins; the stand-in takes a repeated MsgId for the same message."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def send(self, parcel: Parcel) -> Handed:
        """Post the message."""
        headers = {"Content-Type": "application/xml", "X-Message-Id": parcel.note.msg_id}
        answer = self._egress.send("POST", f"{parcel.address}/messages", headers=headers, data=parcel.message)
        return Handed(read(answer, 202, _Accepted).id)

    def find(self, parcel: Parcel) -> Handed | None:
        """Ask for the message by its MsgId."""
        answer = self._egress.send("GET", f"{parcel.address}/messages/{parcel.note.msg_id}")
        return None if answer.status == 404 else Handed(read(answer, 200, _Accepted).id)  # noqa: PLR2004  RFC 9110

    def news(self, address: str, cursor: str) -> tuple[list[News], str]:
        """Fetch the receipts after the cursor."""
        answer = self._egress.send("GET", f"{address}/receipts?after={quote(cursor, safe='')}")
        found = read(answer, 200, _Receipts).receipts
        return [_news(receipt.document) for receipt in found], found[-1].cursor if found else cursor


def _news(text: str) -> News:
    document = _document(text)
    try:
        return Receipted(apprec.parse(document))
    except MessageRejected as error:
        return Unread(document, error.detail)


def _document(text: str) -> bytes:
    # What is no base64 is handed on as it stands, to be refused as a receipt; here it would block all after it.
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return text.encode()
