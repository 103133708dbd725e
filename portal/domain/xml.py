"""XML in and out: one parser for what others sent, one way to write our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

MSGHEAD = "http://www.kith.no/xmlstds/msghead/2006-05-24"
DIALOG = "http://www.kith.no/xmlstds/dialog/2013-01-23"
FELLESKOMPONENT = "http://www.kith.no/xmlstds/felleskomponent1"
BASE64 = "http://www.kith.no/xmlstds/base64container"
APPREC_1_0 = "http://www.kith.no/xmlstds/apprec/2004-11-21"
APPREC_1_1 = "http://www.kith.no/xmlstds/apprec/2012-02-15"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"


class Maker(Protocol):
    """Makes one element of its namespace: tag, then children in order (text or element), then attributes."""

    def __call__(self, tag: str, *content: _Element | str | None, **attributes: str) -> _Element: ...  # noqa: D102  the class says it


def maker(namespace: str) -> Maker:
    """Return a Maker for one namespace, written without prefix; None among the children is left out."""
    nsmap: dict[Any, str] = {None: namespace}

    def make(tag: str, *content: _Element | str | None, **attributes: str) -> _Element:
        element = etree.Element(f"{{{namespace}}}{tag}", attributes, nsmap=nsmap)
        for part in content:
            if isinstance(part, str):
                element.text = (element.text or "") + part
            elif part is not None:
                element.append(part)
        return element

    return make


def write_xml(root: _Element) -> bytes:
    """Return an indented document that declares UTF-8 in its first line."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def parse_xml(raw: bytes, limit: int, *, long_text: bool = False) -> _Element:
    """Return the root of a document of at most `limit` bytes; comments and processing instructions are dropped.

    `long_text` admits text nodes over 10 MB (an attachment in base64); without it libxml2's own limits on text, depth
    and entities hold. Nothing is fetched and no entity is expanded. Raises ValueError naming the rule, never content.
    """
    if len(raw) > limit:
        raise ValueError("too large")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=long_text,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        # libxml2's text quotes the document, so it must not follow along as a cause.
        raise ValueError("not well-formed") from None
    # Asked of the parser and not of the bytes: a DOCTYPE in UTF-16 or UTF-7 is a DOCTYPE.
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("DOCTYPE")
    return root
