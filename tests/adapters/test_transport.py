from __future__ import annotations

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from portal.adapters.http import Egress
from portal.adapters.transport import Simulator, transports
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGE = b"<MsgHead/>" * 1000
MSG_ID = "0f0e0d0c-0000-4000-8000-000000000011"


class Journal(ThreadingHTTPServer):
    """Answers everything with `status` and `body`, and keeps what it was sent."""

    status = 202
    body = b'{"id": "j-1"}'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def address(self) -> str:
        return f"{self.origin}/edi"

    def answers(self, status: int, body: object) -> None:
        self.status, self.body = status, json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Journal

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        self._answer(b"")

    def _answer(self, sent: bytes) -> None:
        self.server.seen.append((self.command, self.path, dict(self.headers), sent))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def journal() -> Iterator[Journal]:
    with Journal() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def simulator(journal: Journal) -> Simulator:
    return Simulator(Egress({journal.origin}))


def test_a_message_is_posted_as_it_is(journal: Journal, simulator: Simulator) -> None:
    assert simulator.send(journal.address, MSG_ID, MESSAGE) == "j-1"

    [(method, path, headers, body)] = journal.seen
    assert (method, path, body) == ("POST", "/edi/messages", MESSAGE)
    assert (headers["Content-Type"], headers["X-Message-Id"]) == ("application/xml", MSG_ID)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        *((status, False) for status in (400, 401, 403, 404, 409, 413, 422, 423)),
        *((status, True) for status in (408, 425, 429, 500, 502, 503, 504, 200, 302)),
    ],
)
def test_a_refusal_says_whether_time_may_heal_it(
    journal: Journal, simulator: Simulator, status: int, *, retryable: bool
) -> None:
    journal.answers(status, {"id": "hemmelig"})

    with pytest.raises(UpstreamError) as refused:
        simulator.send(journal.address, MSG_ID, MESSAGE)

    assert (refused.value.code, refused.value.retryable) == ("upstream_refused", retryable)
    assert refused.value.detail == f"status {status}"
    assert len(journal.seen) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"id": 1}, {"id": ""}, {"id": "x" * 201}, "hemmelig"])
def test_a_malformed_acceptance_is_no_acceptance(journal: Journal, simulator: Simulator, body: object) -> None:
    journal.answers(202, body)

    with pytest.raises(UpstreamError) as malformed:
        simulator.send(journal.address, MSG_ID, MESSAGE)

    assert (malformed.value.code, malformed.value.retryable) == ("upstream_malformed", True)
    assert "hemmelig" not in str(malformed.value)


def test_a_server_that_is_down_may_come_back() -> None:
    with Journal() as gone:
        address, origin = gone.address, gone.origin

    with pytest.raises(UpstreamError) as unreachable:
        Simulator(Egress({origin})).send(address, MSG_ID, MESSAGE)

    assert (unreachable.value.code, unreachable.value.retryable) == ("upstream_unreachable", True)


def test_receipts_come_in_order_with_the_last_cursor(journal: Journal, simulator: Simulator) -> None:
    documents = [b"<AppRec>1</AppRec>", b"<AppRec>\xff</AppRec>"]
    receipts = [{"cursor": str(n), "document": b64encode(doc).decode()} for n, doc in enumerate(documents, start=7)]
    journal.answers(200, {"receipts": receipts})

    assert simulator.receipts(journal.address, "6&x=/æ") == (documents, "8")
    assert journal.seen[0][:2] == ("GET", "/edi/receipts?after=6%26x%3D%2F%C3%A6")


def test_no_receipts_leave_the_cursor(journal: Journal, simulator: Simulator) -> None:
    journal.answers(200, {"receipts": []})

    assert simulator.receipts(journal.address, "6") == ([], "6")


def test_one_unreadable_receipt_does_not_block_the_rest(journal: Journal, simulator: Simulator) -> None:
    good = b64encode(b"<AppRec/>").decode()
    journal.answers(200, {"receipts": [{"cursor": "1", "document": "***"}, {"cursor": "2", "document": good}]})

    assert simulator.receipts(journal.address, "") == ([b"***", b"<AppRec/>"], "2")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"receipts": {}},
        {"receipts": [{"cursor": "1"}]},
        {"receipts": [{"cursor": 1, "document": ""}]},
        {"receipts": [{"cursor": "", "document": ""}]},
        {"receipts": [{"cursor": "1" * 101, "document": ""}]},
    ],
)
def test_a_malformed_list_of_receipts_is_refused(journal: Journal, simulator: Simulator, body: object) -> None:
    journal.answers(200, body)

    with pytest.raises(UpstreamError, match="upstream_malformed"):
        simulator.receipts(journal.address, "")


def test_transports_are_made_by_name(journal: Journal) -> None:
    made = transports(["simulator"], Egress({journal.origin}))

    assert made.keys() == {"simulator"}
    assert made["simulator"].send(journal.address, MSG_ID, MESSAGE) == "j-1"


def test_an_unknown_transport_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"unknown transport: amqp, smtp"):
        transports(["simulator", "smtp", "amqp"], Egress(()))
