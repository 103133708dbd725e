"""NHN's message service, version 3: what is asked of it, and that every fault of its is told as what it is."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from support import message_service_faults as faults
from support.message_service import US
from support.notes import NOTE
from support.transports import edi20

from portal.adapters.bounded import within
from portal.adapters.transport.contract import Handed, Parcel
from portal.domain import dialogmelding
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.transports import MessageServiceHarness


@pytest.fixture
def nhn() -> Iterator[MessageServiceHarness]:
    with edi20() as harness:
        yield harness


def parcel(nhn: MessageServiceHarness, msg_id: str = NOTE.msg_id) -> Parcel:
    note = replace(NOTE, generated_at=nhn.clock(), msg_id=msg_id)
    return Parcel(nhn.address, note, dialogmelding.build(note))


def refusal(nhn: MessageServiceHarness) -> UpstreamError:
    with pytest.raises(UpstreamError) as refused:
        nhn.transport.send(parcel(nhn))
    return refused.value


def operations(nhn: MessageServiceHarness) -> list[str]:
    return [seen.operation for seen in nhn.service.seen]


def test_a_message_is_posted_with_all_that_version_3_wants(nhn: MessageServiceHarness) -> None:
    given = parcel(nhn)
    handed = nhn.transport.send(given)
    (configured, posted) = nhn.service.seen
    assert (posted.operation, posted.status) == ("POST /messages", 202)
    assert posted.headers["api-version"] == "3"
    assert posted.headers["nhn-source-system"].startswith("Inngangsportalen, ")
    assert b64decode(posted.body.pop("businessDocument")) == given.message
    assert posted.body.pop("applicationVersion")
    assert posted.body == {
        "senderHerId": 99000002,
        "receiverHerIds": [99000102],
        "contentType": "application/xml",
        "contentTransferEncoding": "base64",
        "messageTypeIdentificator": "DIALOG_HELSEFAGLIG",
        "applicationName": "Inngangsportalen",
    }
    assert handed == Handed(posted.answer["id"])
    wanted = {"herId": US, "receiveNotificationChannel": "Api", "clientLocked": False}
    assert (configured.operation, configured.body) == ("PUT /mshconfigurations", {"configurations": [wanted]})


def test_the_her_id_is_configured_once_before_anything_else(nhn: MessageServiceHarness) -> None:
    nhn.transport.news(nhn.address, "")
    nhn.transport.send(parcel(nhn))
    assert operations(nhn) == ["PUT /mshconfigurations", "GET /notifications", "POST /messages"]


def test_a_lock_by_another_client_is_told_and_has_the_her_id_configured_anew(nhn: MessageServiceHarness) -> None:
    nhn.service.faults.order("POST /messages", faults.status(423, 1210))
    error = refusal(nhn)
    assert (error.detail, error.retryable) == ("status 423, 1210", False)
    nhn.transport.send(parcel(nhn))
    assert operations(nhn) == ["PUT /mshconfigurations", "POST /messages"] * 2


def test_nothing_is_sent_while_the_configuration_is_refused(nhn: MessageServiceHarness) -> None:
    nhn.service.faults.order("PUT /mshconfigurations", faults.status(423, 1210), faults.status(503))
    assert (refusal(nhn).detail, refusal(nhn).detail) == ("status 423, 1210", "status 503")
    assert nhn.service.sent == []
    assert nhn.transport.send(parcel(nhn))


@pytest.mark.parametrize(
    ("status", "code", "detail", "retryable"),
    [
        *(
            (status, code, f"status {status}, {code}", False)
            for status, code in ((400, 1001), (403, 1202), (404, 1010))
        ),
        *((status, 0, f"status {status}", True) for status in (401, 408, 425, 429, 500, 502, 503, 504)),
        (409, 100_000, "status 409", False),
        (500, 1001, "status 500, 1001", True),
    ],
)
def test_a_refusal_is_told_by_status_and_code_alone(
    nhn: MessageServiceHarness, status: int, code: int, detail: str, *, retryable: bool
) -> None:
    nhn.service.faults.order("POST /messages", faults.status(status, code))
    error = refusal(nhn)
    assert (error.code, error.detail, error.retryable) == ("upstream_refused", detail, retryable)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1}', b'{"id": "../../x"}', b'{"id": "j-1"}', b"\xff"])
def test_an_acceptance_without_an_id_is_none(nhn: MessageServiceHarness, body: bytes) -> None:
    nhn.service.faults.order("POST /messages", faults.says(body, 202))
    assert (refusal(nhn).code, nhn.service.sent) == ("upstream_malformed", [])


def test_a_nonce_is_put_into_the_proof_when_the_service_wants_it(nhn: MessageServiceHarness) -> None:
    nhn.service.wants_nonce = True
    assert nhn.transport.send(parcel(nhn))
    assert len(nhn.service.sent) == 1


def test_a_service_that_is_too_slow_has_the_message_all_the_same() -> None:
    with edi20(total_timeout=0.6) as nhn:
        nhn.transport.news(nhn.address, "")
        nhn.service.faults.order("POST /messages", faults.slow(1.0))
        error = refusal(nhn)
        assert (error.code, error.retryable) == ("upstream_unreachable", True)
        time.sleep(0.6)
        assert nhn.transport.find(parcel(nhn)) == Handed(nhn.service.sent[0].id)


def test_a_hand_over_takes_no_longer_than_it_is_given(nhn: MessageServiceHarness) -> None:
    nhn.service.faults.order("PUT /mshconfigurations", faults.slow(0.4))
    nhn.service.faults.order("POST /messages", faults.slow(3.0))
    began = time.monotonic()
    with within(1.0):
        assert refusal(nhn).code == "upstream_unreachable"
    assert time.monotonic() - began < 2.0


def test_a_token_for_another_api_opens_nothing_and_is_no_verdict_on_the_message() -> None:
    with edi20(api=("nhn:other/api", "nhn:other")) as nhn:
        error = refusal(nhn)
        assert (error.detail, error.retryable, nhn.service.sent) == ("status 401", True, [])


def test_a_token_is_the_business_of_helseid_and_no_verdict_on_the_message(nhn: MessageServiceHarness) -> None:
    nhn.helseid.stop()
    assert (refusal(nhn).retryable, nhn.service.seen) == (True, [])


def test_a_client_that_helseid_refuses_waits_for_an_operator() -> None:
    with edi20(api=("nhn:unknown/api", "nhn:unknown")) as nhn:
        assert refusal(nhn).retryable


def test_nothing_said_by_the_service_stands_in_an_error(nhn: MessageServiceHarness) -> None:
    said = json.dumps({"title": "31817541278", "errorCode": "31817541278", "detail": "Danser"}).encode()
    nhn.service.faults.order("POST /messages", faults.says(said, 400))
    assert str(refusal(nhn)) == "upstream_refused: status 400"


def history(nhn: MessageServiceHarness, many: int) -> None:
    """Notifications of a year, of messages that others have sent."""
    old = nhn.service.take(US, 1, dialogmelding.build(replace(NOTE, msg_id=str(uuid4()))))
    nhn.service.notifications.clear()
    for number in range(many):
        at = nhn.clock() - timedelta(days=365) + timedelta(minutes=number)
        nhn.service.notify(old, "MessageDeliveryStateUpdated", createdAt=at.isoformat())


@pytest.mark.parametrize("gap", [1, 7, 90_001])
def test_a_message_is_found_among_many_without_reading_them_all(nhn: MessageServiceHarness, gap: int) -> None:
    nhn.service.skip = gap
    history(nhn, 5000)
    assert nhn.transport.find(parcel(nhn)) is None
    handed = nhn.transport.send(parcel(nhn))
    nhn.service.seen.clear()
    assert nhn.transport.find(parcel(nhn)) == handed
    assert operations(nhn) == ["GET /notifications", "GET /messages/{id}", "GET /notifications"]
    nhn.service.seen.clear()
    nhn.restart()
    assert nhn.transport.find(parcel(nhn)) == handed
    assert len(nhn.service.seen) < 70
    assert operations(nhn).count("GET /messages/{id}") == 1


def test_an_older_message_is_found_after_a_newer_one(nhn: MessageServiceHarness) -> None:
    history(nhn, 10)
    older = parcel(nhn)
    sent = nhn.transport.send(older)
    nhn.clock.ahead = timedelta(hours=3)
    newer = parcel(nhn, msg_id=str(uuid4()))
    assert nhn.transport.find(newer) is None
    assert nhn.transport.find(older) == sent


def test_finding_goes_on_where_it_was_cut_off(nhn: MessageServiceHarness) -> None:
    handed = nhn.transport.send(parcel(nhn))
    nhn.service.faults.order("GET /messages/{id}", faults.status(503))
    with pytest.raises(UpstreamError) as refused:
        nhn.transport.find(parcel(nhn))
    assert refused.value.retryable
    assert nhn.transport.find(parcel(nhn)) == handed


def test_what_the_service_has_not_told_of_is_not_found(nhn: MessageServiceHarness) -> None:
    nhn.service.silent = True
    nhn.transport.send(parcel(nhn))
    assert nhn.transport.find(parcel(nhn)) is None
