"""The receiving end of the simulator transport as a program of its own, which a kill -9 costs nothing that it answered.

`python -m soak.receiver PORT FILE yes|no`: the journal is FILE, a line of JSON for each message that came, synced
before the 202. The last word is whether it dedupes on MsgId: then a repeated one is noted and not journalled; otherwise
it is journalled, and answered, once more.

SIGUSR1 has it die, as by kill -9, between the journal and the answer of the next message; SIGUSR2 has it answer slowly
for a second, so that who waits for the answer can be killed meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from base64 import b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from portal.demo import apprec
from portal.demo.epj.message import read
from portal.demo.standin import now
from portal.domain.receipt import ReceiptStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAGE = 500
_SLOW, _ANSWERED_AFTER = 1.0, 30.0
"""Seconds; a receipt comes later than a lease lasts, or it would settle what is in doubt before it is sent again."""


class Journal:
    """What has come, in memory and in the file; a torn last line was never answered, and is cut off."""

    def __init__(self, path: Path, *, dedupes: bool) -> None:
        self._dedupes, self._lock = dedupes, Lock()
        self._known: set[str] = set()
        self._receipts: list[tuple[float, str]] = []
        self._found, self._file = path.with_suffix(".found"), path.open("a+b")
        self._file.seek(0)
        whole, _, _ = self._file.read().rpartition(b"\n")
        self._file.truncate(len(whole) + 1 if whole else 0)
        for line in whole.splitlines():
            self._remember(json.loads(line))

    def take(self, message: bytes) -> str:
        """Write a message down; returns its MsgId, raises ValueError for one that cannot be read."""
        note = read(message)
        if not note.msg_id:
            raise ValueError("no MsgId")
        with self._lock:
            again = note.msg_id in self._known
            line = {
                "at": time.time(),
                "msg_id": note.msg_id,
                "document": note.title,
                "again": again,
                "journalled": not (again and self._dedupes),
                "message": sha256(message).hexdigest(),
                "pdf": sha256(note.pdf).hexdigest(),
                "receipt": None if again and self._dedupes else _receipt(message),
            }
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self._remember(line)
        return note.msg_id

    def finds(self, msg_id: str) -> bool:
        """Whether a message has come; FILE.found gets a line for each time that one had."""
        with self._lock:
            found = msg_id in self._known
            if found:
                with self._found.open("a", encoding="utf-8") as file:
                    file.write(f"{msg_id}\n")
            return found

    def receipts(self, after: int) -> Iterable[tuple[int, str]]:
        """The next receipts after a cursor that are due."""
        due = time.time() - _ANSWERED_AFTER
        with self._lock:
            page = self._receipts[after : after + _PAGE]
        return [(number, made) for number, (at, made) in enumerate(page, start=after + 1) if at <= due]

    def _remember(self, line: dict[str, Any]) -> None:
        self._known.add(line["msg_id"])
        if line["receipt"]:
            self._receipts.append((line["at"], line["receipt"]))


def _receipt(message: bytes) -> str:
    made = apprec.build(message, status=ReceiptStatus.OK, errors=[], apprec_id=str(uuid4()), generated_at=now())
    return b64encode(made).decode()


class Orders:
    """What signals have asked for."""

    def __init__(self) -> None:
        self._deadly, self._slow_until = False, 0.0
        signal.signal(signal.SIGUSR1, self._die)
        signal.signal(signal.SIGUSR2, self._slow_down)

    def obey(self) -> None:
        """Between a journal's line and its answer."""
        if self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if time.monotonic() < self._slow_until:
            time.sleep(_SLOW)

    def _die(self, *_: object) -> None:
        self._deadly = True

    def _slow_down(self, *_: object) -> None:
        self._slow_until = time.monotonic() + _SLOW


class Handler(BaseHTTPRequestHandler):
    """POST /messages, GET /messages/<MsgId>, GET /receipts?after=."""

    protocol_version, wbufsize = "HTTP/1.1", -1
    journal: Journal
    orders: Orders

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            msg_id = self.journal.take(message)
        except ValueError:
            self._answer(400, {})
        else:
            self.orders.obey()
            self._answer(202, {"id": msg_id})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/receipts":
            after = parse_qs(url.query).get("after", ["0"])[0]
            found = [{"cursor": str(at), "document": made} for at, made in self.journal.receipts(int(after))]
            self._answer(200, {"receipts": found})
        elif self.journal.finds(msg_id := url.path.rpartition("/")[2]):
            self._answer(200, {"id": msg_id})
        else:
            self._answer(404, {})

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The journal is the log."""


def main() -> None:
    """Take messages until killed."""
    port, path, dedupes = sys.argv[1:]
    Handler.orders = Orders()
    Handler.journal = Journal(Path(path), dedupes=dedupes == "yes")
    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
