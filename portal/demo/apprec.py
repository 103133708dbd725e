"""An EPJ's answer to a message: AppRec 1.1 (HIS 80415:2012), addressed to where the message came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain import norwegian_time
from portal.domain.receipt import ReceiptStatus
from portal.domain.xml import APPREC_1_1, maker, parse_xml, write_xml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lxml.etree import _Element

_LIMIT = 20_000_000
_FEILMELDING = "2.16.578.1.12.4.1.1.8221"
_STATUS = {
    ReceiptStatus.OK: "OK",
    ReceiptStatus.REJECTED: "Avvist",
    ReceiptStatus.OK_WITH_ERRORS: "OK, feil i delmelding",
}
_apprec = maker(APPREC_1_1)


def build(
    message: bytes, *, status: str, errors: Iterable[tuple[str, str]], apprec_id: str, generated_at: datetime
) -> bytes:
    """Return the receipt for a MsgHead; `status` is a ReceiptStatus, `errors` are (code of 8221, text).

    Raises ValueError for a status that is none, or a message that is not XML.
    """
    given = ReceiptStatus(status)
    info = _found(parse_xml(message, _LIMIT, long_text=True), "MsgInfo")
    receipt = _apprec(
        "AppRec",
        _apprec("MsgType", V="APPREC", DN="Applikasjonskvittering"),
        _apprec("MIGversion", "v1.1 2012-02-15"),
        _apprec("SoftwareName", "Demo-EPJ"),
        _apprec("GenDate", norwegian_time.written(generated_at)),
        _apprec("Id", apprec_id),
        _party("Sender", ("PRIM", "Primærmottaker"), _found(info, "Receiver")),
        _party("Receiver", ("AVS", "Avsender"), _found(info, "Sender")),
        _apprec("Status", V=given, DN=_STATUS[given]),
        *(_apprec("Error", V=code, S=_FEILMELDING, DN=text) for code, text in errors),
        _original(info),
    )
    return write_xml(receipt)


def _party(tag: str, role: tuple[str, str], party: _Element) -> _Element:
    code, name = role
    institution = _institution(_found(party, "Organisation"))
    return _apprec(tag, _apprec("Role", V=code, DN=name), _apprec("HCP", institution))


def _institution(organisation: _Element) -> _Element:
    her_id, *others = _idents(organisation)
    return _apprec(
        "Inst",
        _apprec("Name", _text(organisation, "OrganisationName")),
        *_main(her_id),
        *(_department(unit) for unit in organisation.iterfind("{*}Organisation")),
        *(_additional(ident) for ident in others),
        *(_person(person) for person in organisation.iterfind("{*}HealthcareProfessional")),
    )


def _department(unit: _Element) -> _Element:
    her_id, *others = _idents(unit)
    name = _apprec("Name", _text(unit, "OrganisationName"))
    return _apprec("Dept", name, *_main(her_id), *(_additional(ident) for ident in others))


def _person(person: _Element) -> _Element:
    her_id, *others = _idents(person)
    name = _apprec("Name", f"{_text(person, 'GivenName')} {_text(person, 'FamilyName')}".strip())
    return _apprec("HCPerson", name, *_main(her_id), *(_additional(ident) for ident in others))


def _idents(of: _Element) -> list[_Element]:
    """Every Ident, the HER-id first, for that is what receipts are addressed by."""
    return sorted(of.iterfind("{*}Ident"), key=lambda ident: _found(ident, "TypeId").get("V") != "HER")


def _main(ident: _Element) -> tuple[_Element, _Element]:
    return _apprec("Id", _text(ident, "Id")), _coded("TypeId", _found(ident, "TypeId"))


def _additional(ident: _Element) -> _Element:
    return _apprec("AdditionalId", _apprec("Id", _text(ident, "Id")), _coded("Type", _found(ident, "TypeId")))


def _original(info: _Element) -> _Element:
    return _apprec(
        "OriginalMsgId",
        _coded("MsgType", _found(info, "Type")),
        _apprec("IssueDate", _text(info, "GenDate")),
        _apprec("Id", _text(info, "MsgId")),
    )


def _coded(tag: str, source: _Element) -> _Element:
    return _apprec(tag, V=source.get("V", ""), DN=source.get("DN", ""))


def _text(parent: _Element, name: str) -> str:
    return parent.findtext(f"{{*}}{name}") or ""


def _found(parent: _Element, name: str) -> _Element:
    found = parent.find(f"{{*}}{name}")
    if found is None:
        message = f"{name} is missing"
        raise ValueError(message)
    return found
