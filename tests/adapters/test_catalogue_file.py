from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.catalogue import PLAIN, SHIPPED, a_catalogue, demo_catalogue

from portal.adapters.catalogue_file import SIZE_LIMIT, parse, read
from portal.adapters.catalogue_text import dump
from portal.domain.catalogue import overlay
from portal.errors import CatalogueRejected

if TYPE_CHECKING:
    from pathlib import Path

# A line for every value, so that a fault can be planted in each.
PLAIN_FORM = a_catalogue({}).model_dump(mode="json", exclude_defaults=True)
VALID = yaml.safe_dump(PLAIN_FORM, sort_keys=False, allow_unicode=True)

NINE_FAULTS = """\
schema_version: 1
owners:
  eier:
    name: {nb: Eier}
    orgnr: 983744516
services:
- id: tjeneste
  kind: portal
  level: 1B
  owner: ukjent
  category: oppslag
  title: {nb: NO}
  summary: {nn: Gjer noko.}
  patient: none
  endpoints:
  - zone: helsenett
    url: javascript:alert(1)
  login: {methods: [helseid], sso: false}
  context: {mechanism: none}
  writeback: {by: none, mechanisms: []}
  access:
    visibility: authorised
    rules: [{municipalities: [0301]}]
  languages: [nb]
  languages: [nn]
  status: {state: active}
  provenance: {state: verified, source: test, checked: 2024-02-30}
"""


def refused(text: str) -> list[str]:
    """What is said about a text that must be refused, a line for each fault, without the file's name."""
    with pytest.raises(CatalogueRejected) as caught:
        parse(text, "catalog.yaml")
    assert caught.value.code == "catalogue_invalid"
    return [line.removeprefix("catalog.yaml:") for line in caught.value.detail.splitlines()]


def titled(scalar: str) -> str:
    """A valid catalogue whose title is written like this."""
    return VALID.replace("nb: Tjeneste", f"nb: {scalar}")


def test_every_fault_is_told_at_once_with_its_line_and_field() -> None:
    assert [line.split(": ")[:2] for line in refused(NINE_FAULTS)] == [
        ["5", "owners.eier.orgnr"],
        ["9", "services.0.level"],
        ["10", "services.0.owner"],
        ["12", "services.0.title.nb"],
        ["13", "services.0.summary.nb"],
        ["17", "services.0.endpoints.0.url"],
        ["23", "services.0.access.rules.0.municipalities.0"],
        ["25", "services.0.languages"],
        ["27", "services.0.provenance.checked"],
    ]


def test_a_fault_names_its_file_and_never_the_value() -> None:
    with pytest.raises(CatalogueRejected, match=r"^catalogue_invalid: min.yaml:1: schema_version: ") as caught:
        parse(VALID.replace("schema_version: 1", "schema_version: 13117012345"), "min.yaml")
    assert "13117012345" not in str(caught.value)


@pytest.mark.parametrize(
    ("scalar", "kind"),
    [
        ("NO", "bool"),
        ("yes", "bool"),
        ("on", "bool"),
        ("True", "bool"),
        ("010", "int"),
        ("0x1F", "int"),
        ("1_000", "int"),
        ("12:30:45", "int"),
        ("1.5", "float"),
        (".inf", "float"),
        ("~", "null"),
        ("null", "null"),
        ("", "null"),
        ("=", "value"),
    ],
)
def test_text_that_some_reader_takes_for_something_else_is_refused(scalar: str, kind: str) -> None:
    assert refused(titled(scalar)) == [
        f"13: services.0.title.nb: some readers take this for {kind}: write it out, or put it in quotes"
    ]


@pytest.mark.parametrize("scalar", ["NO", "010", "1.5", "null", "2026-11-20"])
def test_in_quotes_it_is_text(scalar: str) -> None:
    assert parse(titled(f"'{scalar}'"), "quoted").services[0].title.nb == scalar


@pytest.mark.parametrize("scalar", ["true", "8", "2026-11-20"])
def test_a_plain_boolean_number_or_date_is_not_text(scalar: str) -> None:
    assert refused(titled(scalar)) == ["13: services.0.title.nb: Input should be a valid string"]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("2024-02-30", "no such date or time"),
        ("2024-02-30T10:00:00Z", "no such date or time"),
        ("2026-1-5", "must be written out"),
        ("'2024-02-30'", "Input should be a valid date"),
        ("20261120", "must be written out"),
        ("'1732060800'", "must be written out"),
    ],
)
def test_a_date_that_is_none_is_refused(written: str, fault: str) -> None:
    (said,) = refused(VALID.replace("'2026-11-20'", written))

    assert said.split(": ")[1] == "services.0.provenance.checked"
    assert fault in said


def test_a_date_may_stand_with_and_without_quotes() -> None:
    assert parse(VALID.replace("'2026-11-20'", "2026-11-20"), "plain") == parse(VALID, "quoted")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["1: file: the file is empty"]),
        ("# bare en kommentar\n", ["1: file: the file is empty"]),
        ("- 1\n", ["1: file: Input should be a valid dictionary or instance of Catalogue"]),
        (VALID + "---\n" + VALID, [f"{VALID.count(chr(10)) + 1}: file: only one document is allowed"]),
        (VALID + "services: []\n", [f"{VALID.count(chr(10)) + 1}: services: the same key twice"]),
        (VALID.replace("schema_version", "SCHEMA"), None),
        (VALID.replace("nb: Eier", "nb: &navn Eier"), ["5: owners.eier.name.nb: anchors and tags are not allowed"]),
        (VALID.replace("nb: Eier", "nb: !!str Eier"), ["5: owners.eier.name.nb: anchors and tags are not allowed"]),
        (VALID.replace("nb: Eier", "nb: !!python/name:os.system"), None),
        (VALID.replace("nb: Eier", "nb: *navn"), ["5: owners.eier.name.nb: aliases are not allowed"]),
        (VALID.replace("nb: Eier", "<<: {nb: Eier}"), None),
        (VALID.replace("nb: Eier", "? [nb, nn]\n      : Eier"), None),
        (VALID.replace("nb: Eier", "nb: Eier\n      no: Eigar"), None),
        (VALID.replace("nb: Eier", "nb: Ei\x07er"), ["5: file: control characters are not text"]),
        (VALID.replace("nb: Eier", "nb: Ei\ud800er"), ["5: file: control characters are not text"]),
        (VALID.replace("nb: Eier", "nb: 'Eier"), None),
        ("a: b: c\n", None),
        ("\tschema_version: 1\n", None),
    ],
)
def test_what_is_not_plain_is_refused(text: str, faults: list[str] | None) -> None:
    said = refused(text)

    assert said == faults if faults else said


def test_an_alias_bomb_does_not_go_off() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{later}: &{later} [{','.join([f'*{earlier}'] * 9)}]\n"
        for earlier, later in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert sum(line.endswith("aliases are not allowed") for line in refused(bomb)) == 8 * 9


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "{? "])
def test_depth_is_bounded(opening: str) -> None:
    assert "1: file: nested deeper than 12" in refused(opening * 5000)


def test_size_is_bounded(tmp_path: Path) -> None:
    large = VALID + "#" * SIZE_LIMIT
    path = tmp_path / "large.yaml"
    path.write_text(large, encoding="utf-8")

    assert refused(large) == ["1: file: larger than 1 MB"]
    with pytest.raises(CatalogueRejected, match="larger than 1 MB"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_bom_and_crlf_are_read(tmp_path: Path, encoding: str, ending: str) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_bytes(VALID.replace("\n", ending).encode(encoding))

    assert read(path) == parse(VALID, "plain")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_bytes(VALID.encode(encoding))

    with pytest.raises(CatalogueRejected, match=r"not UTF-8|control characters"):
        read(path)


def test_a_bad_entry_among_many_is_the_only_one_named() -> None:
    many = [{"id": f"tjeneste-{number}"} for number in range(500)]
    plain = yaml.safe_load(dump(a_catalogue(*many)))
    plain["services"][321]["level"] = "høy"
    text = yaml.safe_dump(plain, sort_keys=False)

    (said,) = refused(text)
    line = int(said.split(":")[0])
    assert text.splitlines()[line - 1].strip().startswith("level:")
    assert "services.321.level" in said


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert refused(text)


@given(st.dictionaries(st.sampled_from(sorted(PLAIN)), st.none() | st.integers() | st.text() | st.lists(st.integers())))
def test_no_entry_breaks_the_reader(changes: dict[str, object]) -> None:
    plain = {"schema_version": 1, "owners": {"eier": {"name": {"nb": "Eier"}}}, "services": [PLAIN | changes]}
    text = yaml.safe_dump(plain)

    with suppress(CatalogueRejected):
        assert parse(text, "catalog.yaml").services[0].owner == "eier"


def test_what_was_written_is_read_and_written_the_same(tmp_path: Path) -> None:
    for catalogue in (a_catalogue({}), a_catalogue({"id": "en", "codes": ["08-07.04", "yes"]}), read(SHIPPED)):
        path = tmp_path / "catalog.yaml"
        path.write_text(dump(catalogue), encoding="utf-8")
        assert read(path) == catalogue
        assert dump(read(path)) == path.read_text(encoding="utf-8")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=150))
def test_any_text_is_written_so_that_it_is_read_again(text: str) -> None:
    with suppress(ValidationError):
        catalogue = a_catalogue({"summary": {"nb": text}, "keywords": {"nb": [text]}})
        assert parse(dump(catalogue), "catalog.yaml") == catalogue


def test_the_shipped_and_the_demo_catalogue_go_together() -> None:
    both = overlay(read(SHIPPED), demo_catalogue(8004))

    assert both.service("demo-melding").address("helsenett") == "http://127.0.0.1:8004/"
    assert parse(dump(both), "again") == both
