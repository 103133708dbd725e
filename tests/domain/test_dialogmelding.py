from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.notes import NOTE
from support.standards import needs_standards, sample, standards

from portal.adapters.schemas import Schemas
from portal.domain.dialogmelding import build
from portal.domain.journal_text import journal_text
from portal.domain.oids import DNR
from portal.domain.xml import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from portal.domain.journal_note import JournalNote

GOLDEN = Path(__file__).with_name("golden") / "helsefaglig-dialog.xml"
LIMIT = 20_000_000


def parsed(note: JournalNote) -> _Element:
    return parse_xml(build(note), LIMIT, long_text=True)


def text(root: _Element, name: str) -> str | None:
    return root.findtext(f".//{{*}}{name}")


def codes(root: _Element) -> list[tuple[str, str, str, str]]:
    """Every coded value with its element, codeset and display name."""
    return sorted(
        (str(element.tag), element.get("V", ""), element.get("S", ""), element.get("DN", ""))
        for element in root.iter()
        if element.get("DN")
    )


def paths(root: _Element) -> set[str]:
    """Every element with its place in the document."""
    tree = root.getroottree()
    return {tree.getelementpath(element) for element in root.iter()}


def test_the_message_is_the_golden_one() -> None:
    assert build(NOTE).decode() == GOLDEN.read_text(encoding="utf-8")


def test_the_same_note_is_the_same_bytes() -> None:
    assert build(NOTE) == build(replace(NOTE))


def test_utf_8_is_declared_in_the_first_line() -> None:
    assert build(NOTE).splitlines()[0] == b"<?xml version='1.0' encoding='UTF-8'?>"


@needs_standards
def test_codes_are_those_of_the_official_sample() -> None:
    official = parse_xml(sample("dialogmelding-1.1-helsefaglig-notat-pdf.xml"), LIMIT)

    assert codes(parsed(NOTE)) == codes(official)


@needs_standards
def test_elements_stand_where_the_official_sample_has_them() -> None:
    official = paths(parse_xml(sample("dialogmelding-1.1-helsefaglig-notat-pdf.xml"), LIMIT))
    ours = paths(parsed(NOTE))

    # The support desk has one name, and the receiving clinician is named.
    assert [path.rpartition("}")[2] for path in official - ours] == ["GivenName"]
    assert {path.rpartition("}")[2] for path in ours - official} == {"FamilyName", "GivenName"}


def test_only_a_test_message_says_debugging() -> None:
    assert parsed(NOTE).find(".//{*}ProcessingStatus") is not None
    assert parsed(replace(NOTE, debugging=False)).find(".//{*}ProcessingStatus") is None


def test_gen_date_is_norwegian_time_with_offset() -> None:
    assert text(parsed(NOTE), "GenDate") == "2026-01-15T10:00:05+01:00"
    summer = replace(NOTE, generated_at=NOTE.generated_at.replace(month=7))
    assert text(parsed(summer), "GenDate") == "2026-07-15T11:00:05+02:00"


def test_the_note_is_dated_in_norwegian_time() -> None:
    late_evening = replace(NOTE, generated_at=NOTE.generated_at.replace(hour=23, minute=30))
    assert text(parsed(late_evening), "DatoNotat") == "2026-01-16"


def test_a_d_number_is_said_to_be_one() -> None:
    patient = replace(NOTE.patient, system=DNR)
    kind = parsed(replace(NOTE, patient=patient)).find(".//{*}Patient/{*}Ident/{*}TypeId")

    assert kind is not None
    assert (kind.get("V"), kind.get("DN")) == ("DNR", "D-nummer")


def test_a_service_is_addressed_below_its_organisation_and_the_practitioner_in_it() -> None:
    note = replace(NOTE, reply_to=replace(NOTE.reply_to, kind="Service"))
    receiver = parsed(note).find(".//{*}Receiver/{*}Organisation")
    assert receiver is not None
    service = receiver.find("{*}Organisation")
    assert service is not None
    assert service.findtext("{*}Ident/{*}Id") == NOTE.reply_to.her_id
    assert service.findtext("{*}HealthcareProfessional/{*}Ident/{*}Id") == NOTE.hpr_number
    assert receiver.find("{*}HealthcareProfessional") is None


@needs_standards
def test_a_message_to_a_service_is_valid() -> None:
    Schemas(standards()).check(build(replace(NOTE, reply_to=replace(NOTE.reply_to, kind="Service"))))


@pytest.mark.parametrize(
    ("name", "family", "given_name"),
    [("Anna Lise Berg", "Berg", "Anna Lise"), ("Berg", "Berg", None), (" Åse Š ", "Š", "Åse")],
)
def test_the_practitioner_is_named(name: str, family: str, given_name: str | None) -> None:
    receiver = parsed(replace(NOTE, practitioner_name=name)).find(".//{*}Receiver")

    assert receiver is not None
    assert (text(receiver, "FamilyName"), text(receiver, "GivenName")) == (family, given_name)


@pytest.mark.parametrize(("code", "told"), [("SP", ("SP", "Sykepleier")), ("ZZ", ("XX", "Ukjent/uspesifisert"))])
def test_the_profession_is_told_as_volven_names_it(code: str, told: tuple[str, str]) -> None:
    kinds = parsed(replace(NOTE, profession=code)).iterfind(".//{*}TypeHealthcareProfessional")

    assert [(kind.get("V"), kind.get("DN")) for kind in kinds] == [told, told]


@given(st.text(min_size=1))
def test_any_text_survives_as_text(written: str) -> None:
    root = parsed(replace(NOTE, title=written, text=written))
    content = root.find(".//{*}TekstNotatInnhold")

    assert content is not None
    assert len(content) == 0
    assert (content.text or "") == journal_text(written)[0]
    assert (text(root, "Description") or "") == journal_text(written)[0]


def test_markup_in_text_is_text() -> None:
    root = parsed(replace(NOTE, text="<script>alert(1)</script> ]]> &amp;"))

    assert text(root, "TekstNotatInnhold") == "<script>alert(1)</script> ]]> &amp;"


@given(st.binary())
def test_the_attachment_is_the_pdf(content: bytes) -> None:
    encoded = text(parsed(replace(NOTE, pdf=b"%PDF-" + content)), "Base64Container")

    assert b64decode(encoded or "", validate=True) == b"%PDF-" + content


def test_an_attachment_at_the_limit_is_read_again() -> None:
    pdf = b"%PDF-" + bytes(10 * 1024 * 1024 - 5)

    assert b64decode(text(parsed(replace(NOTE, pdf=pdf)), "Base64Container") or "") == pdf
