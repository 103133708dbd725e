"""A stand-in for NHN's message service: what it holds, and what a test lets receivers and the service itself do."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lxml import etree
from support import message_service_http
from support.message_service_faults import Faults
from support.serving import served

from portal.demo import apprec
from portal.demo.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.demo.helseid.provider import Provider

AUDIENCE, SCOPE = "nhn:msh", "nhn:msh/api"
US = 99000002
"""The HER-id that the portal sends as, and that its client may act for."""
_STATUS = {"1": "Ok", "2": "Rejected", "3": "OkErrorInMessagePart"}


@dataclass
class Message:
    """A message that the service has taken."""

    sender: int
    receiver: int
    document: bytes
    msg_id: str
    is_apprec: bool = False
    state: str = "Unconfirmed"
    receipt: dict[str, Any] | None = None
    unread: bool = True
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass
class MessageService:
    """Both versions of the service at one address; `raw` are the requests and answers that it has seen, in order.

    `redelivers` has it give notifications from before the offset once more, `skip` is the gap between two offsets,
    `silent` has it tell of nothing, and `tells_msg_id` whether it knows the MsgId of a message.
    """

    provider: Provider
    address: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    configured: dict[int, dict[str, Any]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    seen: list[message_service_http.Seen] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    downloaded: list[str] = field(default_factory=list)
    redelivers: bool = False
    silent: bool = False
    tells_msg_id: bool = True
    wants_nonce: bool = False
    skip: int = 7

    def take(self, sender: int, receiver: int, document: bytes) -> Message:
        """Keep a message and tell both sides of it, each as its version has it."""
        root = etree.fromstring(document)
        found = root.find("{*}MsgInfo/{*}MsgId")
        found = root.find("{*}Id") if found is None else found
        assert found is not None
        message = Message(sender, receiver, document, found.text or "", is_apprec=root.tag.endswith("AppRec"))
        self.messages[message.id] = message
        if receiver == US:
            self.notify(message, "NewMessage")
        else:
            self.notify(message, "MessageSentStateUpdated")
        return message

    def notify(self, message: Message, kind: str, **changes: Any) -> None:
        """Put a notification in our queue."""
        if self.silent:
            return
        offset = self.notifications[-1]["offset"] + self.skip if self.notifications else self.skip
        told = {
            "notificationId": str(uuid4()),
            "relatedMessageId": message.id,
            "type": kind,
            "notificationReceiverHerId": US,
            "notificationTriggeredByHerId": message.receiver,
            "description": "told",
            "createdAt": re.sub(r"\+00:00$", "Z", self.provider.now().isoformat()),
            "offset": offset,
        }
        self.notifications.append(told | changes)

    @property
    def sent(self) -> list[Message]:
        """What the portal has sent, oldest first."""
        return [message for message in self.messages.values() if message.sender == US]

    def transport(self, state: str) -> None:
        """Let the service get every message through, or not: Acknowledged, Rejected, Abandoned, Unconfirmed."""
        for message in self.sent:
            message.state = state
            self.notify(message, "MessageDeliveryStateUpdated")

    def reply(self, status: str, *errors: tuple[str, str], version: str = "3", status_as: Any = None) -> None:
        """Let every receiver answer with an AppRec; version 2 gives it as a message to us."""
        for message in self.sent:
            if version == "2":
                receipt = apprec.build(
                    message.document,
                    status=status,
                    errors=errors,
                    apprec_id=str(uuid4()),
                    generated_at=self.provider.now(),
                )
                self.take(message.receiver, US, receipt)
                continue
            message.receipt = {
                "appRecStatus": _STATUS[status] if status_as is None else status_as,
                "appRecErrorList": [{"errorCode": code, "details": text} for code, text in errors],
                "appRecId": str(uuid4()),
            }
            self.notify(message, "MessageApprecInfoUpdated")


@contextmanager
def message_service(provider: Provider) -> Iterator[MessageService]:
    """Serve it on loopback until the block ends; it believes the tokens of this HelseID."""
    port = free_port()
    service = MessageService(provider, f"http://127.0.0.1:{port}")
    with served(message_service_http.app_of(service, AUDIENCE, SCOPE, US), port):
        yield service
