"""What a message service can do wrong, to order."""

from __future__ import annotations

import json
import socket
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from flask import Response, request

if TYPE_CHECKING:
    from collections.abc import Callable

    Fault = Callable[[Callable[[], Response]], Response]


class Faults:
    """Faults by operation (`POST /messages`, ids as `{id}`), each for one call, in the order they were ordered."""

    def __init__(self) -> None:
        self._ordered: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def order(self, operation: str, *faults: Fault) -> None:
        self._ordered[operation.lower()].extend(faults)

    def next(self, operation: str) -> Fault | None:
        waiting = self._ordered[operation.lower()]
        return waiting.popleft() if waiting else None


def status(number: int, code: int = 0) -> Fault:
    """Refuse, in the words of the version that was asked."""
    return lambda _: problem(number, code)


def says(body: bytes | Any, number: int = 200) -> Fault:
    """Answer with this instead, and do nothing."""
    return lambda _: Response(body, number, content_type="application/json")


def slow(seconds: float) -> Fault:
    """Do it, but answer when nobody waits for it any more."""

    def late(handle: Callable[[], Response]) -> Response:
        answer = handle()
        time.sleep(seconds)
        return answer

    return late


def lost(handle: Callable[[], Response]) -> Response:
    """Do it, and lose the answer with the connection."""
    answer = handle()
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return answer


def problem(number: int, code: int = 0) -> Response:
    """An error as version 3 (problem+json) or version 2 (ErrorMessage) has it; the texts are not for logs."""
    if request.headers.get("api-version") == "2":
        said: dict[str, Any] = {"error": "hemmelig", "errorCode": code, "validationErrors": None, "requestId": "r-1"}
        return _json(said, number, "application/json")
    said = {"type": "about:blank", "title": "hemmelig", "status": number, "detail": "hemmelig", "errorCode": code}
    return _json(said | {"requestId": "r-1", "timestamp": "2026-11-20T12:00:00Z"}, number, "application/problem+json")


def _json(said: dict[str, Any], number: int, kind: str) -> Response:
    return Response(json.dumps(said), number, content_type=kind)
