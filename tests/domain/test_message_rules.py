"""What the schemas let through and a receiver does not: refused before it is a message, or not to be said at all."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chance import tried
from support.message_rules import broken
from support.notes import NOTE
from support.standards import at_hand, needs_standards, sample, standards

from portal.adapters.schemas import Schemas
from portal.domain.context import ReplyTo
from portal.domain.dialogmelding import build
from portal.domain.journal_note import check
from portal.domain.journal_text import journal_text
from portal.domain.professions import PROFESSIONS
from portal.domain.text import single_line
from portal.domain.xml import parse_xml
from portal.errors import MessageRejected

if TYPE_CHECKING:
    from lxml.etree import _Element

    from portal.domain.journal_note import JournalNote

LIMIT = 20_000_000
NOW = NOTE.generated_at
ENCODED = b64encode(NOTE.pdf).decode()
TEXT = re.compile(r"<TekstNotatInnhold>.*?</TekstNotatInnhold>", re.DOTALL)
PATIENT = re.compile(r"<Patient>.*?</Patient>", re.DOTALL)
HER_OF_RECEIVER = re.compile(r"<Ident>\s*<Id>99000102</Id>.*?</Ident>", re.DOTALL)
PDF_TYPE = "<MimeType>application/pdf</MimeType>"

# What the schemas accept (facts/writeback), how a message says it, the rule, and the note that would (None: none can).
FACTS: list[tuple[str, str | re.Pattern[str], str, str, dict[str, Any] | None]] = [
    ("empty MsgId", f"<MsgId>{NOTE.msg_id}<", "<MsgId><", "msg_id", {"msg_id": ""}),
    ("Type FOO", 'V="DIALOG_HELSEFAGLIG"', 'V="FOO"', "type", None),
    ("number 123", "<Id>01817512484<", "<Id>123<", "patient", {"patient": replace(NOTE.patient, number="123")}),
    ("no Patient", PATIENT, "", "patient", {"patient": replace(NOTE.patient, family="", given="", number="")}),
    ("receiver without HER", HER_OF_RECEIVER, "", "receiver", {"reply_to": ReplyTo("", "99000101")}),
    (
        "GenDate without offset",
        "10:00:05+01:00</GenDate>",
        "10:00:05</GenDate>",
        "gen_date",
        {"generated_at": datetime(2026, 1, 15, 10)},  # noqa: DTZ001  the fault that is tested
    ),
    ("no MimeType", PDF_TYPE, "", "attachment.kind", None),
    ("no PDF", ENCODED, b64encode(b"<html>").decode(), "attachment.pdf", {"pdf": b"<html>"}),
    ("no base64", ENCODED, "***", "attachment.pdf", None),
    ("no text", TEXT, "", "text", {"text": ""}),
    ("script in the text", TEXT, "<TekstNotatInnhold><script xmlns=''>1</script></TekstNotatInnhold>", "text", None),
    ("short OID", 'S="2.16.578.1.12.4.1.1.7322"', 'S="8127"', "oid", None),
]
NAMES = [fact[0] for fact in FACTS]
MESSAGE = build(NOTE).decode()


def wrong(said: str | re.Pattern[str], instead: str) -> bytes:
    """The message with this said otherwise."""
    changed = said.sub(instead, MESSAGE) if isinstance(said, re.Pattern) else MESSAGE.replace(said, instead)
    assert changed != MESSAGE
    return changed.encode()


@needs_standards
@pytest.mark.parametrize(("said", "instead"), [fact[1:3] for fact in FACTS], ids=NAMES)
def test_the_schemas_let_it_through(said: str | re.Pattern[str], instead: str) -> None:
    Schemas(standards()).check(wrong(said, instead))


@pytest.mark.parametrize(("said", "instead", "rule"), [fact[1:4] for fact in FACTS], ids=NAMES)
def test_our_own_rules_do_not(said: str | re.Pattern[str], instead: str, rule: str) -> None:
    assert broken(wrong(said, instead)) == [rule]


@pytest.mark.parametrize("changes", [fact[4] for fact in FACTS if fact[4]], ids=[fact[0] for fact in FACTS if fact[4]])
def test_a_note_that_would_say_it_is_refused_before_it_is_a_message(changes: dict[str, Any]) -> None:
    with pytest.raises(MessageRejected):
        check(replace(NOTE, **changes), NOW)


@needs_standards
def test_the_official_sample_breaks_none_of_the_rules() -> None:
    assert broken(sample("dialogmelding-1.1-helsefaglig-notat-pdf.xml")) == []


LETTERS = "abcÆØÅæøåéüßŠšŽžČčĐđŊŋŦŧáÁǤǥǨǩʼ' -.łŁıa\u0301o\u0308s\u030cç"
SIGNS = "5 μg µ ≤≥≠≈ ½ ⅓ 10⁹ CO₂ –—…“”•→↑☑ € ‰ αβ Ω <>&\"']]>\n\t👍\u00ad\u200b漢"


def _line(alphabet: str, longest: int) -> st.SearchStrategy[str]:
    drawn = st.text(st.sampled_from(alphabet) | st.characters(codec="utf-8"), min_size=1, max_size=longest)
    return drawn.filter(_is_line).map(single_line)


def _is_line(value: str) -> bool:
    try:
        return bool(single_line(value))
    except ValueError:
        return False


NUMBERS = ["01817512484", "31817541278", "14924831872"]
NOTES = st.builds(
    replace,
    st.just(NOTE),
    msg_id=st.uuids(version=4).map(str),
    generated_at=st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda ago: NOW - ago),
    practitioner_name=_line(LETTERS, 100),
    hpr_number=st.integers(1, 999_999_999).map(str),
    profession=st.sampled_from([*PROFESSIONS, "ZZ"]),
    patient=st.builds(
        replace,
        st.just(NOTE.patient),
        number=st.sampled_from(NUMBERS),
        family=_line(LETTERS, 100),
        given=_line(LETTERS, 100),
    ),
    title=_line(LETTERS + SIGNS.replace("\n", "").replace("\t", ""), 200),
    text=st.text(st.sampled_from(SIGNS + LETTERS) | st.characters(codec="utf-8"), min_size=1, max_size=500),
    pdf=st.binary(max_size=2000).map(lambda content: b"%PDF-" + content),
    document_id=st.from_regex(r"[A-Za-z0-9._~-]{1,64}", fullmatch=True),
    debugging=st.just(True),
)  # fmt: skip


def _passes(note: JournalNote) -> bool:
    try:
        check(note, NOW)
    except MessageRejected:
        return False
    return True


@pytest.fixture(scope="module")
def schemas() -> Schemas | None:
    return Schemas(standards()) if at_hand() else None


def test_any_note_that_passes_is_a_valid_message_that_says_the_same(schemas: Schemas | None) -> None:
    @tried()
    @given(NOTES.filter(_passes))
    def holds(note: JournalNote) -> None:
        message = build(note)
        if schemas:
            schemas.check(message)
        assert broken(message) == []
        assert said_in(parse_xml(message, LIMIT, long_text=True)) == meant(note)

    holds()


def meant(note: JournalNote) -> dict[str, object]:
    given_name, _, family = note.practitioner_name.rpartition(" ")
    title = journal_text(note.title)[0]
    return {
        "msg_id": note.msg_id,
        "second": int(note.generated_at.timestamp()),
        "patient": (note.patient.family, note.patient.given, note.patient.number),
        "practitioner": (family, given_name, note.hpr_number, note.reply_to.her_id),
        "title": (title, title),
        "text": journal_text(note.text)[0],
        "document": note.document_id,
        "pdf": note.pdf,
    }


def said_in(root: _Element) -> dict[str, object]:
    def text(path: str, of: _Element = root) -> str:
        return of.findtext(".//" + "/".join(f"{{*}}{name}" for name in path.split("/"))) or ""

    def named(path: str) -> tuple[str, str, *tuple[str, ...]]:
        numbers = root.iterfind(".//" + "/".join(f"{{*}}{name}" for name in f"{path}/Ident/Id".split("/")))
        return text(f"{path}/FamilyName"), text(f"{path}/GivenName"), *(number.text or "" for number in numbers)

    return {
        "msg_id": text("MsgId"),
        "second": int(datetime.fromisoformat(text("GenDate")).timestamp()),
        "patient": named("MsgInfo/Patient"),
        "practitioner": named("Receiver/Organisation/HealthcareProfessional"),
        "title": (text("Notat/Tema"), text("RefDoc/Description")),
        "text": text("Notat/TekstNotatInnhold"),
        "document": text("Notat/DokIdNotat"),
        "pdf": b64decode(text("Base64Container"), validate=True),
    }
