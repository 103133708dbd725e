"""The way through NHN's message service, version 3: messages out, notifications read by offset."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from portal.adapters.bounded import within
from portal.adapters.transport import message_service
from portal.adapters.transport.answers import read, refused
from portal.adapters.transport.contract import Handed
from portal.adapters.transport.edi20_arrivals import Arrivals
from portal.adapters.transport.edi20_status import NEW_MESSAGE, About, Notification, Notifications, Status
from portal.adapters.transport.message_service import Guid
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.adapters.http import Answer
    from portal.adapters.transport.contract import Parcel
    from portal.adapters.transport.edi20_status import Numbered
    from portal.adapters.transport.message_service import MessageService
    from portal.domain.news import News

_MANY = 100
_LOCKED = 423


class _Accepted(BaseModel):
    id: Guid


class _Message(BaseModel):
    msg_id: str | None = Field(None, alias="businessDocumentId")


class Edi20:
    """Transport over version 3 of the service (facts of NHN's developer portal, api-version-3); thread-safe.

    The service has no key to tell a repeat by: `find` looks for the MsgId among what it has told of. It can miss a
    message that the service has not told of yet; a receiver takes a repeated MsgId for the same message.
    """

    def __init__(self, service: MessageService) -> None:
        self._service = service
        self._configured: set[str] = set()
        self._to_mark: dict[str, dict[str, int]] = {}
        self._arrivals: dict[str, Arrivals] = {}
        self._finding = Lock()

    def send(self, parcel: Parcel) -> Handed:
        """Post the message."""
        body = {
            **message_service.business_document(parcel.message),
            "senderHerId": int(parcel.note.sender.her_id),
            "receiverHerIds": [int(parcel.note.reply_to.her_id)],
            "messageTypeIdentificator": "DIALOG_HELSEFAGLIG",
            "applicationName": message_service.NAME,
            "applicationVersion": message_service.VERSION,
        }
        return Handed(read(self._call(parcel.address, "POST", "/messages", body), 202, _Accepted).id)

    def find(self, parcel: Parcel) -> Handed | None:
        """Look for the MsgId among the messages that the service has told of since the note was made."""
        address = parcel.address
        with self._finding:
            arrivals = self._arrivals.setdefault(
                address,
                Arrivals(
                    lambda offset, most: self._notifications(address, offset, most),
                    lambda reference: self._msg_id(address, reference),
                ),
            )
            reference = arrivals.find(parcel.note.msg_id, parcel.note.generated_at)
        return Handed(reference) if reference else None

    def news(self, address: str, cursor: str) -> tuple[list[News], str]:
        """Read the notifications after the offset that the cursor is, and ask how their messages stand."""
        offset, told = int(cursor or 0), set[str]()
        with within(message_service.READING):
            self._mark_downloaded(address, offset)
            found = self._notifications(address, offset, _MANY)
            news, done = message_service.in_order(found, lambda one: self._news(address, one, told))
        return news, str(found[done - 1].offset) if done else cursor

    def _news(self, address: str, numbered: Numbered, told: set[str]) -> list[News]:
        try:
            notification = Notification.model_validate(numbered.model_dump())
        except ValidationError:
            raise UpstreamError("upstream_malformed", Notification.__name__) from None
        reference = notification.related
        # What is asked now covers every notification of this reading.
        if reference is None or reference in told:
            return []
        if notification.type == NEW_MESSAGE:
            news = message_service.received(self._call(address, "GET", f"/messages/{reference}/business-document"))
            self._to_mark.setdefault(address, {})[reference] = numbered.offset
            return [news]
        status = read(self._call(address, "GET", f"/messages/{reference}/status"), 200, Status)
        msg_id = self._msg_id(address, reference)
        told.add(reference)
        return status.news(About(reference, msg_id, notification.created_at or self._service.now()))

    def _notifications(self, address: str, offset: int, most: int) -> list[Numbered]:
        path = f"/notifications?HerIds={self._service.her_id}&Offset={offset}&NotificationsToFetch={most}"
        found = read(self._call(address, "GET", path), 200, Notifications).notifications
        return sorted((one for one in found if one.offset > offset), key=lambda one: one.offset)

    def _msg_id(self, address: str, reference: str) -> str:
        """The MsgId of a message; empty where the service does not say."""
        answer = self._call(address, "GET", f"/messages/{reference}")
        known = answer.status not in {403, 404}
        return (read(answer, 200, _Message).msg_id or "") if known else ""

    def _mark_downloaded(self, address: str, offset: int) -> None:
        """Say that what was sent to us is here, once that is remembered for good: the offset has passed it."""
        waiting = self._to_mark.get(address, {})
        for reference in [one for one, at in waiting.items() if at <= offset]:
            answer = self._call(
                address, "PUT", f"/messages/{reference}/downloaded", {"receiverHerId": self._service.her_id}
            )
            if answer.status >= 500:  # noqa: PLR2004  its own trouble
                raise refused(answer)
            del waiting[reference]

    def _call(self, address: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Call, configured as the service wants every HER-id; a lock by another client has it configured anew."""
        if address not in self._configured:
            self._configure(address)
        answer = self._service.call("3", method, f"{address}{path}", body)
        if answer.status == _LOCKED:
            self._configured.discard(address)
        return answer

    def _configure(self, address: str) -> None:
        wanted = {"herId": self._service.her_id, "receiveNotificationChannel": "Api", "clientLocked": False}
        answer = self._service.call("3", "PUT", f"{address}/mshconfigurations", {"configurations": [wanted]})
        if answer.status not in {200, 201, 204}:
            raise refused(answer)
        self._configured.add(address)
