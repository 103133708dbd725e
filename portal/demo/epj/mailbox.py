"""The journal's mailbox: messages in, application receipts out (AppRec, HIS 80415)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from portal.demo import apprec
from portal.demo.epj.config import Reply
from portal.domain.receipt import ReceiptError, ReceiptStatus

if TYPE_CHECKING:
    from pathlib import Path

    from portal.demo.epj.message import Note

PATIENT_UNKNOWN = ReceiptError("E35", "Pasienten finnes ikke i mottakersystemet")


@dataclass(frozen=True)
class Received:
    """A message in the journal, and the AppRec that it will be answered with from `answer_at` on, if ever."""

    note: Note
    message: bytes
    received_at: datetime
    reply: Reply
    answer_at: datetime | None


@dataclass
class Mailbox:
    """Keeps every message in `folder` too; a message that comes again is the same message (HIS 1037, MsgId)."""

    folder: Path
    late: timedelta
    received: dict[str, Received] = field(default_factory=dict)
    _waiting: list[Received] = field(default_factory=list)
    _receipts: list[bytes] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take(self, note: Note, message: bytes, reply: Reply, now: datetime) -> None:
        """Put a message in the journal, once per MsgId."""
        with self._lock:
            if note.msg_id in self.received:
                return
            delay = self.late if reply is Reply.LATE else timedelta()
            entry = Received(note, message, now, reply, None if reply is Reply.NEVER else now + delay)
            self._keep(entry)
            self.received[note.msg_id] = entry
            self._waiting.append(entry)

    def receipts(self, after: int, now: datetime) -> list[tuple[int, bytes]]:
        """Every AppRec that is due, with cursors above `after`, in a fixed order."""
        with self._lock:
            for entry in [entry for entry in self._waiting if entry.answer_at and entry.answer_at <= now]:
                self._waiting.remove(entry)
                self._receipts.append(_answer(entry, now))
            return list(enumerate(self._receipts, start=1))[after:]

    def notes_about(self, patient_number: str) -> list[Received]:
        """The journal of one patient, the newest first."""
        return [entry for entry in reversed(self.received.values()) if entry.note.patient_number == patient_number]

    def _keep(self, entry: Received) -> None:
        for kind, suffix, content in (("messages", "xml", entry.message), ("pdf", "pdf", entry.note.pdf)):
            (self.folder / kind / f"{entry.note.msg_id}.{suffix}").write_bytes(content)


def _answer(entry: Received, now: datetime) -> bytes:
    rejected = entry.reply is Reply.REJECTED
    return apprec.build(
        entry.message,
        status=ReceiptStatus.REJECTED if rejected else ReceiptStatus.OK,
        errors=[PATIENT_UNKNOWN] if rejected else [],
        apprec_id=str(uuid4()),
        generated_at=now,
    )
