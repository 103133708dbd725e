"""What version 3 of NHN's message service tells: that something has happened, and how a message of ours stands."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from portal.adapters.transport.message_service import Guid
from portal.domain import norwegian_time
from portal.domain.news import Receipted, Transported, Verdict
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.news import News

NEW_MESSAGE = "NewMessage"
_STATUSES = {"Ok": "1", "Rejected": "2", "OkErrorInMessagePart": "3"}
_VERDICTS = {"Acknowledged": Verdict.ACKNOWLEDGED, "Rejected": Verdict.REJECTED, "Abandoned": Verdict.ABANDONED}


def _status(value: Any) -> Any:
    # Names, or the numbers of codeset 8258: navikt/emottak-edi-adapter has met both.
    return value if value is None else _STATUSES.get(str(value), str(value))


def _moment(value: Any) -> Any:
    return norwegian_time.read(value) if isinstance(value, str) else value


class Numbered(BaseModel):
    """A notification of which only its place in the queue has been read."""

    model_config = ConfigDict(extra="allow")

    offset: Annotated[int, Field(ge=0, lt=2**63)]


class Notifications(BaseModel):
    """An answer of GET /notifications."""

    notifications: list[Numbered]


class Notification(BaseModel):
    """That something has happened to the message `related`."""

    type: str
    related: Guid | None = Field(None, alias="relatedMessageId")
    created_at: Annotated[datetime | None, BeforeValidator(_moment)] = Field(None, alias="createdAt")


class About(NamedTuple):
    """The message that a status is about: what the service calls it, its MsgId if that is known, and when it was so."""

    reference: str
    msg_id: str
    at: datetime


class _Error(BaseModel):
    code: str | None = Field(None, alias="errorCode")
    details: str | None = None
    description: str | None = None

    def as_value(self) -> ReceiptError:
        code, text = self.code or "", ": ".join(filter(None, (self.details, self.description)))
        return ReceiptError(code if re.fullmatch(r"[A-Za-z0-9]{1,10}", code) else "", text)


class _Receipt(BaseModel):
    status: Annotated[ReceiptStatus | None, BeforeValidator(_status)] = Field(None, alias="appRecStatus")
    errors: list[_Error] | None = Field(None, alias="appRecErrorList")
    id: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(None, alias="appRecId")


class _Receiver(BaseModel):
    her_id: int = Field(alias="receiverHerId")
    state: str = Field(alias="transportDeliveryState")
    receipt: _Receipt | None = Field(None, alias="apprecInfo")

    def news(self, about: About) -> Iterator[News]:
        if verdict := _VERDICTS.get(self.state):
            yield Transported(about.reference, verdict, msg_id=about.msg_id)
        if self.receipt and self.receipt.status:
            apprec = AppRec(
                id=self.receipt.id or f"{about.reference} {self.her_id}",
                status=self.receipt.status,
                errors=tuple(error.as_value() for error in self.receipt.errors or ()),
                original_msg_id=about.msg_id.lower(),
                sender_her_ids=frozenset({str(self.her_id)}),
                generated_at=about.at,
            )
            yield Receipted(apprec, about.reference)


class Status(BaseModel):
    """How a message stands with each of its receivers."""

    receivers: list[_Receiver] = Field(alias="statusList")

    def news(self, about: About) -> list[News]:
        """What there is to tell; that a message is not confirmed yet is nothing."""
        return [news for receiver in self.receivers for news in receiver.news(about)]
