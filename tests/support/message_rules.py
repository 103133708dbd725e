"""What receivers demand and no schema says (HIS 1077, navikt/padm2), read from the bytes that leave."""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from portal.domain import person_number
from portal.domain.xml import parse_xml
from portal.errors import ContextRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

_LIMIT = 20_000_000
_OID = re.compile(r"2\.16\.578\.1\.12\.4\.1\.1\.[0-9]{4}")


def broken(message: bytes) -> list[str]:
    """The rules that a message breaks; none for one that may leave."""
    root = parse_xml(message, _LIMIT, long_text=True)
    utf_8 = message.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    return [*([] if utf_8 else ["encoding"]), *(rule for rule, holds in _RULES.items() if not holds(root))]


def _text(root: _Element, path: str) -> str:
    return root.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or ""


def _all(root: _Element, path: str) -> list[_Element]:
    return root.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def _value(root: _Element, path: str) -> str | None:
    found = _all(root, path)
    return found[0].get("V") if found else None


def _reads(read: Callable[[], object]) -> bool:
    try:
        return bool(read())
    except (ValueError, ContextRejected):
        return False


def _idents(root: _Element, path: str, *kinds: str) -> list[str]:
    return [_text(ident, "Id") for ident in _all(root, f"{path}/Ident") if _value(ident, "TypeId") in kinds]


def _message_id(root: _Element) -> bool:
    msg_id = _text(root, "MsgInfo/MsgId")
    return _reads(lambda: str(UUID(msg_id)) == msg_id)


def _type(root: _Element) -> bool:
    (kind,) = _all(root, "MsgInfo/Type")
    return (kind.get("V"), kind.get("DN")) == ("DIALOG_HELSEFAGLIG", "Helsefaglig dialog")


def _sent_when(root: _Element) -> bool:
    return _reads(lambda: datetime.fromisoformat(_text(root, "MsgInfo/GenDate")).tzinfo)


def _sender(root: _Element) -> bool:
    above = "MsgInfo/Sender/Organisation"
    return bool(_idents(root, above, "HER") and _idents(root, f"{above}/Organisation", "HER"))


def _receiver(root: _Element) -> bool:
    above = "MsgInfo/Receiver/Organisation"
    below = [
        below
        for kind in ("Organisation", "HealthcareProfessional")
        for below in _idents(root, f"{above}/{kind}", "HER")
    ]
    return bool(_idents(root, above, "HER") and below)


def _patient(root: _Element) -> bool:
    above = "MsgInfo/Patient"
    numbers = _idents(root, above, "FNR", "DNR")
    named = _text(root, f"{above}/FamilyName").strip() and _text(root, f"{above}/GivenName").strip()
    return bool(named and numbers) and _reads(lambda: person_number.check(numbers[0], synthetic=True))


_NOTE = "Document/RefDoc/Content/Dialogmelding/Notat"


def _note_text(root: _Element) -> bool:
    (note,) = _all(root, _NOTE)
    texts = _all(note, "TekstNotatInnhold")
    return len(texts) == 1 and len(texts[0]) == 0 and bool((texts[0].text or "").strip())


def _roles(root: _Element) -> bool:
    roles = {_value(role, "RoleToPatient"): role for role in _all(root, f"{_NOTE}/RollerRelatertNotat")}
    ours, theirs = roles.get("21"), roles.get("24")
    if ours is None or theirs is None:
        return False
    phone = _value(ours, "HealthcareProfessional/TeleCom/TeleAddress") or ""
    named = _text(ours, "HealthcareProfessional/FamilyName")
    return bool(
        named and phone.startswith("tel:") and _value(theirs, "HealthcareProfessional/TypeHealthcareProfessional")
    )


def _oids(root: _Element) -> bool:
    return all(_OID.fullmatch(element.get("S", "")) for element in root.iter() if "S" in element.attrib)


def _attachments(root: _Element) -> Iterator[_Element]:
    return (document for document in _all(root, "Document") if _value(document, "DocumentConnection") == "V")


def _attachment_kind(root: _Element) -> bool:
    kinds = [(_value(one, "RefDoc/MsgType"), _text(one, "RefDoc/MimeType")) for one in _attachments(root)]
    return kinds == [("A", "application/pdf")]


def _attachment_name(root: _Element) -> bool:
    names = [_text(one, "RefDoc/Description") for one in _attachments(root)]
    return all(len(name.splitlines()) == 1 for name in names)


def _attachment_pdf(root: _Element) -> bool:
    return all(_is_pdf("".join(_text(one, "RefDoc/Content/Base64Container").split())) for one in _attachments(root))


def _is_pdf(encoded: str) -> bool:
    return _reads(lambda: b64decode(encoded, validate=True).startswith(b"%PDF-"))


_RULES: dict[str, Callable[[_Element], bool]] = {
    "msg_id": _message_id,
    "type": _type,
    "gen_date": _sent_when,
    "sender": _sender,
    "receiver": _receiver,
    "patient": _patient,
    "text": _note_text,
    "roles": _roles,
    "oid": _oids,
    "attachment.kind": _attachment_kind,
    "attachment.name": _attachment_name,
    "attachment.pdf": _attachment_pdf,
}
