from __future__ import annotations

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from support.notes import NOTE
from support.staging import settings_for

from portal.adapters.http import Egress
from portal.adapters.transport.contract import Handed, Parcel
from portal.adapters.transport.simulator import Simulator
from portal.adapters.transport.ways import transports
from portal.demo import apprec
from portal.domain.dialogmelding import build
from portal.domain.news import Receipted, Unread
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.adapters.transport.message_service import MessageService

MESSAGE = b"<MsgHead/>" * 1000
MSG_ID = NOTE.msg_id


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
    assert simulator.send(Parcel(journal.address, NOTE, MESSAGE)) == Handed("j-1")

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
        simulator.send(Parcel(journal.address, NOTE, MESSAGE))

    assert (refused.value.code, refused.value.retryable) == ("upstream_refused", retryable)
    assert refused.value.detail == f"status {status}"
    assert len(journal.seen) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"id": 1}, {"id": ""}, {"id": "x" * 201}, "hemmelig"])
def test_a_malformed_acceptance_is_no_acceptance(journal: Journal, simulator: Simulator, body: object) -> None:
    journal.answers(202, body)

    with pytest.raises(UpstreamError) as malformed:
        simulator.send(Parcel(journal.address, NOTE, MESSAGE))

    assert (malformed.value.code, malformed.value.retryable) == ("upstream_malformed", True)
    assert "hemmelig" not in str(malformed.value)


def test_a_server_that_is_down_may_come_back() -> None:
    with Journal() as gone:
        address, origin = gone.address, gone.origin

    with pytest.raises(UpstreamError) as unreachable:
        Simulator(Egress({origin})).send(Parcel(address, NOTE, MESSAGE))

    assert (unreachable.value.code, unreachable.value.retryable) == ("upstream_unreachable", True)


@pytest.mark.parametrize(("status", "body", "found"), [(404, {}, None), (200, {"id": "j-1"}, Handed("j-1"))])
def test_a_message_is_asked_for_by_its_msg_id(
    journal: Journal, simulator: Simulator, status: int, body: object, found: Handed | None
) -> None:
    journal.answers(status, body)

    assert simulator.find(Parcel(journal.address, NOTE, MESSAGE)) == found
    assert journal.seen[0][:2] == ("GET", f"/edi/messages/{MSG_ID}")


@pytest.mark.parametrize("status", [202, 403, 500])
def test_no_clear_answer_is_not_taken_for_no_message(journal: Journal, simulator: Simulator, status: int) -> None:
    journal.answers(status, {"id": "j-1"})

    with pytest.raises(UpstreamError, match="upstream_refused"):
        simulator.find(Parcel(journal.address, NOTE, MESSAGE))


def test_receipts_come_in_order_with_the_last_cursor(journal: Journal, simulator: Simulator) -> None:
    documents = [_receipt("1"), b"<AppRec>\xff</AppRec>"]
    receipts = [{"cursor": str(n), "document": b64encode(doc).decode()} for n, doc in enumerate(documents, start=7)]
    journal.answers(200, {"receipts": receipts})

    (receipted, unread), cursor = simulator.news(journal.address, "6&x=/æ")

    assert isinstance(receipted, Receipted)
    assert (receipted.apprec.status, receipted.reference) == ("1", None)
    assert (unread, cursor) == (Unread(documents[1], "not well-formed"), "8")
    assert journal.seen[0][:2] == ("GET", "/edi/receipts?after=6%26x%3D%2F%C3%A6")


def test_no_receipts_leave_the_cursor(journal: Journal, simulator: Simulator) -> None:
    journal.answers(200, {"receipts": []})

    assert simulator.news(journal.address, "6") == ([], "6")


def test_one_unreadable_receipt_does_not_block_the_rest(journal: Journal, simulator: Simulator) -> None:
    good = b64encode(_receipt("2")).decode()
    journal.answers(200, {"receipts": [{"cursor": "1", "document": "***"}, {"cursor": "2", "document": good}]})

    (unread, receipted), cursor = simulator.news(journal.address, "")

    assert unread == Unread(b"***", "not well-formed")
    assert isinstance(receipted, Receipted)
    assert cursor == "2"


def _receipt(status: str) -> bytes:
    return apprec.build(build(NOTE), status=status, errors=(), apprec_id="a-1", generated_at=NOTE.generated_at)


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
        simulator.news(journal.address, "")


def test_transports_are_made_by_name_and_no_other_is(journal: Journal, tmp_path: Path) -> None:
    settings = settings_for(journal.origin, journal.origin, "sqlite://", tmp_path, {})

    made = transports(settings, Egress({journal.origin}), _no_service)

    assert made.keys() == {"simulator"}
    assert made["simulator"].send(Parcel(journal.address, NOTE, MESSAGE)) == Handed("j-1")


def _no_service() -> MessageService:
    raise AssertionError("nobody asked for NHN's message service")
