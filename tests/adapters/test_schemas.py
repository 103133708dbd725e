from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.notes import NOTE
from support.standards import needs_standards, sample, standards

from portal.adapters.schemas import Schemas
from portal.domain.dialogmelding import build
from portal.domain.oids import DNR
from portal.errors import MessageRejected

if TYPE_CHECKING:
    from pathlib import Path

    from portal.domain.journal_note import JournalNote


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas(standards())


@needs_standards
@pytest.mark.parametrize(
    "note",
    [
        NOTE,
        replace(NOTE, debugging=False),
        replace(NOTE, practitioner_name="Berg", profession="FA1"),
        replace(NOTE, patient=replace(NOTE.patient, system=DNR)),
        replace(NOTE, pdf=b"%PDF-" + bytes(10 * 1024 * 1024 - 5)),
    ],
    ids=["test", "production", "pharmacist", "d-number", "10 MB"],
)
def test_what_we_build_is_valid(schemas: Schemas, note: JournalNote) -> None:
    schemas.check(build(note))


@needs_standards
def test_any_text_gives_a_valid_message(schemas: Schemas) -> None:
    @given(st.text(), st.text(min_size=1))
    def holds(title: str, text: str) -> None:
        schemas.check(build(replace(NOTE, title=title, text=text)))

    holds()


@needs_standards
@pytest.mark.parametrize(
    "name",
    [
        "dialogmelding-1.1-helsefaglig-notat-pdf.xml",
        "dialogmelding-1.0-notat-pdf.xml",
        "apprec-1.1-ok.xml",
        "apprec-1.1-avvist-E35.xml",
        "apprec-1.0-avvist-E21-X99.xml",
    ],
)
def test_official_samples_are_valid(schemas: Schemas, name: str) -> None:
    schemas.check(sample(name))


@needs_standards
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"v1.2 2006-05-24", b"v1.1 2006-02-15"),
        (b"<Notat>", b"<Notat><Ukjent/>"),
        (b'<TemaKodet V="6" S="2.16.578.1.12.4.1.1.7322" DN="Henvendelse om pasient"/>', b""),
        (b"2.16.578.1.12.4.1.1.7322", b"2.16.578.1.12.4.1.1.hemmelig"),
    ],
    ids=["version", "unknown element", "no theme", "letters in an OID"],
)
def test_what_the_schemas_forbid_is_refused_without_values(schemas: Schemas, old: bytes, new: bytes) -> None:
    message = build(NOTE)
    assert old in message

    with pytest.raises(MessageRejected) as rejected:
        schemas.check(message.replace(old, new))

    assert rejected.value.code == "message_invalid"
    assert rejected.value.detail.startswith("SCHEMAV_")
    assert "hemmelig" not in str(rejected.value)
    assert rejected.value.__cause__ is None


@needs_standards
def test_one_check_leaves_nothing_for_the_next(schemas: Schemas) -> None:
    with pytest.raises(MessageRejected):
        schemas.check(build(NOTE).replace(b"v1.2", b"v1.1"))

    schemas.check(build(NOTE))


@needs_standards
@pytest.mark.parametrize("raw", [b"", b"<MsgHead>", b"<!DOCTYPE MsgHead><MsgHead/>"])
def test_what_is_no_xml_is_refused(schemas: Schemas, raw: bytes) -> None:
    with pytest.raises(MessageRejected, match="message_invalid"):
        schemas.check(raw)


def test_a_directory_without_the_schemas_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"xmldsig-core-schema\.xsd"):
        Schemas(tmp_path)
