"""What a transport tells of messages that were handed to it: its own verdict, and the journal's receipt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from portal.domain.receipt import AppRec


class Verdict(StrEnum):
    """What became of a message on its way; ABANDONED when the transport has given up (NHN after 72 hours)."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    ABANDONED = "abandoned"


@dataclass(frozen=True)
class Transported:
    """The transport's own verdict on the message that it knows by `reference`, and by `msg_id` where it says so."""

    reference: str
    verdict: Verdict
    code: str = ""
    msg_id: str = ""


@dataclass(frozen=True)
class Receipted:
    """The journal's receipt; a transport that keeps count itself names the message by its `reference`."""

    apprec: AppRec
    reference: str | None = None


@dataclass(frozen=True)
class Unread:
    """Something that came for us and is no receipt that we can read, and the rule that it breaks."""

    document: bytes
    rule: str


News: TypeAlias = Transported | Receipted | Unread
