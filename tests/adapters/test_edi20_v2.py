"""NHN's message service, version 2: held to NHN's own description, and read at least once."""

from __future__ import annotations

import secrets
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from support import message_service_faults as faults
from support.chance import N, tried
from support.keys import ec
from support.message_service import US
from support.msh_openapi import breaches, description, in_answer
from support.notes import NOTE
from support.standards import needs_standards
from support.transports import edi20

from portal.adapters.transport.contract import Handed, Parcel
from portal.demo import apprec
from portal.domain import dialogmelding, dpop
from portal.domain.news import Receipted, Unread
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.transports import MessageServiceHarness

    from portal.domain.news import News

READ = "PUT /Messages/{id}/read/{herId}"
DIALOGUE = dialogmelding.build(replace(NOTE, msg_id=str(uuid4())))
OURS = ("POST /Messages", "GET /Messages", "GET /Messages/{id}/business-document", READ)


@pytest.fixture
def nhn() -> Iterator[MessageServiceHarness]:
    with edi20("2") as harness:
        yield harness


def parcel(nhn: MessageServiceHarness) -> Parcel:
    return Parcel(nhn.address, NOTE, dialogmelding.build(NOTE))


def read(nhn: MessageServiceHarness, cursor: str = "") -> tuple[list[News], str]:
    return nhn.transport.news(nhn.address, cursor)


def asked(nhn: MessageServiceHarness, operation: str) -> int:
    return [seen.operation for seen in nhn.service.seen].count(operation)


def test_a_message_is_posted_as_version_2_wants_it(nhn: MessageServiceHarness) -> None:
    handed = nhn.transport.send(parcel(nhn))
    (posted,) = nhn.service.seen
    assert (posted.operation, posted.headers["api-version"]) == ("POST /Messages", "2")
    assert b64decode(posted.body["businessDocument"]) == parcel(nhn).message
    assert posted.body["receiverHerIdsSubset"] == [99000102]
    assert handed == Handed(posted.answer)


@needs_standards
def test_all_that_is_asked_and_answered_is_as_nhn_describes_it(nhn: MessageServiceHarness) -> None:
    nhn.transport.send(parcel(nhn))
    nhn.service.reply("2", ("E21", "Mottaker finnes ikke"), version="2")
    nhn.service.take(99000102, US, DIALOGUE)
    for operation in OURS:
        nhn.service.faults.order(operation, faults.status(403, 1202))
    with pytest.raises(UpstreamError):
        nhn.transport.send(parcel(nhn))
    with pytest.raises(UpstreamError):
        read(nhn)
    _, cursor = read(nhn)
    read(nhn, cursor)
    assert {seen.operation for seen in nhn.service.seen} == set(OURS)
    assert [breaches(seen) for seen in nhn.service.seen if breaches(seen)] == []


@needs_standards
@pytest.mark.parametrize(
    ("changes", "breach"),
    [
        ({"body": {"businessDocument": "x", "contentType": "application/xml"}}, "contentTransferEncoding"),
        ({"body": {"senderHerId": 1}}, "senderHerId"),
        ({"headers": {"content-type": "application/json"}}, "api-version is missing"),
        ({"query": {"x": ["1"]}}, "x is not described"),
        ({"status": 202}, "status 202"),
        ({"answer": "no guid"}, "uuid"),
    ],
)
def test_what_is_not_as_described_is_seen(nhn: MessageServiceHarness, changes: dict[str, Any], breach: str) -> None:
    nhn.transport.send(parcel(nhn))
    assert breach in str(breaches(nhn.service.seen[0]._replace(**changes)))


@pytest.mark.parametrize(
    ("fault", "detail", "retryable"),
    [
        (faults.status(400, 1000), "status 400, 1000", False),
        (faults.status(403), "status 403", False),
        (faults.status(500), "status 500", True),
        (faults.status(401), "status 401", True),
        (faults.says(b'"no guid"', 201), "_Accepted", True),
    ],
)
def test_a_refusal_is_told_by_status_and_code_alone(
    nhn: MessageServiceHarness, fault: faults.Fault, detail: str, *, retryable: bool
) -> None:
    nhn.service.faults.order("POST /Messages", fault)
    with pytest.raises(UpstreamError) as refused:
        nhn.transport.send(parcel(nhn))
    assert (refused.value.detail, refused.value.retryable) == (detail, retryable)


def test_what_was_read_is_marked_once_it_is_remembered_and_not_before(nhn: MessageServiceHarness) -> None:
    nhn.transport.send(parcel(nhn))
    nhn.service.reply("1", version="2")
    first, cursor = read(nhn)
    assert read(nhn) == (first, cursor)
    assert asked(nhn, READ) == 0
    assert read(nhn, cursor) == ([], cursor)
    assert read(nhn, cursor) == ([], cursor)
    assert asked(nhn, READ) == 1


def test_a_crash_before_it_is_marked_has_it_fetched_again_and_marked_then(nhn: MessageServiceHarness) -> None:
    nhn.transport.send(parcel(nhn))
    nhn.service.reply("1", version="2")
    first, cursor = read(nhn)
    nhn.restart()
    assert read(nhn, cursor) == (first, cursor)
    assert read(nhn, cursor) == ([], cursor)


def test_what_is_no_receipt_is_left_to_a_person(nhn: MessageServiceHarness) -> None:
    nhn.service.take(99000102, US, DIALOGUE)
    (told,), _ = read(nhn)
    assert told == Unread(DIALOGUE, "unexpected message")


def test_a_receipt_that_cannot_be_read_says_why(nhn: MessageServiceHarness) -> None:
    made = apprec.build(DIALOGUE, status="1", errors=(), apprec_id="a-1", generated_at=nhn.clock())
    broken = made.replace(b'V="1"', b'V="9"')
    nhn.service.take(99000102, US, broken)
    (told,), _ = read(nhn)
    assert told == Unread(broken, "Status")


def test_a_document_that_cannot_be_fetched_blocks_none_behind_it(nhn: MessageServiceHarness) -> None:
    nhn.transport.send(parcel(nhn))
    nhn.service.take(99000102, US, DIALOGUE)
    nhn.service.reply("1", version="2")
    nhn.service.faults.order("GET /Messages/{id}/business-document", faults.status(404, 1010))
    unread, receipt = read(nhn)[0]
    assert isinstance(unread, Unread)
    assert isinstance(receipt, Receipted)


def test_a_mark_that_is_refused_keeps_no_other_from_being_made(nhn: MessageServiceHarness) -> None:
    for _ in range(3):
        nhn.service.take(99000102, US, DIALOGUE)
    _, cursor = read(nhn)
    nhn.service.faults.order(READ, faults.status(404), faults.status(500))
    with pytest.raises(UpstreamError):
        read(nhn, cursor)
    read(nhn, cursor)
    assert [message.unread for message in nhn.service.messages.values()] == [True, False, False]


@needs_standards
def test_the_stand_in_answers_anything_as_nhn_describes_it(nhn: MessageServiceHarness) -> None:
    schema = schemathesis.openapi.from_dict(description())

    def call(case: Any) -> None:
        url = case.as_transport_kwargs(base_url=nhn.address)["url"]
        key = ec("portal").private
        token = nhn.token(dpop.thumbprint(key))
        proof = dpop.make_proof(key, case.method, url, nhn.clock(), secrets.token_hex(), access_token=token)
        case.headers.update({"Authorization": f"DPoP {token}", "DPoP": proof, "api-version": "2"})
        case.call(base_url=nhn.address)

    for operation in OURS:
        method, _, path = operation.partition(" ")
        strategy = schema[path][method].as_strategy()
        settled = settings(tried(max(N // 30, 5)), suppress_health_check=list(HealthCheck))
        seed(20261120)(settled(given(case=strategy)(call)))()
    assert {seen.operation for seen in nhn.service.seen} == set(OURS)
    assert [found for seen in nhn.service.seen if (found := in_answer(seen))] == []
