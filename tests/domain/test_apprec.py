from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.standards import needs_standards, sample

from portal.domain.apprec import parse
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.domain.xml import APPREC_1_0, APPREC_1_1, XMLDSIG
from portal.errors import MessageRejected

RECEIPT = """<AppRec xmlns="http://www.kith.no/xmlstds/apprec/2012-02-15">
  <MsgType V="APPREC" DN="Applikasjonskvittering"/>
  <MIGversion>v1.1 2012-02-15</MIGversion>
  <GenDate>2026-01-15T10:01:30+01:00</GenDate>
  <Id>0F0E0D0C-0000-4000-8000-0000000000A1</Id>
  <Sender><HCP><Inst>
    <Name>Syntetisk Legekontor</Name><Id>99000101</Id><TypeId V="HER" DN="HER-id"/>
    <Dept><Name>Avdeling</Name><Id>99000103</Id><TypeId V="HER" DN="HER-id"/></Dept>
    <AdditionalId><Id>310000124</Id><Type V="ENH" DN="Organisasjonsnummer"/></AdditionalId>
    <HCPerson><Name>Testlege</Name><Id>999999901</Id><TypeId V="HPR" DN="HPR-nummer"/>
      <AdditionalId><Id> 99000102 </Id><Type V="HER" DN="HER-id"/></AdditionalId></HCPerson>
  </Inst></HCP></Sender>
  <Receiver><HCP><Inst><Id>99000001</Id><TypeId V="HER" DN="HER-id"/></Inst></HCP></Receiver>
  <Status V="1" DN="OK"/>
  <OriginalMsgId>
    <MsgType V="DIALOG_HELSEFAGLIG" DN="Helsefaglig dialog"/>
    <IssueDate>2026-01-15T10:00:05+01:00</IssueDate>
    <Id> 0F0E0D0C-0000-4000-8000-000000000011 </Id>
  </OriginalMsgId>
</AppRec>"""
MSG_ID = "0f0e0d0c-0000-4000-8000-000000000011"
GEN_DATE = "2026-01-15T10:01:30+01:00"


def changed(old: str, new: str) -> bytes:
    """The receipt with one thing otherwise."""
    assert old in RECEIPT
    return RECEIPT.replace(old, new).encode()


def test_a_receipt_is_read() -> None:
    assert parse(RECEIPT.encode()) == AppRec(
        id="0F0E0D0C-0000-4000-8000-0000000000A1",
        status=ReceiptStatus.OK,
        errors=(),
        original_msg_id=MSG_ID,
        sender_her_ids=frozenset({"99000101", "99000102", "99000103"}),
        generated_at=datetime(2026, 1, 15, 9, 1, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("namespace", [APPREC_1_0, APPREC_1_1])
def test_both_versions_are_told_apart_by_namespace_under_any_prefix(namespace: str) -> None:
    prefixed = (
        RECEIPT.replace("<", "<ar:")
        .replace("<ar:/", "</ar:")
        .replace(f'xmlns="{APPREC_1_1}"', f'xmlns:ar="{namespace}"')
    )
    assert parse(prefixed.encode()).original_msg_id == MSG_ID


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<Error S="2.16.578.1.12.4.1.1.8221" V="E21" DN="Mottaker finnes ikke"/>', ("E21", "Mottaker finnes ikke")),
        ('<Error V="X99" DN="Annen feil" OT="Duplikat!"/>', ("X99", "Annen feil: Duplikat!")),
        ('<Error V="Pasienten finnes ikke her" DN="Feil"/>', ("", "Feil")),
        ("<Error/>", ("", "")),
    ],
)
def test_errors_are_read_with_or_without_codeset(xml: str, expected: tuple[str, str]) -> None:
    receipt = parse(changed('<Status V="1" DN="OK"/>', f'<Status V="2" DN="Avvist"/>{xml}'))

    assert receipt.status is ReceiptStatus.REJECTED
    assert receipt.errors == (ReceiptError(*expected),)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-15T10:01:30", datetime(2026, 1, 15, 9, 1, 30, tzinfo=UTC)),
        ("2026-07-15T10:01:30", datetime(2026, 7, 15, 8, 1, 30, tzinfo=UTC)),
        ("2026-01-15T10:01:30Z", datetime(2026, 1, 15, 10, 1, 30, tzinfo=UTC)),
        ("2026-01-15T10:01:30.123456789+01:00", datetime(2026, 1, 15, 9, 1, 30, 123456, tzinfo=UTC)),
    ],
)
def test_gen_date_without_offset_is_norwegian_time(written: str, meant: datetime) -> None:
    receipt = parse(changed(GEN_DATE, written))

    assert receipt.generated_at == meant
    assert receipt.generated_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('V="1"', 'V="4"', "Status"),
        ('V="1"', "", "Status"),
        ('<Status V="1" DN="OK"/>', "", "Status must stand once"),
        ('<Status V="1" DN="OK"/>', '<Status V="1"/><Status V="2"/>', "Status must stand once"),
        ("</OriginalMsgId>", "</OriginalMsgId><OriginalMsgId/>", "OriginalMsgId must stand once"),
        ("<Id> 0F0E0D0C-0000-4000-8000-000000000011 </Id>", "", "Id must stand once"),
        ("0F0E0D0C-0000-4000-8000-000000000011", "", "Id"),
        ("0F0E0D0C-0000-4000-8000-0000000000A1", "A" * 65, "Id"),
        (GEN_DATE, "2026-01-15", "GenDate"),
        (GEN_DATE, "i går", "GenDate"),
        (GEN_DATE, "0001-01-01T00:00:00", "GenDate"),
        (GEN_DATE, "9999-12-31T23:59:59-12:00", "GenDate"),
        (APPREC_1_1, "http://www.kith.no/xmlstds/apprec/1999-01-01", "not an AppRec"),
        ("</AppRec>", "", "not well-formed"),
    ],
)
def test_what_is_no_receipt_is_refused_by_rule(old: str, new: str, rule: str) -> None:
    with pytest.raises(MessageRejected) as rejected:
        parse(changed(old, new))

    assert (rejected.value.code, rejected.value.detail) == ("apprec_invalid", rule)


@pytest.mark.parametrize("where", ["<Status", "</Sender>", "</AppRec>"])
def test_a_signed_receipt_is_not_read_for_nobody_here_knows_whose_signature_holds(where: str) -> None:
    with pytest.raises(MessageRejected) as rejected:
        parse(changed(where, f'<ds:Signature xmlns:ds="{XMLDSIG}"/>{where}'))

    assert rejected.value.detail == "signed"


def doctype(declaration: str, *, use: str = "") -> str:
    """The receipt behind a DOCTYPE, with `use` as its id."""
    return f"<!DOCTYPE AppRec {declaration}>" + RECEIPT.replace("0F0E0D0C-0000-4000-8000-0000000000A1", use or "1")


LAUGHS = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi"))  # noqa: B905  neighbours
HOSTILE = {
    "doctype": doctype("").encode(),
    "external dtd": doctype('SYSTEM "http://127.0.0.1:9/x.dtd"').encode(),
    "xxe": doctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]', use="&x;").encode(),
    "parameter entity": doctype('[<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]').encode(),
    "billion laughs": doctype(f"[{LAUGHS}]", use="&i;").encode(),
    "quadratic": doctype(f'[<!ENTITY x "{"y" * 100_000}">]', use="&x;" * 100_000).encode(),
    "utf-16 doctype": ('<?xml version="1.0" encoding="UTF-16"?>' + doctype("")).encode("utf-16"),
    "utf-7 doctype": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE AppRec+AD4-' + RECEIPT.encode("utf-7"),
    "huge": RECEIPT.encode() + b" " * 1_000_000,
    "deep": b"<AppRec>" * 300 + b"</AppRec>" * 300,
    "undeclared entity": changed("0F0E0D0C-0000-4000-8000-0000000000A1", "&x;"),
    "nul": RECEIPT.encode() + b"\0",
    "empty": b"",
    "not xml": b"%PDF-1.7",
    "html": b"<!DOCTYPE html><html><body>Bad gateway</body></html>",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_refused(raw: bytes) -> None:
    with pytest.raises(MessageRejected) as rejected:
        parse(raw)

    assert rejected.value.code == "apprec_invalid"
    assert rejected.value.detail in {"DOCTYPE", "too large", "not well-formed"}


def test_a_refusal_quotes_nothing_of_the_document() -> None:
    with pytest.raises(MessageRejected) as rejected:
        parse(b"<AppRec><hemmelig></AppRec>")

    assert "hemmelig" not in str(rejected.value)
    assert rejected.value.__cause__ is not None
    assert "hemmelig" not in str(rejected.value.__cause__)


def test_utf_16_and_latin_1_are_read_when_declared() -> None:
    for encoding in ("UTF-16", "ISO-8859-1"):
        raw = f'<?xml version="1.0" encoding="{encoding}"?>{RECEIPT}'.encode(encoding)
        assert parse(raw).original_msg_id == MSG_ID


def test_processing_instructions_and_schema_locations_are_not_followed() -> None:
    located = changed(
        "<MsgType",
        '<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?><MsgType xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://127.0.0.1:9/ http://127.0.0.1:9/x.xsd"',
    )
    assert parse(located).original_msg_id == MSG_ID


@given(st.binary())
def test_any_bytes_are_refused_in_our_own_words(raw: bytes) -> None:
    with pytest.raises(MessageRejected):
        parse(raw)


@given(st.data())
def test_any_damage_is_read_or_refused_in_our_own_words(data: st.DataObject) -> None:
    raw = bytearray(RECEIPT.encode())
    start = data.draw(st.integers(0, len(raw)))
    raw[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    try:
        assert parse(bytes(raw)).original_msg_id
    except MessageRejected as rejected:
        assert rejected.code == "apprec_invalid"  # noqa: PT017  both answers are right


@needs_standards
@pytest.mark.parametrize(
    ("name", "status", "errors"),
    [
        ("apprec-1.1-ok.xml", ReceiptStatus.OK, ()),
        ("apprec-1.1-avvist-E35.xml", ReceiptStatus.REJECTED, (("E35", "Pasienten finnes ikke i mottakersystemet"),)),
        (
            "apprec-1.0-avvist-E21-X99.xml",
            ReceiptStatus.REJECTED,
            (("E21", "Mottaker finnes ikke"), ("X99", "Annen feil: Ukjent HER-id 99000102")),
        ),
    ],
)
def test_official_samples_are_read(name: str, status: ReceiptStatus, errors: tuple[tuple[str, str], ...]) -> None:
    receipt = parse(sample(name))

    assert (receipt.status, receipt.errors) == (status, errors)
    assert receipt.sender_her_ids == {"99000101", "99000102"}
    assert receipt.original_msg_id.startswith("0f0e0d0c-0000-4000-8000-0000000000")
    assert receipt.generated_at == datetime(2026, 1, 15, 9, 1, 30, tzinfo=UTC)
