"""The EPJ's application receipt: *mottatt i EPJ* (AppRec 1.0 HIS 80415:2004, AppRec 1.1 HIS 80415:2012)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from portal.domain import norwegian_time
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.domain.xml import APPREC_1_0, APPREC_1_1, XMLDSIG, parse_xml
from portal.errors import MessageRejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lxml.etree import _Element

LIMIT = 1_000_000
_ID_LIMIT = 64
_ROOTS = {f"{{{namespace}}}AppRec" for namespace in (APPREC_1_0, APPREC_1_1)}


def parse(raw: bytes) -> AppRec:
    """Read a receipt of at most 1 MB, told apart by its namespace; a GenDate without offset is Norwegian time.

    One that is signed is not read: whose signature holds is known to nobody here, and a bad one must not pass.
    Raises MessageRejected (`apprec_invalid`) naming the field or rule, never a value.
    """
    root = _root(raw)
    return AppRec(
        id=_id(_one(root, "Id")),
        status=_status(_one(root, "Status")),
        errors=tuple(_error(error) for error in root.iterfind("{*}Error")),
        original_msg_id=_id(_one(_one(root, "OriginalMsgId"), "Id")).lower(),
        sender_her_ids=frozenset(_her_ids(_one(root, "Sender"))),
        generated_at=_moment(_one(root, "GenDate")),
    )


def _root(raw: bytes) -> _Element:
    try:
        root = parse_xml(raw, LIMIT)
    except ValueError as error:
        raise MessageRejected("apprec_invalid", str(error)) from error
    if root.tag not in _ROOTS:
        raise MessageRejected("apprec_invalid", "not an AppRec")
    if next(root.iter(f"{{{XMLDSIG}}}Signature"), None) is not None:
        raise MessageRejected("apprec_invalid", "signed")
    return root


def _one(parent: _Element, name: str) -> _Element:
    # A second Status or OriginalMsgId would let two readers see two receipts.
    found = parent.findall(f"{{*}}{name}")
    if len(found) != 1:
        raise MessageRejected("apprec_invalid", f"{name} must stand once")
    return found[0]


def _id(element: _Element) -> str:
    value = (element.text or "").strip()
    if not value or len(value) > _ID_LIMIT:
        raise MessageRejected("apprec_invalid", "Id")
    return value


def _status(element: _Element) -> ReceiptStatus:
    try:
        return ReceiptStatus(element.get("V", ""))
    except ValueError:
        raise MessageRejected("apprec_invalid", "Status") from None


def _error(element: _Element) -> ReceiptError:
    code = element.get("V", "")
    texts = (element.get(name, "").strip() for name in ("DN", "OT"))
    return ReceiptError(code if re.fullmatch(r"[A-Za-z0-9]{1,10}", code) else "", ": ".join(filter(None, texts)))


def _moment(element: _Element) -> datetime:
    try:
        return norwegian_time.read(element.text or "")
    except ValueError:
        raise MessageRejected("apprec_invalid", "GenDate") from None


def _her_ids(sender: _Element) -> Iterator[str]:
    """Every HER-id of the sender: institution, department and person, as main or additional id."""
    for element in sender.iter("{*}TypeId", "{*}Type"):
        parent = element.getparent()
        if element.get("V") == "HER" and parent is not None:
            yield from (found.text.strip() for found in parent.iterfind("{*}Id") if found.text)
