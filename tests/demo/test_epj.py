from __future__ import annotations

import time
from base64 import b64decode
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests
from support.notes import NOTE
from werkzeug.serving import make_server

from portal.demo import keys, people, ports, standin_files
from portal.demo.epj.app import Journal
from portal.demo.epj.config import EpjConfig, Reply
from portal.demo.epj.receiver import routes
from portal.demo.standin import PathOnly, flask_app
from portal.domain import apprec, dialogmelding
from portal.domain.context import Patient
from portal.domain.receipt import AppRec, ReceiptStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATE = 0.4  # seconds
SOLVI = people.SOLVI
PATIENT = Patient(SOLVI.number, SOLVI.system, SOLVI.family, SOLVI.given, SOLVI.birth_date)
MESSAGE = dialogmelding.build(replace(NOTE, patient=PATIENT))


class Epj(NamedTuple):
    origin: str
    journal: Journal
    folder: Path

    def post(self, message: bytes, msg_id: str = NOTE.msg_id, mime: str = "application/xml") -> requests.Response:
        headers = {"Content-Type": mime, "X-Message-Id": msg_id}
        return requests.post(f"{self.origin}/messages", data=message, headers=headers, timeout=5)

    def receipts(self, after: str = "") -> list[tuple[str, AppRec]]:
        answer = requests.get(f"{self.origin}/receipts", params={"after": after}, timeout=5).json()
        return [(one["cursor"], apprec.parse(b64decode(one["document"]))) for one in answer["receipts"]]


@pytest.fixture
def epj(tmp_path: Path) -> Iterator[Epj]:
    addresses = ports.ephemeral()
    for name in ("messages", "pdf"):
        (tmp_path / name).mkdir()
    standin_files.write(tmp_path, addresses, keys.fresh(), tmp_path)
    config = EpjConfig.model_validate_json((tmp_path / "epj.json").read_bytes())
    journal = Journal(config.model_copy(update={"late": LATE}))
    app = flask_app("portal.demo.epj.app", "epj-demo")
    app.register_blueprint(routes(journal.mailbox, journal.reply_for))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=PathOnly)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Epj(f"http://127.0.0.1:{server.server_port}", journal, tmp_path)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_message_is_kept_as_it_came_and_acknowledged(epj: Epj) -> None:
    assert epj.post(MESSAGE).json() == {"id": NOTE.msg_id}
    assert (epj.folder / "messages" / f"{NOTE.msg_id}.xml").read_bytes() == MESSAGE
    assert (epj.folder / "pdf" / f"{NOTE.msg_id}.pdf").read_bytes() == NOTE.pdf
    ((_, receipt),) = epj.receipts()
    assert (receipt.status, receipt.original_msg_id) == (ReceiptStatus.OK, NOTE.msg_id)


def test_the_same_message_again_is_one_message_and_one_receipt(epj: Epj) -> None:
    assert [epj.post(MESSAGE).status_code for _ in range(2)] == [202, 202]
    assert len(epj.journal.mailbox.notes_about(SOLVI.number)) == 1
    assert len(epj.receipts()) == 1


def test_whether_a_message_is_here_can_be_asked(epj: Epj) -> None:
    address = f"{epj.origin}/messages/{NOTE.msg_id}"
    assert requests.get(address, timeout=5).status_code == 404
    epj.post(MESSAGE)
    answer = requests.get(address, timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"id": NOTE.msg_id})


def test_receipts_are_read_on_from_a_cursor(epj: Epj) -> None:
    other = "0f0e0d0c-0000-4000-8000-000000000012"
    epj.post(MESSAGE)
    ((cursor, _),) = epj.receipts()
    epj.post(dialogmelding.build(replace(NOTE, patient=PATIENT, msg_id=other)), other)
    assert [receipt.original_msg_id for _, receipt in epj.receipts(cursor)] == [other]


def test_avvist_says_why(epj: Epj) -> None:
    epj.journal.replies[SOLVI.id] = Reply.REJECTED
    epj.post(MESSAGE)
    ((_, receipt),) = epj.receipts()
    assert receipt.status is ReceiptStatus.REJECTED
    assert receipt.errors[0].code == "E35"


def test_a_patient_that_the_journal_does_not_know_is_rejected(epj: Epj) -> None:
    epj.post(dialogmelding.build(NOTE))
    assert epj.receipts()[0][1].status is ReceiptStatus.REJECTED


@pytest.mark.parametrize(("reply", "comes"), [(Reply.LATE, True), (Reply.NEVER, False)])
def test_late_comes_later_and_never_does_not(epj: Epj, reply: Reply, *, comes: bool) -> None:
    epj.journal.replies[SOLVI.id] = reply
    epj.post(MESSAGE)
    assert epj.receipts() == []
    time.sleep(LATE * 2)
    assert bool(epj.receipts()) is comes


@pytest.mark.parametrize(
    ("message", "msg_id", "mime"),
    [
        pytest.param(b"<MsgHead>", NOTE.msg_id, "application/xml", id="not XML"),
        pytest.param(MESSAGE, "another", "application/xml", id="another id"),
        pytest.param(MESSAGE, NOTE.msg_id, "text/plain", id="another type"),
    ],
)
def test_what_is_no_message_is_refused(epj: Epj, message: bytes, msg_id: str, mime: str) -> None:
    assert epj.post(message, msg_id, mime).status_code == 400
    assert epj.journal.mailbox.received == {}
