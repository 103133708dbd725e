"""Logs as one JSON object a line on stderr: a message, ids, states and codes; never a request's own values."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """What was passed as `extra` becomes members; exceptions are left out, for their text may quote anything."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        extra = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        return json.dumps(line | extra, ensure_ascii=False, default=str)


def configure() -> None:
    """Send the portal's log lines to stderr; calling it again changes nothing."""
    logger = logging.getLogger("portal")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


def place_of(error: BaseException) -> str:
    """File and line where it broke."""
    where = error.__traceback__
    while where and where.tb_next:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
