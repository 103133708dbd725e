"""What taking a document in costs at least: Flask, the body read and its PDF committed, and nothing looked into.

Started by gunicorn as `bare_intake:app`, with the database's address in BARE_DATABASE.
"""

from __future__ import annotations

import os
from base64 import b64decode
from typing import TYPE_CHECKING

from bench.rows import Rows
from flask import Flask, request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

app = Flask(__name__)
rows = Rows(os.environ["BARE_DATABASE"])


@app.put("/api/writeback/<document_id>")
def put(document_id: str) -> ResponseReturnValue:
    rows.put(document_id, b64decode(request.get_json()["pdf"]))
    return {"document_id": document_id}, 202
