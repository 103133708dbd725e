"""A note as a message to the journal: MsgHead 1.2 with Dialogmelding 1.1 (HIS 80603:2017, HIS 1077:2017).

One function per block of the message, in the order in which the blocks stand.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from portal.domain import norwegian_time, oids
from portal.domain.journal_text import journal_text
from portal.domain.professions import PROFESSIONS, UNKNOWN
from portal.domain.xml import BASE64, DIALOG, FELLESKOMPONENT, MSGHEAD, maker, write_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from portal.domain.context import Patient
    from portal.domain.journal_note import JournalNote, Sender
    from portal.domain.xml import Maker

_VOLVEN = "2.16.578.1.12.4.1.1"
_head, _dialog, _common, _base64 = maker(MSGHEAD), maker(DIALOG), maker(FELLESKOMPONENT), maker(BASE64)


def build(note: JournalNote) -> bytes:
    """Return the message, UTF-8; the same note gives the same bytes, so a resend is a resend.

    Text and title go through `journal_text`. The note is one that `journal_note.check` accepts.
    """
    return write_xml(_head("MsgHead", _msg_info(note), _main_document(note), _attachment(note)))


def _msg_info(note: JournalNote) -> _Element:
    return _head(
        "MsgInfo",
        _head("Type", V="DIALOG_HELSEFAGLIG", DN="Helsefaglig dialog"),
        _head("MIGversion", "v1.2 2006-05-24"),
        _head("GenDate", norwegian_time.written(note.generated_at)),
        _head("MsgId", note.msg_id),
        _head("ProcessingStatus", V="D", DN="Debugging") if note.debugging else None,
        _head("Ack", V="J", DN="Ja"),
        _head("Sender", _sending_organisation(note.sender)),
        _head("Receiver", _receiving_organisation(note)),
        _patient(note.patient),
    )


def _sending_organisation(sender: Sender) -> _Element:
    return _head(
        "Organisation",
        _head("OrganisationName", sender.name),
        _organisation_ident("HER", sender.parent_her_id),
        _organisation_ident("ENH", sender.organisation_number),
        _head(
            "Organisation",
            _head("OrganisationName", sender.name),
            _organisation_ident("HER", sender.her_id),
        ),
    )


def _receiving_organisation(note: JournalNote) -> _Element:
    return _head(
        "Organisation",
        # MsgHead demands a name, and the number is all that the EPJ's token says of the office.
        _head("OrganisationName", f"Virksomhet {note.organisation.parent}"),
        _organisation_ident("HER", note.reply_to.parent_her_id),
        _organisation_ident("ENH", note.organisation.parent),
        _receiving_service(note) if note.reply_to.kind == "Service" else _receiving_person(note, note.reply_to.her_id),
    )


def _receiving_service(note: JournalNote) -> _Element:
    her_id = note.reply_to.her_id
    return _head(
        "Organisation",
        _head("OrganisationName", f"Tjeneste {her_id}"),
        _organisation_ident("HER", her_id),
        _receiving_person(note),
    )


def _receiving_person(note: JournalNote, her_id: str | None = None) -> _Element:
    return _head(
        "HealthcareProfessional",
        _profession(_head, note.profession),
        *_name(_head, note.practitioner_name),
        _person_ident(_head, "HPR", note.hpr_number),
        _person_ident(_head, "HER", her_id) if her_id else None,
    )


def _patient(patient: Patient) -> _Element:
    return _head(
        "Patient",
        _head("FamilyName", patient.family),
        _head("GivenName", patient.given),
        _person_ident(_head, "DNR" if patient.system == oids.DNR else "FNR", patient.number),
    )


def _main_document(note: JournalNote) -> _Element:
    date = norwegian_time.written(note.generated_at)[:10]
    return _head(
        "Document",
        _head("DocumentConnection", V="H", DN="Hoveddokument"),
        _head(
            "RefDoc",
            _head("IssueDate", V=date),
            _head("MsgType", V="XML", DN="XML-instans"),
            _head("MimeType", "text/xml"),
            _head("Content", _dialog("Dialogmelding", _notat(note, date))),
        ),
    )


def _notat(note: JournalNote, date: str) -> _Element:
    return _dialog(
        "Notat",
        _dialog("TemaKodet", V="6", S=f"{_VOLVEN}.7322", DN="Henvendelse om pasient"),
        _dialog("Tema", journal_text(note.title)[0]),
        _dialog("TekstNotatInnhold", journal_text(note.text)[0]),
        _dialog("DokIdNotat", note.document_id),
        _dialog("DatoNotat", date),
        _sender_contact(note.sender),
        _receiver_contact(note),
    )


def _sender_contact(sender: Sender) -> _Element:
    return _role(
        "21",
        "Helsefaglig kontakt",
        _dialog("FamilyName", sender.name),
        _dialog("TeleCom", _common("TeleAddress", V=f"tel:{sender.phone}")),
    )


def _receiver_contact(note: JournalNote) -> _Element:
    # The first message of a dialogue must name the profession it is for (HIS 1077 on TemaKodet 6).
    return _role(
        "24", "Kontakt hos mottaker", _profession(_dialog, note.profession), *_name(_dialog, note.practitioner_name)
    )


def _role(code: str, name: str, *professional: _Element) -> _Element:
    return _dialog(
        "RollerRelatertNotat",
        _dialog("RoleToPatient", V=code, S=f"{_VOLVEN}.9034", DN=name),
        _dialog("HealthcareProfessional", *professional),
    )


def _attachment(note: JournalNote) -> _Element:
    return _head(
        "Document",
        _head("DocumentConnection", V="V", DN="Vedlegg"),
        _head(
            "RefDoc",
            _head("IssueDate", V=norwegian_time.written(note.generated_at)),
            _head("MsgType", V="A", DN="Vedlegg"),
            _head("MimeType", "application/pdf"),
            _head("Description", journal_text(note.title)[0]),
            _head("Content", _base64("Base64Container", b64encode(note.pdf).decode("ascii"))),
        ),
    )


def _profession(make: Maker, code: str) -> _Element:
    # A code that is newer than our list must not keep a note from its journal.
    known = code if code in PROFESSIONS else UNKNOWN
    return make("TypeHealthcareProfessional", V=known, DN=PROFESSIONS[known])


def _name(make: Maker, name: str) -> list[_Element]:
    given, _, family = name.strip().rpartition(" ")
    return [make("FamilyName", family), *([make("GivenName", given)] if given else [])]


_ORGANISATION_IDS = {"HER": "HER-id", "ENH": "Organisasjonsnummeret i Enhetsregister"}
_PERSON_IDS = {"FNR": "Fødselsnummer", "DNR": "D-nummer", "HPR": "HPR-nummer", "HER": "HER-id"}


def _organisation_ident(kind: str, value: str) -> _Element:
    type_id = _head("TypeId", V=kind, S=f"{_VOLVEN}.9051", DN=_ORGANISATION_IDS[kind])
    return _head("Ident", _head("Id", value), type_id)


def _person_ident(make: Maker, kind: str, value: str) -> _Element:
    return make("Ident", make("Id", value), make("TypeId", V=kind, S=f"{_VOLVEN}.8116", DN=_PERSON_IDS[kind]))
