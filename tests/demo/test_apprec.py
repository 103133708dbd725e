from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.notes import NOTE
from support.standards import needs_standards, sample, standards

from portal.adapters.schemas import Schemas
from portal.demo.apprec import build
from portal.domain.apprec import parse
from portal.domain.dialogmelding import build as dialogmelding
from portal.domain.receipt import ReceiptError, ReceiptStatus

NOW = datetime(2026, 1, 15, 9, 1, 30, tzinfo=UTC)
E35 = ReceiptError("E35", "Pasienten finnes ikke i mottakersystemet")


def answer(message: bytes, status: ReceiptStatus, *errors: ReceiptError) -> bytes:
    """A receipt with an id of its own."""
    return build(message, status=status, errors=errors, apprec_id="a1", generated_at=NOW)


@pytest.mark.parametrize(
    ("status", "errors"),
    [(ReceiptStatus.OK, ()), (ReceiptStatus.REJECTED, (E35,)), (ReceiptStatus.OK_WITH_ERRORS, (E35,))],
)
def test_the_receipt_answers_our_message(status: ReceiptStatus, errors: tuple[ReceiptError, ...]) -> None:
    receipt = parse(answer(dialogmelding(NOTE), status, *errors))

    assert (receipt.id, receipt.status, receipt.errors) == ("a1", status, errors)
    assert receipt.original_msg_id == NOTE.msg_id
    assert receipt.sender_her_ids == {NOTE.reply_to.parent_her_id, NOTE.reply_to.her_id}
    assert receipt.generated_at == NOW


@needs_standards
@pytest.mark.parametrize("name", ["dialogmelding-1.1-helsefaglig-notat-pdf.xml", "dialogmelding-1.0-notat-pdf.xml"])
def test_receipts_for_official_samples_are_valid(name: str) -> None:
    Schemas(standards()).check(answer(sample(name), ReceiptStatus.REJECTED, E35))


@needs_standards
def test_the_receipt_mirrors_the_addresses_as_the_official_one_does() -> None:
    ours = answer(sample("dialogmelding-1.1-helsefaglig-notat-pdf.xml"), ReceiptStatus.OK)
    official = sample("apprec-1.1-ok.xml")

    for her_id in (b"99000001", b"99000002", b"99000101", b"99000102"):
        assert ours.count(b"<Id>" + her_id) == official.count(b"<Id>" + her_id) == 1
    assert ours.index(b"99000101") < ours.index(b"<Receiver>") < ours.index(b"99000001")


@pytest.mark.parametrize(("message", "status"), [(b"<MsgHead/>", "1"), (b"no xml", "1"), (dialogmelding(NOTE), "OK")])
def test_what_cannot_be_answered_is_said(message: bytes, status: str) -> None:
    with pytest.raises(ValueError, match=r"MsgInfo is missing|not well-formed|not a valid ReceiptStatus"):
        build(message, status=status, errors=(), apprec_id="a1", generated_at=NOW)
