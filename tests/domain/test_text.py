"""Text from outside: what every journal, database and XML builder can carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from lxml import etree
from pydantic import TypeAdapter, ValidationError

from portal.domain.text import HerId, Line, Name, OpaqueId, Text, clean, is_opaque_id, single_line

CANNOT_BE_CARRIED = ["\0", "\x01", "\x08", "\x0b", "\x0c", "\r", "\x1b", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff"]


@pytest.mark.parametrize("character", CANNOT_BE_CARRIED)
def test_what_xml_cannot_carry_is_refused(character: str) -> None:
    for rule in (clean, single_line):
        with pytest.raises(ValueError, match="are not text"):
            rule(f"Line{character}Danser")


@given(some.text())
def test_what_is_let_through_comes_back_from_xml(value: str) -> None:
    try:
        cleaned = clean(value)
    except ValueError:
        return
    element = etree.Element("t")
    element.text = cleaned
    assert (etree.fromstring(etree.tostring(element)).text or "") == cleaned


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("  Blåresept \n", "Blåresept"),
        ("Ha\u030avoll", "Håvoll"),
        ("Čálliidlágádus", "Čálliidlágádus"),
        ("linje 1\n\tlinje 2", "linje 1\n\tlinje 2"),
        ("🩺", "🩺"),
    ],
)
def test_it_is_composed_and_trimmed_and_nothing_else(value: str, cleaned: str) -> None:
    assert clean(value) == cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("value", ["a\nb", "a\tb"])
def test_one_line_is_one_line(value: str) -> None:
    assert single_line(f"{value[0]}\n") == value[0]
    with pytest.raises(ValueError, match="one line"):
        single_line(value)


@pytest.mark.parametrize(("kind", "longest"), [(Name, 100), (Line, 200), (Text, 500)])
def test_each_kind_has_its_length(kind: type[str], longest: int) -> None:
    adapter = TypeAdapter(kind)
    assert adapter.validate_python("å" * longest) == "å" * longest
    for wrong in ("", "   ", "å" * (longest + 1)):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@pytest.mark.parametrize("value", ["d-1", "A.b_c~9", "x" * 64])
def test_an_opaque_id_may_stand_in_a_url(value: str) -> None:
    assert is_opaque_id(value)
    assert TypeAdapter(OpaqueId).validate_python(value) == value


@pytest.mark.parametrize("value", ["", "x" * 65, "a/b", "a b", "a%2F", "å", "a\n", "../a", "a?b"])
def test_what_is_no_opaque_id_may_not(value: str) -> None:
    assert not is_opaque_id(value)
    with pytest.raises(ValidationError):
        TypeAdapter(OpaqueId).validate_python(value)


@pytest.mark.parametrize("value", ["1", "99000001", "999999999"])
def test_a_her_id_is_a_number(value: str) -> None:
    assert TypeAdapter(HerId).validate_python(value) == value


@pytest.mark.parametrize("value", ["", "0", "01", "1000000000", "-1", "1\n", "١"])
def test_what_is_no_her_id_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(HerId).validate_python(value)
