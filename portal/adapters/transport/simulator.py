"""Ways to a journal: how a message leaves, and how receipts come back."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.adapters.http import Answer, Egress

# Another 4xx is a verdict on this message: the same bytes will meet it again.
_FINAL = frozenset(range(400, 500)) - {408, 425, 429}


class Transport(Protocol):
    """A way to a journal's `address`; both calls raise UpstreamError, which says whether time may heal it."""

    def send(self, address: str, msg_id: str, message: bytes) -> str:
        """Hand over a message, again with the same `msg_id` and bytes if need be; returns the transport's reference."""
        ...

    def receipts(self, address: str, cursor: str) -> tuple[list[bytes], str]:
        """Return the receipts after `cursor` (empty: from the start), oldest first, and the cursor after the last."""
        ...


class _Receipt(BaseModel):
    cursor: Annotated[str, Field(pattern=r"^[!-~]{1,100}$")]
    document: str


class _Receipts(BaseModel):
    receipts: list[_Receipt]


class _Accepted(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=200)]


_Read = TypeVar("_Read", bound=BaseModel)


class Simulator:
    """Transport to an EPJ stand-in over plain HTTP: POST /messages, GET /receipts."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def send(self, address: str, msg_id: str, message: bytes) -> str:
        """Post the message; the stand-in takes a repeated `msg_id` for the same message."""
        headers = {"Content-Type": "application/xml", "X-Message-Id": msg_id}
        answer = self._egress.send("POST", f"{address}/messages", headers=headers, data=message)
        return _read(answer, 202, _Accepted).id

    def receipts(self, address: str, cursor: str) -> tuple[list[bytes], str]:
        """Fetch what came after the cursor; a document that cannot be decoded comes out as it stands."""
        answer = self._egress.send("GET", f"{address}/receipts?after={quote(cursor, safe='')}")
        found = _read(answer, 200, _Receipts).receipts
        return [_document(receipt.document) for receipt in found], found[-1].cursor if found else cursor


def transports(names: Iterable[str], egress: Egress) -> dict[str, Transport]:
    """Return the transports that the settings name; raises ValueError for one that does not exist."""
    known = {"simulator": Simulator}
    if unknown := sorted(set(names) - known.keys()):
        message = f"unknown transport: {', '.join(unknown)}"
        raise ValueError(message)
    return {name: known[name](egress) for name in names}


def _read(answer: Answer, expected: int, model: type[_Read]) -> _Read:
    if answer.status != expected:
        raise UpstreamError("upstream_refused", f"status {answer.status}", retryable=answer.status not in _FINAL)
    try:
        return model.model_validate(answer.json())
    except ValidationError:
        # pydantic's text quotes the answer.
        raise UpstreamError("upstream_malformed", model.__name__) from None


def _document(text: str) -> bytes:
    # What is no base64 is handed on as it stands, to be refused as a receipt; here it would block all after it.
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return text.encode()
