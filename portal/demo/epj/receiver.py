"""The simulator transport's receiving end: messages by HTTP and whether one is here, AppRec by polling."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, request

from portal.demo.epj.message import read
from portal.demo.standin import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.demo.epj.config import Reply
    from portal.demo.epj.mailbox import Mailbox

_MSG_ID = re.compile(r"[0-9A-Fa-f-]{36}")


def routes(mailbox: Mailbox, reply_for: Callable[[str], Reply]) -> Blueprint:
    """Return `/messages` and `/receipts`; `reply_for` says how a patient number's next message is answered."""
    blueprint = Blueprint("receiver", __name__)

    @blueprint.post("/messages")
    def take() -> tuple[dict[str, Any], int]:
        message = request.get_data()
        try:
            note = read(message)
        except ValueError:
            abort(400)
        if request.mimetype != "application/xml" or request.headers.get("X-Message-Id") != note.msg_id:
            abort(400)
        if not _MSG_ID.fullmatch(note.msg_id):
            abort(400)
        mailbox.take(note, message, reply_for(note.patient_number), now())
        return {"id": note.msg_id}, 202

    @blueprint.get("/messages/<msg_id>")
    def find(msg_id: str) -> dict[str, Any]:
        if msg_id not in mailbox.received:
            abort(404)
        return {"id": msg_id}

    @blueprint.get("/receipts")
    def receipts() -> dict[str, Any]:
        after = request.args.get("after", "")
        due = mailbox.receipts(int(after) if after.isdigit() else 0, now())
        return {"receipts": [{"cursor": str(at), "document": b64encode(answer).decode()} for at, answer in due]}

    return blueprint
