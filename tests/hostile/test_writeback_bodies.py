"""facts/security §4.7, what is in a body: JSON that means one thing, and fields that are data and nothing else."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from support.bodies import PDF, document_body, with_fields, with_pdf
from support.liar import MISSING, with_changes

from portal.domain.bodies import WritebackPut

if TYPE_CHECKING:
    from support.uploads import Desk

pytestmark = pytest.mark.hostile


def _whole(desk: Desk) -> str:
    return json.dumps(document_body(desk.given["patient"]))


@pytest.mark.parametrize(
    "raw",
    [
        lambda _: "[" * 100_000,
        lambda _: '{"a":' * 5_000 + "1" + "}" * 5_000,
        lambda whole: whole[:-1] + ', "title": "En annen"}',
        lambda whole: whole[:-1] + f', "patient": "{"x" * 64}"}}',
        lambda whole: whole[:-1] + ', "corrects": NaN}',
        lambda whole: whole[:-1] + ', "corrects": -Infinity}',
        lambda whole: whole.encode("utf-16"),
        lambda whole: b"\xef\xbb\xbf" + whole.encode(),
        lambda whole: whole.encode().replace(b"Demomelding", b"D\xf8dsmelding"),
        lambda whole: f"[{whole}]",
        lambda whole: f"{whole}{whole}",
        lambda whole: whole + "\0",
        lambda whole: whole[:-1] + ",}",
        lambda _: "null",
        lambda _: "",
    ],
    ids=range(15),
)
def test_H173_JSON_that_means_two_things_or_none_is_refused(desk: Desk, raw: Any) -> None:
    before, body = desk.stored(), raw(_whole(desk))
    assert desk.put_raw(body if isinstance(body, bytes) else body.encode()) == (400, "malformed_json")
    assert desk.stored() == before


def test_H175_there_is_no_date_that_could_be_wrong() -> None:
    """When a document was taken in is our own time; a date among the fields is text, and stays as it was written."""
    schema = json.dumps(WritebackPut.model_json_schema())
    assert '"format": "date' not in schema


@pytest.mark.parametrize("name", ["date", "sent_at", "accepted_at", "at", "birth_date"])
def test_H175_a_date_that_is_sent_all_the_same_is_refused(desk: Desk, name: str) -> None:
    desk.refused(desk.put(PDF, **{name: "2026-11-26"}), 422, "invalid_body")


def test_H175_a_date_in_a_field_is_what_was_written(desk: Desk) -> None:
    dates = ["1900-01-01", "2026-02-30", "2027-02-29", "2026-03-29T02:30:00", "9999-12-31", "31.12.99"]
    fields = [{"label": "Dato", "value": date} for date in dates]
    assert desk.put_fields("dates", fields=fields).status == 202


@pytest.mark.parametrize(
    "changes",
    [
        with_pdf(PDF),
        {"pdf": with_pdf(PDF)["pdf"]},
        {"pdf_sha256": "0" * 64},
        {"fields": MISSING, "reference": MISSING},
        {"fields": MISSING},
        {"fields": MISSING, **with_pdf(PDF)},
        {"fields": None},
        {"fields": []},
        {"fields": {}},
        {"fields": "Årsak"},
        {"reference": None},
        {"fields": [{"label": "Årsak"}]},
        {"fields": [{"label": "Årsak", "value": ""}]},
        {"fields": [{"label": "Årsak", "value": "x", "style": "x"}]},
        {"fields": [{"label": "to\nlinjer", "value": "x"}]},
        {"fields": [{"label": "x" * 201, "value": "x"}]},
        {"fields": [{"label": "x", "value": "x" * 2001}]},
        {"fields": [{"label": "x", "value": "a\0b"}]},
        {"fields": [{"label": "x", "value": ["x"]}]},
        {"fields": [{"label": "x", "value": "x"}] * 61},
    ],
    ids=range(20),
)
def test_either_a_PDF_or_fields_and_both_whole(desk: Desk, changes: dict[str, Any]) -> None:
    before = desk.stored()
    body = with_changes(with_fields(desk.given["patient"]), changes)
    answer = desk.world.as_target("PUT", "/api/writeback/either", desk.given["writeback_token"], body)
    desk.refused(answer, 422, "invalid_body")
    assert desk.stored() == before


@pytest.mark.parametrize("written", ["日本語", "\u202e\u200b", "🙂"])
def test_an_answer_that_nothing_would_be_left_of_is_refused(desk: Desk, written: str) -> None:
    for field in ({"label": written, "value": "x"}, {"label": "x", "value": written}):
        desk.refused(desk.put_fields("letters", fields=[field]), 422, "text_not_allowed")


@pytest.mark.parametrize(
    "written",
    [
        '#read("/etc/passwd")',
        '#import "@preview/x:0.1.0"',
        "#panic()",
        "] #sys.inputs [",
        "$ x $ *fet* _skrå_ = Overskrift",
        "\\u{41} `raw` <label> @ref // kommentar /* */",
        '"}, "title": "x',
        "#" * 2000,
        "[" * 2000,
        "x" + "\n" * 900 + "x",
        "x" * 2000,
        "\u202ered\u202c gm 5",
    ],
    ids=range(12),
)
def test_what_is_written_in_a_field_is_never_markup(desk: Desk, written: str, request: pytest.FixtureRequest) -> None:
    document_id = f"markup-{request.node.callspec.id}"
    fields = [{"label": written.replace("\n", " ")[:200], "value": written}]
    answer = desk.put_fields(document_id, fields=fields)
    assert (answer.status, answer.json()["left_out"]) == (202, 0)
    with pikepdf.open(BytesIO(desk.pdf_of(document_id))) as made:
        assert made.docinfo["/Title"] == "Dødsmelding"
        assert "/Annots" not in made.pages[0]
