"""What was put and what was promised, beside what came: written by the writers, read from the receivers' files."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Put:
    """One document; times are seconds since 1970, `acked_at` None as long as nobody has promised anything."""

    document_id: str
    receiver: str
    pdf: str
    corrects: str | None
    begun_at: float
    acked_at: float | None = None


class Arrival(NamedTuple):
    """A line of a receiver's journal; `order` counts within that journal."""

    document_id: str
    receiver: str
    order: int
    at: float
    msg_id: str
    again: bool
    journalled: bool
    message: str
    pdf: str


@dataclass
class Ledger:
    """Thread-safe; `answers` counts what the writers were told."""

    journals: dict[str, Path]
    puts: dict[str, Put] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    acked: int = 0
    owed: set[str] = field(default_factory=set)
    """What was promised and has not come yet."""
    _arrived: dict[str, Arrival] = field(default_factory=dict)
    _read: Counter[str] = field(default_factory=Counter)
    _lines: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, put: Put) -> None:
        """Note a document before its first PUT."""
        with self._lock:
            self.puts[put.document_id] = put

    def promise(self, put: Put) -> None:
        """Note the first 202 (or 200, for a repeated PUT)."""
        with self._lock:
            put.acked_at = time.time()
            self.acked += 1
            if put.document_id not in self._arrived:
                self.owed.add(put.document_id)

    def heard(self, answer: str) -> None:
        """Count an answer, or that there was none."""
        with self._lock:
            self.answers[answer] += 1

    def read(self) -> None:
        """Take in the whole lines that have been written since."""
        for name, path in self.journals.items():
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(self._read[name])
                whole = file.read().rpartition(b"\n")[0]
            if whole:
                self._read[name] += len(whole) + 1
                for line in whole.splitlines():
                    self._arrive(name, json.loads(line))

    def found(self, receiver: str) -> int:
        """How often the portal asked a receiver for a message and learnt that it had come."""
        path = self.journals[receiver].with_suffix(".found")
        return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0

    def first_arrival(self, document_id: str) -> Arrival | None:
        """When a document came the first time."""
        return self._arrived.get(document_id)

    def _arrive(self, receiver: str, line: dict[str, Any]) -> None:
        self._lines[receiver] += 1
        names = ("at", "msg_id", "again", "journalled", "message", "pdf")
        told = {name: line[name] for name in names}
        arrival = Arrival(document_id=line["document"], receiver=receiver, order=self._lines[receiver], **told)
        self.arrivals.append(arrival)
        with self._lock:
            self._arrived.setdefault(arrival.document_id, arrival)
            self.owed.discard(arrival.document_id)
