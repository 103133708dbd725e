"""facts/security §4.7, the way in: who may put, how often, and how a body must come."""

from __future__ import annotations

import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from support import pdfs
from support.bodies import PDF, document_body
from support.keys import ec
from support.site import HOST, NGINX, site
from support.uploads import desk as open_desk

from portal.domain import dpop
from portal.store import documents
from portal.store.documents import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.uploads import Desk

    from portal.adapters.http import Answer

pytestmark = pytest.mark.hostile

PATH = "/api/writeback/d-1"
MANY = 100


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def desk_on_each(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Once on each kind of database: for what the database itself decides."""
    with open_desk(database_url, tmp_path) as opened:
        yield opened


def challenged(desk: Desk, answer: Answer, status: int, code: str) -> None:
    desk.refused(answer, status, code)
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert desk.stored() == (0, 0)


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_H141_without_the_right_to_put_there_is_a_challenge(desk: Desk, method: str) -> None:
    world, given = desk.world, desk.given
    body = document_body(given["patient"]) if method == "PUT" else None
    nobody = requests.request(method, f"{world.origin}{PATH}", json=body, timeout=20)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"].split()[0]) == (401, "DPoP")
    desk.lines.forget()
    for token in ("x" * 43, given["access_token"]):
        answer = world.as_target(method, PATH, token, body)
        challenged(desk, answer, *((403, "insufficient_scope") if answer.status == 403 else (401, "invalid_token")))
    thief = world.call(method, PATH, given["writeback_token"], body, key=ec("thief").private)
    challenged(desk, thief, 401, thief.json()["code"])
    unbound = world.call(method, PATH, given["writeback_token"], body, scheme="Bearer")
    challenged(desk, unbound, 401, unbound.json()["code"])
    world.clock.ahead += timedelta(hours=24, seconds=1)
    challenged(desk, world.as_target(method, PATH, given["writeback_token"], body), 401, "invalid_token")


def test_H143_the_same_again_is_the_same_and_one_row(desk: Desk) -> None:
    answers = [desk.put(PDF, "d-1") for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 200, 200]
    assert len({json.dumps(answer.json()) for answer in answers}) == 1
    assert desk.stored() == (1, 1)


def test_H143_the_same_answers_again_are_the_same_another_day(desk: Desk) -> None:
    first = desk.put_fields("d-1")
    kept = desk.pdf_of("d-1")
    desk.world.clock.ahead += timedelta(hours=20)
    again = desk.put_fields("d-1")
    assert (first.status, again.status, again.json()) == (202, 200, first.json())
    assert desk.pdf_of("d-1") == kept
    for change in ({"reference": "another"}, {"fields": [{"label": "Årsak", "value": "En annen"}]}):
        assert desk.put_fields("d-1", **change).json()["code"] == "document_conflict"
    assert desk.put(PDF, "d-1").json()["code"] == "document_conflict"


def test_H145_of_a_hundred_at_once_one_is_stored(desk_on_each: Desk) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda _: desk_on_each.put(PDF, "d-1"), range(MANY)))
    assert sorted(answer.status for answer in answers) == [200] * (MANY - 1) + [202]
    assert len({answer.json()["msg_id"] for answer in answers}) == 1
    assert desk_on_each.stored() == (1, 1)


def test_H147_a_body_in_chunks_is_refused(desk: Desk) -> None:
    raw = json.dumps(document_body(desk.given["patient"])).encode()
    answer = desk.world.call_raw("PUT", PATH, desk.given["writeback_token"], raw, chunked=True)
    assert (answer.status, answer.json()["code"]) == (411, "length_required")
    assert desk.stored() == (0, 0)


def test_H151_a_digest_of_other_bytes_is_refused(desk: Desk) -> None:
    for digest in ("0" * 64, "f" * 64):
        desk.refused(desk.put(PDF, pdf_sha256=digest), 400, "pdf_digest_mismatch")
    # Bytes that were lost on the way are told as that, whatever they look like.
    whole = document_body(desk.given["patient"])
    desk.refused(desk.put(PDF[:-20], pdf_sha256=whole["pdf_sha256"]), 400, "pdf_digest_mismatch")
    assert desk.stored() == (0, 0)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/pdf", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""],
)
def test_H153_another_content_type_is_refused(desk: Desk, kind: str) -> None:
    body, headers = document_body(desk.given["patient"]), {"Content-Type": kind}
    key = ec("demo-melding").private
    answer = desk.world.call("PUT", PATH, desk.given["writeback_token"], body, key=key, **headers)
    desk.refused(answer, 415, "unsupported_media_type")
    assert desk.stored() == (0, 0)


def test_H179_another_client_s_document_is_not_seen(desk: Desk) -> None:
    world = desk.world
    assert desk.put(PDF, "d-1").status == 202
    with world.database.write() as session:
        portal = world.app.extensions["portal"]
        row = session.connection().exec_driver_sql("SELECT id, launch_id FROM document").one()
        theirs = documents.load(session, portal.vault, row.id)
        assert isinstance(theirs, Document)
        theirs = replace(theirs, id="theirs", client_id="demo-annen", document_id="d-2")
        assert documents.accept(session, portal.vault, theirs, delivery_id="x", msg_id="m", epj_id="epj")
    for unknown in ("d-2", "d-3"):
        desk.refused(world.state_of(desk.given, unknown), 404, "document_unknown")
    desk.refused(desk.put(PDF, corrects="d-2"), 422, "corrects_unknown")
    assert desk.put(pdfs.pages(2), "d-2").status == 202


def _sent_and_gone(desk: Desk, body: bytes, length: int) -> None:
    """Send a request, and hang up without having heard an answer."""
    where, token = urlsplit(desk.world.origin), desk.given["writeback_token"]
    url, now = f"{desk.world.origin}{PATH}", desk.world.clock()
    proof = dpop.make_proof(ec("demo-melding").private, "PUT", url, now, f"{time.time_ns()}", access_token=token)
    connection = HTTPConnection(where.hostname or "", where.port)
    connection.putrequest("PUT", PATH)
    sent: dict[str, Any] = {"Authorization": f"DPoP {token}", "DPoP": proof, "Content-Type": "application/json"}
    for name, value in (sent | {"Content-Length": str(length)}).items():
        connection.putheader(name, value)
    connection.endheaders(body)
    connection.close()


def _wait_until_stored(desk: Desk) -> None:
    until = time.monotonic() + 10
    while desk.stored() != (1, 1):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_H181_a_client_that_is_gone_after_it_has_sent_has_sent_once(desk: Desk) -> None:
    raw = json.dumps(document_body(desk.given["patient"])).encode()
    _sent_and_gone(desk, raw, len(raw))
    _wait_until_stored(desk)
    state = desk.world.state_of(desk.given)
    again = desk.put(PDF, "d-1")
    assert (again.status, again.json()["msg_id"]) == (200, state.json()["msg_id"])
    assert desk.stored() == (1, 1)


def test_H149_a_body_that_is_cut_off_is_not_stored(desk: Desk) -> None:
    raw = json.dumps(document_body(desk.given["patient"])).encode()
    _sent_and_gone(desk, raw[:-100], len(raw))
    desk.lines.forget()
    assert desk.put(PDF, "d-2").status == 202
    assert desk.stored() == (1, 1)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_H149_a_body_that_stops_coming_is_hung_up_on_and_nobody_waits_for_it(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path, sqlite_url) as running, ExitStack() as slow:
        port, trust = running.listening["internett"], ssl.create_default_context(cafile=tmp_path / "ca.pem")
        silent = [HTTPSConnection("127.0.0.1", port, context=trust, timeout=40) for _ in range(40)]
        for connection in silent:
            slow.callback(connection.close)
            connection.putrequest("PUT", PATH, skip_host=True)
            for name, value in (("Host", HOST), ("Content-Type", "application/json"), ("Content-Length", "100000")):
                connection.putheader(name, value)
            connection.endheaders(b'{"patient": ')
        for _ in range(10):
            begun = time.monotonic()
            assert running.request("GET", "internett", "/health/live").status_code == 200
            assert time.monotonic() - begun < 1
        assert all(map(_is_hung_up_on, silent))


def _is_hung_up_on(connection: HTTPSConnection) -> bool:
    sock = connection.sock
    assert isinstance(sock, socket.socket)
    said = sock.recv(4096)
    return said == b"" or said.startswith(b"HTTP/1.1 408")
