"""The way through NHN's message service, version 2: messages out, and what is unread in."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import BaseModel, Field, RootModel

from portal.adapters.bounded import within
from portal.adapters.transport import message_service
from portal.adapters.transport.answers import read, refused
from portal.adapters.transport.contract import Handed
from portal.adapters.transport.message_service import Guid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from portal.adapters.http import Answer
    from portal.adapters.transport.contract import Parcel
    from portal.adapters.transport.message_service import MessageService
    from portal.domain.news import News

_MANY = 100  # the most that the service gives


class _Unread(BaseModel):
    id: Guid
    is_receipt: bool | None = Field(None, alias="isAppRec")


class _Accepted(RootModel[Guid]):
    """What the message is called."""


class _Inbox(RootModel[list[_Unread]]):
    """What is unread, oldest first."""


class Edi20V2:
    """Transport over version 2 of the service (OpenAPI "MSH API v2"); thread-safe.

    It tells of receipts alone: a message that the service cannot get through shows by silence. Nor does it show anybody
    his own messages by MsgId, so `find` finds nothing; a receiver takes a repeated MsgId for the same message.
    """

    def __init__(self, service: MessageService) -> None:
        self._service = service
        self._given: dict[str, tuple[str, list[str]]] = {}

    def send(self, parcel: Parcel) -> Handed:
        """Post the message."""
        body = {
            **message_service.business_document(parcel.message),
            "ebXmlOverrides": {
                "applicationName": message_service.NAME,
                "applicationVersion": message_service.VERSION,
            },
            "receiverHerIdsSubset": [int(parcel.note.reply_to.her_id)],
        }
        return Handed(read(self._call(parcel.address, "POST", "/Messages", body), 201, _Accepted).root)

    def find(self, parcel: Parcel) -> Handed | None:  # noqa: ARG002  the contract's
        """Return None: the service does not say."""
        return None

    def news(self, address: str, cursor: str) -> tuple[list[News], str]:
        """Read what is unread, and mark as read what came before the cursor, which is remembered for good by now.

        The service has no offset: the cursor names what was given last. After a restart nobody knows what that was;
        then it comes once more, and changes nothing.
        """
        query = {
            "ReceiverHerIds": self._service.her_id,
            "IncludeMetadata": "true",
            "MessagesToFetch": _MANY,
            "OrderBy": "Ascending",
        }
        with within(message_service.READING):
            self._mark_read(address, cursor)
            unread = read(self._call(address, "GET", f"/Messages?{urlencode(query)}"), 200, _Inbox).root
            news, done = message_service.in_order(unread, lambda one: [self._news(address, one)])
        given = [one.id for one in unread[:done]]
        if not given:
            return [], cursor
        after = sha256(" ".join(given).encode()).hexdigest()
        self._given[address] = (after, given)
        return news, after

    def _news(self, address: str, unread: _Unread) -> News:
        answer = self._call(address, "GET", f"/Messages/{unread.id}/business-document")
        return message_service.received(answer, is_receipt=bool(unread.is_receipt))

    def _mark_read(self, address: str, cursor: str) -> None:
        after, given = self._given.get(address, ("", []))
        while given and after == cursor:
            answer = self._call(address, "PUT", f"/Messages/{given[0]}/read/{self._service.her_id}")
            # What is gone, or not ours to mark, must not keep the rest from being read.
            if answer.status != 204 and (error := refused(answer)).retryable:  # noqa: PLR2004  RFC 9110
                raise error
            del given[0]

    def _call(self, address: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        return self._service.call("2", method, f"{address}{path}", body)
