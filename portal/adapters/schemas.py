"""The official schemas as one validator, read from a directory that the operator provides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from portal.domain import xml
from portal.errors import MessageRejected

if TYPE_CHECKING:
    from pathlib import Path

# Leaves first: libxml2 then has every namespace that a later file imports, and skips that file's own bare addresses.
_FILES = {
    xml.XMLDSIG: "xmldsig-core-schema.xsd",
    xml.BASE64: "kith-base64.xsd",
    "http://www.kith.no/xmlstds": "kith.xsd",
    xml.FELLESKOMPONENT: "felleskomponent1.xsd",
    xml.MSGHEAD: "MsgHead-v1_2.xsd",
    "http://www.kith.no/xmlstds/dialog/2006-10-11": "dialogmelding-v1.0.xsd",
    xml.DIALOG: "dialogmelding-v1.1.xsd",
    xml.APPREC_1_0: "apprec-v1.0.xsd",
    xml.APPREC_1_1: "apprec-v1.1.xsd",
}
_LIMIT = 20_000_000
_schema = xml.maker("http://www.w3.org/2001/XMLSchema")


class Schemas:
    """Validates MsgHead 1.2 with Dialogmelding 1.0 and 1.1, and AppRec 1.0 and 1.1; for one thread."""

    def __init__(self, directory: Path) -> None:
        """Load the files, found by name anywhere below; raises FileNotFoundError naming the first that is missing."""
        imports = (
            _schema("import", namespace=namespace, schemaLocation=_found(directory, name).as_uri())
            for namespace, name in _FILES.items()
        )
        # One validator, for RefDoc/Content is strict: MsgHead alone would reject every Dialogmelding.
        self._validator = etree.XMLSchema(_schema("schema", *imports))

    def check(self, message: bytes) -> None:
        """Raise MessageRejected (`message_invalid`) with the first broken rule and its line, without values."""
        try:
            root = xml.parse_xml(message, _LIMIT, long_text=True)
        except ValueError as error:
            raise MessageRejected("message_invalid", str(error)) from error
        try:
            self._validator.assertValid(root)
        except etree.DocumentInvalid:
            # libxml2's own text quotes the value that it rejects.
            entries: Any = self._validator.error_log  # lxml-stubs knows no entries
            first = entries[0]
            raise MessageRejected("message_invalid", f"{first.type_name} in line {first.line}") from None


def _found(directory: Path, name: str) -> Path:
    found = sorted(directory.resolve().rglob(name))
    if not found:
        message = f"{name} is not below the directory of the schemas"
        raise FileNotFoundError(message)
    return found[0]
