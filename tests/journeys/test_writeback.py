"""Path 4, in: a document is taken in whole, once, for the right patient, or refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import PDF, document_body, with_pdf
from support.helseid import ANNA
from support.staging import living

from portal.store import audit

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser, Page


def test_a_document_for_another_patient_is_a_near_miss(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    answer = world.put(given, patient="0" * 64)
    assert (answer.status, answer.json()["code"]) == (403, "other_patient")
    with world.database.read() as session:
        outcomes = [row["outcome"] for row in audit.export(session)]
        assert "near_miss_other_patient" in outcomes
        assert session.connection().exec_driver_sql("SELECT count(*) FROM document").scalar() == 0


def test_what_no_valid_message_could_be_made_of_is_refused_at_once(database_url: str, tmp_path: Path) -> None:
    with living(database_url, tmp_path, sender_name=" ") as world:
        browser = world.browser()
        answer = world.put(world.launch(browser, world.open_patient(browser, ANNA)))
    assert (answer.status, answer.json()["code"]) == (422, "not_deliverable")
    assert "sender.name" in answer.json()["detail"]


def test_the_same_bytes_get_the_same_answer_and_other_bytes_a_conflict(
    world: World, anna: tuple[Browser, Page]
) -> None:
    given = world.launch(*anna)
    first, again = world.put(given), world.put(given)
    assert (first.status, again.status) == (202, 200)
    assert first.json() == again.json()
    changed = world.put(given, **with_pdf(PDF + b"\n"))
    assert (changed.status, changed.json()["code"]) == (409, "document_conflict")


def test_of_many_puts_at_once_one_is_stored(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: world.put(given).status, range(8)))
    assert answers == [200] * 7 + [202]
    with world.database.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM delivery").scalar() == 1


def test_a_correction_names_a_document_of_the_same_patient(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    assert world.put(given, "d-2", corrects="d-1").json()["code"] == "corrects_unknown"
    world.put(given, "d-1")
    assert world.put(given, "d-2", corrects="d-1").status == 202


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"pdf": "***"}, 422, "not_a_pdf"),
        (with_pdf(b"MZ not a pdf"), 422, "not_a_pdf"),
        (with_pdf(b"%PDF-"), 422, "not_a_pdf"),
        ({"pdf_sha256": "0" * 64}, 400, "pdf_digest_mismatch"),
        ({"text": ""}, 422, "invalid_body"),
        ({"text": "x" * 501}, 422, "invalid_body"),
        ({"text": "a\u0000b"}, 422, "invalid_body"),
        ({"title": "two\nlines"}, 422, "invalid_body"),
        ({"unasked": 1}, 422, "invalid_body"),
        ({"title": "日本語"}, 422, "text_not_allowed"),
        ({"text": "日本語"}, 422, "text_not_allowed"),
    ],
)
def test_a_wrong_document_is_refused_and_nothing_is_queued(
    world: World, anna: tuple[Browser, Page], changes: dict[str, Any], status: int, code: str
) -> None:
    answer = world.put(world.launch(*anna), **changes)
    assert (answer.status, answer.json()["code"]) == (status, code)
    with world.database.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM delivery").scalar() == 0


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"a": NaN}', 400, "malformed_json"),
        (b'{"a": 1, "a": 2}', 400, "malformed_json"),
        ('{"a": 1}'.encode("utf-16"), 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b"", 400, "malformed_json"),
    ],
)
def test_what_is_not_our_json_is_refused(
    world: World, anna: tuple[Browser, Page], raw: bytes, status: int, code: str
) -> None:
    answer = world.call_raw("PUT", "/api/writeback/d-1", world.launch(*anna)["writeback_token"], raw)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_a_chunked_body_is_refused(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    raw = json.dumps(document_body(given["patient"])).encode()
    answer = world.call_raw("PUT", "/api/writeback/d-1", given["writeback_token"], raw, chunked=True)
    assert (answer.status, answer.json()["code"]) == (411, "length_required")


def test_a_grant_outlives_session_and_context_but_not_its_own_day(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    world.clock.ahead += timedelta(hours=11)
    assert world.put(given, "d-1").status == 202
    world.clock.ahead += timedelta(hours=14)
    assert world.put(given, "d-2").status == 401


def test_without_an_address_for_messages_there_is_no_grant(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    listed = world.start(browser, world.open_session(world.epj_token(ANNA), reply_to=None))
    assert "writeback_token" not in world.launch(browser, listed)
    confirm = browser.open(f"{listed.url}open/demo-melding")
    assert "Last ned PDF-en" in confirm.text


def test_another_clients_document_is_not_seen(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    assert world.state_of(given).status == 404
