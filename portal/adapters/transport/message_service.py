"""NHN's message service ("Meldingstjener REST API", EDI 2.0): what its versions have in common."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from portal.adapters.transport.answers import read
from portal.domain import apprec
from portal.domain.news import Receipted, Unread
from portal.errors import MessageRejected, Unavailable, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from portal.adapters.http import Answer
    from portal.adapters.proven import ProvenClient
    from portal.domain.news import News

NAME, VERSION = "Inngangsportalen", version("inngangsportalen")
READING = 15.0
"""Seconds that one reading of what has come may take, however many requests it needs."""
Guid = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")]
_UNEXPECTED = "unexpected message"

_Item = TypeVar("_Item", bound=BaseModel)


class MessageService:
    """The service as one client sees it, for the HER-id that we send as; thread-safe.

    `access_token` gets the thumbprint of a key of `client`, and returns a DPoP token for the service bound to that key.
    """

    def __init__(
        self, client: ProvenClient, access_token: Callable[[str], str], her_id: str, now: Callable[[], datetime]
    ) -> None:
        self.her_id = int(her_id)
        self.now = now
        self._client = client
        self._access_token = access_token

    def call(self, api_version: str, method: str, url: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer, whatever its status, but 401.

        Raises UpstreamError, always to be tried again: what is wrong with our token is no verdict on a message.
        """
        headers = {"api-version": api_version, "nhn-source-system": f"{NAME}, {VERSION}"}
        jkt = self._client.jkt
        token = self._token(jkt)
        answer = self._client.call_bound(method, url, token, jkt, body=body, headers=headers)
        if answer.status == 401:  # noqa: PLR2004  RFC 9110
            raise UpstreamError("upstream_refused", "status 401")
        return answer

    def _token(self, jkt: str) -> str:
        try:
            return self._access_token(jkt)
        except Unavailable as error:
            raise UpstreamError("upstream_unreachable", f"message service: {error}") from error
        except UpstreamError as error:
            raise UpstreamError(error.code, error.detail) from error


def business_document(message: bytes) -> dict[str, str]:
    """Return the members of a request that carry an XML document."""
    encoded = b64encode(message).decode()
    return {"businessDocument": encoded, "contentType": "application/xml", "contentTransferEncoding": "base64"}


class _BusinessDocument(BaseModel):
    businessDocument: str  # noqa: N815  NHN's name


def received(answer: Answer, *, is_receipt: bool = False) -> News:
    """Return what somebody sent to us: a receipt, or something that a person must read; raises UpstreamError."""
    text = read(answer, 200, _BusinessDocument).businessDocument
    try:
        document = b64decode(text, validate=True)
    except ValueError:
        document = text.encode()
    try:
        return Receipted(apprec.parse(document))
    except MessageRejected as error:
        return Unread(document, error.detail if is_receipt else _UNEXPECTED)


def in_order(items: Sequence[_Item], news_of: Callable[[_Item], list[News]]) -> tuple[list[News], int]:
    """Return the news of the items, and of how many: it ends early at what may succeed another time.

    What cannot be read at all is handed on for a person to see, so that it blocks nothing behind it. Raises
    UpstreamError when not even the first is read.
    """
    news: list[News] = []
    for done, item in enumerate(items):
        try:
            news += news_of(item)
        except UpstreamError as error:
            if error.retryable and error.code != "upstream_malformed":
                if done:
                    return news, done
                raise
            news.append(Unread(json.dumps(item.model_dump(mode="json")).encode(), f"{error.code}: {error.detail}"))
    return news, len(items)
