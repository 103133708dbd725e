"""One suite for every transport: a message out is there once, and news of it comes back at least once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from support.notes import NOTE
from support.transports import ANSWERING, HARNESSES

from portal.adapters.transport.contract import Parcel
from portal.domain import dialogmelding
from portal.domain.news import Receipted
from portal.domain.receipt import ReceiptStatus
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.transports import Fault, Harness

    from portal.domain.news import News


@pytest.fixture(params=HARNESSES)
def end(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with HARNESSES[request.param]() as harness:
        yield harness


@pytest.fixture(params=ANSWERING)
def answering(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with HARNESSES[request.param]() as harness:
        yield harness


def parcel(end: Harness, msg_id: str = NOTE.msg_id) -> Parcel:
    note = replace(NOTE, msg_id=msg_id)
    return Parcel(end.address, note, dialogmelding.build(note))


def statuses(news: list[News]) -> list[ReceiptStatus]:
    return [one.apprec.status for one in news if isinstance(one, Receipted)]


def refusal(end: Harness) -> UpstreamError:
    with pytest.raises(UpstreamError) as refused:
        end.transport.send(parcel(end))
    return refused.value


def test_what_is_sent_once_is_there_once_as_it_was(end: Harness) -> None:
    handed = end.transport.send(parcel(end))
    assert handed.reference
    assert end.arrived() == [parcel(end).message]


def test_a_message_is_found_only_after_it_was_sent(end: Harness) -> None:
    assert end.transport.find(parcel(end)) is None
    handed = end.transport.send(parcel(end))
    assert end.transport.find(parcel(end)) == (handed if end.finds else None)
    assert end.transport.find(parcel(end, str(uuid4()))) is None


def test_a_lost_answer_may_be_tried_again_and_the_message_is_found_meanwhile(end: Harness) -> None:
    end.fail("lost")
    error = refusal(end)
    assert (error.code, error.retryable) == ("upstream_unreachable", True)
    assert end.arrived() == [parcel(end).message]
    assert (end.transport.find(parcel(end)) is not None) == end.finds


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        ("refused", "upstream_refused", False),
        ("trouble", "upstream_refused", True),
        ("malformed", "upstream_malformed", True),
    ],
)
def test_a_failure_says_whether_time_may_heal_it(end: Harness, fault: Fault, code: str, *, retryable: bool) -> None:
    end.fail(fault)
    error = refusal(end)
    assert (error.code, error.retryable) == (code, retryable)
    assert "hemmelig" not in str(error)
    assert end.arrived() == []
    assert end.transport.find(parcel(end)) is None
    assert end.transport.send(parcel(end)).reference


@pytest.mark.parametrize("name", HARNESSES)
def test_a_server_that_is_gone_may_come_back(name: str) -> None:
    with HARNESSES[name]() as end:
        given = parcel(end)
    with pytest.raises(UpstreamError) as gone:
        end.transport.send(given)
    assert (gone.value.code, gone.value.retryable) == ("upstream_unreachable", True)


def test_there_is_no_news_of_nothing(end: Harness) -> None:
    assert end.transport.news(end.address, "") == ([], "")


def test_a_receipt_comes_with_who_gave_it_and_why(answering: Harness) -> None:
    handed = answering.transport.send(parcel(answering))
    answering.reply("2", ("E35", "Pasienten finnes ikke i mottakersystemet"))
    news, cursor = answering.transport.news(answering.address, "")
    (told,) = [one for one in news if isinstance(one, Receipted)]
    assert (told.apprec.status, told.apprec.errors) == (
        ReceiptStatus.REJECTED,
        (("E35", "Pasienten finnes ikke i mottakersystemet"),),
    )
    assert told.reference == handed.reference or told.apprec.original_msg_id == NOTE.msg_id
    assert NOTE.reply_to.her_id in told.apprec.sender_her_ids
    assert told.apprec.id
    assert cursor


@pytest.mark.parametrize("status", ["1", "2", "3"])
def test_every_status_of_a_receipt_is_told(answering: Harness, status: str) -> None:
    answering.transport.send(parcel(answering))
    answering.reply(status, *([("X99", "Annen feil")] if status != "1" else []))
    news, _ = answering.transport.news(answering.address, "")
    assert statuses(news) == [ReceiptStatus(status)]


def test_what_is_not_remembered_is_told_again(answering: Harness) -> None:
    answering.transport.send(parcel(answering))
    answering.reply("1")
    first = answering.transport.news(answering.address, "")
    assert answering.transport.news(answering.address, "") == first
    assert first[0]


def test_what_is_remembered_is_not_told_again_and_the_cursor_stays(answering: Harness) -> None:
    answering.transport.send(parcel(answering))
    answering.reply("1")
    _, cursor = answering.transport.news(answering.address, "")
    for _ in range(3):
        assert answering.transport.news(answering.address, cursor) == ([], cursor)


def test_what_comes_later_is_told_after_the_cursor(answering: Harness) -> None:
    answering.transport.send(parcel(answering))
    answering.reply("1")
    _, before = answering.transport.news(answering.address, "")
    answering.reply("2", ("X99", "Annen feil"))
    news, after = answering.transport.news(answering.address, before)
    assert statuses(news) == [ReceiptStatus.REJECTED]
    assert after != before


def test_trouble_while_reading_loses_nothing(answering: Harness) -> None:
    answering.transport.send(parcel(answering))
    answering.reply("1")
    answering.trouble_reading()
    with pytest.raises(UpstreamError) as refused:
        answering.transport.news(answering.address, "")
    assert refused.value.retryable
    news, _ = answering.transport.news(answering.address, "")
    assert statuses(news) == [ReceiptStatus.OK]
