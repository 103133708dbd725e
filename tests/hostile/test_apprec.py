"""facts/security §4.8: receipts that attack the one who reads them, and receipts that lie."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE
from support.databases import copied
from support.posted import posted

from portal.domain.xml import APPREC_1_1, XMLDSIG
from portal.store import audit
from portal.worker import incoming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from support.posted import Posted

pytestmark = pytest.mark.hostile

HEAD = b"<?xml version='1.0' encoding='UTF-8'?>\n"
ROOT = f'<AppRec xmlns="{APPREC_1_1}">'.encode()


@pytest.fixture(scope="module")
def post(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    folder = tmp_path_factory.mktemp("post")
    with posted(copied(migrated_sqlite, folder), folder) as at:
        yield at


@pytest.fixture
def post_on_each(database_url: str, tmp_path: Path) -> Iterator[Posted]:
    with posted(database_url, tmp_path) as at:
        yield at


def set_aside(post: Posted, hostile: Callable[[bytes], bytes]) -> str:
    """Let a receipt come that was made hostile, and then an honest one: the rule that the first was put aside by."""
    msg_id, message = post.send()
    before = len(post.quarantined())
    post.read(hostile(post.journal.receipt(message, "2", ("X99", "Annen feil"))))
    assert post.state(msg_id) == "sent"
    post.read(post.journal.receipt(message, "1"))
    assert post.state(msg_id) == "completed"
    (rule,) = post.quarantined()[before:]
    return rule


def with_doctype(receipt: bytes, doctype: str, use: str = "") -> bytes:
    assert receipt.startswith(HEAD)
    body = receipt.removeprefix(HEAD).replace(b"Annen feil", use.encode())
    return HEAD + f"<!DOCTYPE AppRec {doctype}>".encode() + body


@pytest.mark.parametrize(
    ("doctype", "use"),
    [
        ('SYSTEM "{trap}/x.dtd"', ""),
        ('[<!ENTITY % p SYSTEM "{trap}/p.dtd"> %p;]', ""),
        ('[<!ENTITY x SYSTEM "{trap}/x">]', "&#38;x;"),
        ('[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&#38;x;"),
    ],
    ids=["external DTD", "parameter entity", "external entity", "file"],
)
def test_H189_nothing_that_a_doctype_names_is_fetched(post: Posted, elsewhere: str, doctype: str, use: str) -> None:
    declared = doctype.replace("{trap}", elsewhere)
    assert set_aside(post, lambda receipt: with_doctype(receipt, declared, use)) in {"DOCTYPE", "not well-formed"}


def test_H191_entities_that_grow_are_refused_at_once(post: Posted) -> None:
    grows = f'[<!ENTITY x "{"y" * 50_000}">]'
    started = time.monotonic()
    rule = set_aside(
        post, lambda receipt: with_doctype(receipt, grows, "").replace(b'DN=""', b'DN="' + b"&x;" * 50_000 + b'"')
    )
    assert rule in {"DOCTYPE", "not well-formed"}
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("inside", "rule"),
    [(b"x" * 11_000_000, "too large"), (b"<a>" * 300 + b"</a>" * 300, "not well-formed")],
    ids=["11 MB", "depth 300"],
)
def test_H193_what_is_too_long_or_too_deep_is_refused(post: Posted, inside: bytes, rule: str) -> None:
    assert set_aside(post, lambda receipt: receipt.replace(b"</AppRec>", inside + b"</AppRec>")) == rule


@pytest.mark.parametrize(
    "lure",
    [
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{trap}/x.xml"/>',
        '<?xml-stylesheet href="{trap}/x.xsl" type="text/xsl"?>',
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{trap}/ {trap}/x.xsd"/>',
    ],
    ids=["XInclude", "processing instruction", "schemaLocation"],
)
def test_H195_no_lure_is_followed(post: Posted, elsewhere: str, lure: str) -> None:
    msg_id, message = post.send()
    receipt = post.journal.receipt(message, "1")
    post.read(receipt.replace(b"<Status", lure.replace("{trap}", elsewhere).encode() + b"<Status"))
    assert post.state(msg_id) == "completed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((b"99000101", b"99000102"), (b"88000101", b"88000102")),
        ((b'V="HER"',), (b'V="ENH"',)),
    ],
    ids=["another HER-id", "no HER-id at all"],
)
def test_H197_anothers_receipt_decides_nothing_and_is_audited(
    post: Posted, old: tuple[bytes, ...], new: tuple[bytes, ...]
) -> None:
    msg_id, message = post.send()
    forged = post.journal.receipt(message, "2", ("X99", "Annen feil"))
    for was, becomes in zip(old, new, strict=True):
        assert was in forged
        forged = forged.replace(was, becomes)
    post.read(forged)
    assert (post.state(msg_id), post.audited()[-1]) == ("sent", "unmatched")
    post.read(post.journal.receipt(message, "1"))
    assert post.state(msg_id) == "completed"


@pytest.mark.parametrize(("first", "second", "stays"), [("1", "2", "completed"), ("2", "1", "rejected_apprec")])
def test_H199_the_first_final_receipt_is_kept_and_the_conflict_flagged(
    post: Posted, first: str, second: str, stays: str, caplog: pytest.LogCaptureFixture
) -> None:
    msg_id, message = post.send()
    post.send()
    errors = {"1": (), "2": (("X99", "Annen feil"),)}
    with caplog.at_level(logging.WARNING):
        post.read(*(post.journal.receipt(message, status, *errors[status]) for status in (first, second)))
    assert (post.state(msg_id), post.delivery(msg_id).apprec_status) == (stays, first)
    assert post.audited()[-1] == "contradicts"
    assert "receipt contradicts another" in caplog.messages


@pytest.mark.parametrize(
    ("errors", "told"),
    [((("ZZ9", "En kode som ingen kjenner"),), "En kode som ingen kjenner"), ((), "Avvist")],
    ids=["unknown code", "no code"],
)
def test_H201_a_rejection_that_nobody_can_explain_is_shown_and_waits_for_a_person(
    post: Posted, errors: tuple[tuple[str, str], ...], told: str
) -> None:
    msg_id, message = post.send()
    post.read(post.journal.receipt(message, "2", *errors))
    assert (post.state(msg_id), post.delivery(msg_id).due_at) == ("rejected_apprec", None)
    assert told in post.browser.open(f"{post.world.origin}/kvitteringer").text


@pytest.mark.parametrize("where", ["</AppRec>", "<Status"])
def test_H203_a_signed_receipt_is_put_aside_for_whose_signature_holds_is_not_known(post: Posted, where: str) -> None:
    signature = f'<ds:Signature xmlns:ds="{XMLDSIG}"><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>'
    assert set_aside(post, lambda receipt: receipt.replace(where.encode(), f"{signature}{where}".encode())) == "signed"


def test_H205_what_a_receipt_quotes_of_the_patient_stands_in_no_log(
    post: Posted, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    quoted = f"{LINE['family']} {LINE['number']}"
    msg_id, message = post.send()
    said = post.journal.receipt(message, "2", ("X99", quoted))
    embedded = said.replace(b"</AppRec>", f"<Original>{quoted}</Original></AppRec>".encode())
    with caplog.at_level(logging.DEBUG):
        post.read(embedded.replace(b"<Status", b"<Ukjent/><Status"), b"<AppRec>" + quoted.encode(), embedded + b"<")
    assert post.state(msg_id) == "rejected_apprec"
    with post.world.database.read() as session:
        exported = str(list(audit.export(session)))
    output = capsys.readouterr()
    written = "".join(str(vars(record)) for record in caplog.records) + exported + output.out + output.err
    assert "delivery moved" in written
    assert LINE["number"] not in written
    assert LINE["family"] not in written
    files = post.world.settings.database_url.removeprefix("sqlite:///")
    assert not any(LINE["number"].encode() in file.read_bytes() for file in _files(files))


def _files(database: str) -> list[Path]:
    path = Path(database)
    return list(path.parent.glob(f"{path.name}*"))


class Crash(BaseException):
    """Ends the worker wherever it is."""


@pytest.mark.parametrize("survived", [0, 1, 2, 3])
def test_H207_a_crash_while_receipts_are_taken_in_loses_none_and_takes_none_in_twice(
    post_on_each: Posted, survived: int
) -> None:
    post = post_on_each
    sent = [post.send() for _ in range(2)]
    post.journal.receipts += [post.journal.receipt(message, "1") for _, message in sent]
    asked: list[int] = []

    def now() -> datetime:
        asked.append(1)
        if len(asked) > 1 + survived:
            raise Crash
        return post.world.clock()

    with pytest.raises(Crash):
        incoming.read_all(replace(post.tools, now=now))
    assert [post.state(msg_id) for msg_id, _ in sent] == ["sent", "sent"]
    incoming.read_all(post.tools)
    incoming.read_all(post.tools)
    assert [post.state(msg_id) for msg_id, _ in sent] == ["completed", "completed"]
    assert post.audited() == ["completed", "completed"]


def test_H207_receipts_that_come_again_change_nothing(post_on_each: Posted) -> None:
    post = post_on_each
    (msg_id, message), _ = post.send(), post.send()
    receipt = post.journal.receipt(message, "1")
    post.read(receipt)
    post.read(receipt, receipt)
    assert post.state(msg_id) == "completed"
    assert post.audited() == ["completed", "after_another", "after_another"]
