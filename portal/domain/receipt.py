"""What an application receipt says, however it came (AppRec, HIS 80415)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class ReceiptStatus(StrEnum):
    """What became of the message; the values are codeset 8258's own."""

    OK = "1"
    REJECTED = "2"
    OK_WITH_ERRORS = "3"


class ReceiptError(NamedTuple):
    """Why: `code` of codeset 8221 (E21, X99 …; empty when it is no code), `text` verbatim from the EPJ for a person."""

    code: str
    text: str


@dataclass(frozen=True)
class AppRec:
    """One receipt: `id` tells repeats apart, `original_msg_id` (lower case) is what it answers."""

    id: str
    status: ReceiptStatus
    errors: tuple[ReceiptError, ...]
    original_msg_id: str
    sender_her_ids: frozenset[str]
    generated_at: datetime
