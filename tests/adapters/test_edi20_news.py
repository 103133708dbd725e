"""What NHN's message service, version 3, tells of: all of it, at least once, and nothing that blocks the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from support import message_service_faults as faults
from support.message_service import US
from support.notes import NOTE
from support.transports import edi20

from portal.adapters.transport.contract import Parcel
from portal.demo import apprec
from portal.domain import dialogmelding
from portal.domain.news import Receipted, Transported, Unread, Verdict
from portal.domain.receipt import ReceiptError, ReceiptStatus
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.transports import MessageServiceHarness

    from portal.domain.news import News

OTHER = str(uuid4())
DIALOGUE = dialogmelding.build(replace(NOTE, msg_id=str(uuid4())))


@pytest.fixture
def nhn() -> Iterator[MessageServiceHarness]:
    with edi20() as harness:
        yield harness


def send(nhn: MessageServiceHarness, msg_id: str = NOTE.msg_id) -> str:
    note = replace(NOTE, msg_id=msg_id)
    return nhn.transport.send(Parcel(nhn.address, note, dialogmelding.build(note))).reference


def read(nhn: MessageServiceHarness, cursor: str = "") -> tuple[list[News], str]:
    return nhn.transport.news(nhn.address, cursor)


def asked(nhn: MessageServiceHarness, operation: str) -> int:
    return [seen.operation for seen in nhn.service.seen].count(operation)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("Acknowledged", Verdict.ACKNOWLEDGED), ("Rejected", Verdict.REJECTED), ("Abandoned", Verdict.ABANDONED)],
)
def test_a_verdict_of_the_service_is_told(nhn: MessageServiceHarness, state: str, verdict: Verdict) -> None:
    reference = send(nhn)
    nhn.service.transport(state)
    assert read(nhn)[0] == [Transported(reference, verdict, msg_id=NOTE.msg_id)]


@pytest.mark.parametrize("state", ["Unconfirmed", "SomethingNew"])
def test_no_verdict_is_no_news_and_the_cursor_moves(nhn: MessageServiceHarness, state: str) -> None:
    send(nhn)
    nhn.service.transport(state)
    assert read(nhn) == ([], "14")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        *(("Ok", ReceiptStatus.OK), ("1", ReceiptStatus.OK), (1, ReceiptStatus.OK)),
        *(("Rejected", ReceiptStatus.REJECTED), ("2", ReceiptStatus.REJECTED), (2, ReceiptStatus.REJECTED)),
        *(("OkErrorInMessagePart", ReceiptStatus.OK_WITH_ERRORS), ("3", ReceiptStatus.OK_WITH_ERRORS)),
    ],
)
def test_a_receipt_has_its_status_by_name_or_number(
    nhn: MessageServiceHarness, said: Any, status: ReceiptStatus
) -> None:
    send(nhn)
    nhn.service.reply("1", status_as=said)
    (told,) = read(nhn)[0]
    assert isinstance(told, Receipted)
    assert told.apprec.status is status


def test_a_receipt_answers_its_msgid_is_its_receivers_and_from_when_the_service_told_of_it(
    nhn: MessageServiceHarness,
) -> None:
    reference = send(nhn)
    nhn.service.transport("Acknowledged")
    nhn.service.reply("2", ("E21", "Mottaker finnes ikke"), ("<script>", "ukjent"))
    nhn.service.notifications[-1]["createdAt"] = "2026-05-08T08:32:15.310Z"
    _, (told) = read(nhn, "14")[0]
    assert isinstance(told, Receipted)
    assert told.apprec.original_msg_id == NOTE.msg_id
    assert told.reference == reference
    assert told.apprec.sender_her_ids == {"99000102"}
    assert told.apprec.errors == (ReceiptError("E21", "Mottaker finnes ikke"), ReceiptError("", "ukjent"))
    assert told.apprec.generated_at.isoformat() == "2026-05-08T08:32:15.310000+00:00"


def test_where_the_msgid_is_not_told_the_services_reference_remains(nhn: MessageServiceHarness) -> None:
    nhn.service.tells_msg_id = False
    reference = send(nhn)
    nhn.service.reply("1")
    (told,) = read(nhn)[0]
    assert isinstance(told, Receipted)
    assert (told.reference, told.apprec.original_msg_id) == (reference, "")


def test_a_message_is_asked_for_once_however_often_it_is_told_of(nhn: MessageServiceHarness) -> None:
    send(nhn)
    for _ in range(4):
        nhn.service.transport("Acknowledged")
    news, _ = read(nhn)
    assert len(news) == 1
    assert asked(nhn, "GET /messages/{id}/status") == 1


def test_what_is_delivered_again_moves_nothing_back(nhn: MessageServiceHarness) -> None:
    send(nhn)
    nhn.service.transport("Acknowledged")
    _, cursor = read(nhn)
    nhn.service.redelivers = True
    assert read(nhn, cursor) == ([], cursor)
    nhn.service.reply("1")
    news, after = read(nhn, cursor)
    assert (len(news), int(after) > int(cursor)) == (2, True)


def test_a_receipt_that_contradicts_another_is_told_as_well(nhn: MessageServiceHarness) -> None:
    send(nhn)
    nhn.service.reply("1")
    _, cursor = read(nhn)
    nhn.service.reply("2", ("X99", "Annen feil"))
    (told,) = read(nhn, cursor)[0]
    assert isinstance(told, Receipted)
    assert told.apprec.status is ReceiptStatus.REJECTED


def test_many_are_read_a_hundred_at_a_time(nhn: MessageServiceHarness) -> None:
    send(nhn)
    for _ in range(249):
        nhn.service.transport("Unconfirmed")
    cursors, cursor = [], ""
    while (moved := read(nhn, cursor)[1]) != cursor:
        cursors.append(cursor := moved)
    assert cursors == ["700", "1400", "1750"]


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (faults.status(404, 1010), "upstream_refused: status 404, 1010"),
        (faults.status(403, 1200), "upstream_refused: status 403, 1200"),
        (faults.says(b"<html>"), "upstream_malformed: the body is not JSON"),
        (faults.says(b'{"statusList": [{"receiverHerId": "x"}]}'), "upstream_malformed: Status"),
        (faults.says(b'{"statusList": [{"receiverHerId": 1, "transportDeliveryState": "Acknowledged",'
                     b'"apprecInfo": {"appRecStatus": "4"}}]}'), "upstream_malformed: Status"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_left_to_a_person_and_blocks_none(
    nhn: MessageServiceHarness, fault: faults.Fault, rule: str
) -> None:
    send(nhn)
    second = send(nhn, OTHER)
    nhn.service.transport("Acknowledged")
    nhn.service.faults.order("GET /messages/{id}/status", fault)
    news, cursor = read(nhn)
    unread = news[0]
    assert isinstance(unread, Unread)
    assert unread.rule == rule
    assert nhn.service.sent[0].id.encode() in unread.document
    assert Transported(second, Verdict.ACKNOWLEDGED, msg_id=OTHER) in news
    assert cursor == "28"


@pytest.mark.parametrize(
    "changes", [{"type": None}, {"relatedMessageId": "../../mshconfigurations"}, {"createdAt": "yesterday"}]
)
def test_a_notification_that_makes_no_sense_is_left_to_a_person(
    nhn: MessageServiceHarness, changes: dict[str, Any]
) -> None:
    send(nhn)
    nhn.service.notifications[-1].update(changes)
    (unread,), cursor = read(nhn)
    assert isinstance(unread, Unread)
    assert (unread.rule, cursor) == ("upstream_malformed: Notification", "7")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"notifications": [{}]}', b'{"notifications": [{"offset": "x"}]}'])
def test_a_list_that_makes_no_sense_is_read_another_time(nhn: MessageServiceHarness, body: bytes) -> None:
    send(nhn)
    nhn.service.transport("Acknowledged")
    nhn.service.faults.order("GET /notifications", faults.says(body))
    with pytest.raises(UpstreamError, match="upstream_malformed"):
        read(nhn)
    assert len(read(nhn)[0]) == 1


def test_passing_trouble_midway_keeps_what_was_read_and_goes_on_there(nhn: MessageServiceHarness) -> None:
    first, second = send(nhn), send(nhn, OTHER)
    for message in nhn.service.sent:
        message.state = "Acknowledged"
    nhn.service.faults.order("GET /messages/{id}/status", lambda handle: handle(), faults.status(503))
    news, cursor = read(nhn)
    assert (news, cursor) == ([Transported(first, Verdict.ACKNOWLEDGED, msg_id=NOTE.msg_id)], "7")
    assert read(nhn, cursor) == ([Transported(second, Verdict.ACKNOWLEDGED, msg_id=OTHER)], "14")


def test_what_is_sent_to_us_is_left_to_a_person_and_marked_once_it_is_remembered(nhn: MessageServiceHarness) -> None:
    to_us = nhn.service.take(99000102, US, DIALOGUE)
    (told,), cursor = read(nhn)
    assert told == Unread(DIALOGUE, "unexpected message")
    assert read(nhn) == ([told], cursor)
    assert nhn.service.downloaded == []
    read(nhn, cursor)
    assert nhn.service.downloaded == [to_us.id]
    read(nhn, cursor)
    assert nhn.service.downloaded == [to_us.id]


def test_a_crash_before_it_is_remembered_has_it_fetched_again(nhn: MessageServiceHarness) -> None:
    nhn.service.take(99000102, US, DIALOGUE)
    first = read(nhn)
    nhn.restart()
    assert read(nhn) == first
    assert nhn.service.downloaded == []


def test_a_mark_that_fails_is_tried_again_and_one_that_is_refused_is_not(nhn: MessageServiceHarness) -> None:
    nhn.service.take(99000102, US, DIALOGUE)
    _, cursor = read(nhn)
    operation = "PUT /messages/{id}/downloaded"
    nhn.service.faults.order(operation, faults.status(503), faults.status(404, 1010))
    with pytest.raises(UpstreamError):
        read(nhn, cursor)
    for _ in range(3):
        assert read(nhn, cursor) == ([], cursor)
    assert asked(nhn, operation) == 2


def test_a_receipt_may_also_come_as_a_message(nhn: MessageServiceHarness) -> None:
    send(nhn)
    made = apprec.build(nhn.service.sent[0].document, status="1", errors=(), apprec_id="a-1", generated_at=nhn.clock())
    nhn.service.take(99000102, US, made)
    (told,) = read(nhn)[0]
    assert isinstance(told, Receipted)
    assert told.apprec.original_msg_id == NOTE.msg_id
