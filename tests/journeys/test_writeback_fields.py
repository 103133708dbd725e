"""Path 4, in, without a PDF, and what a target is told of what it has sent."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from sqlalchemy import select
from support import pdfs
from support.bodies import LINE, with_fields, with_pdf
from support.copied import blocks

from portal.store import documents
from portal.store.tables.journal import DocumentRow

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page


def put_fields(world: World, given: dict[str, Any], **changes: Any) -> Answer:
    body = with_fields(given["patient"]) | changes
    return world.as_target("PUT", "/api/writeback/d-1", given["writeback_token"], body)


def kept_pdf(world: World) -> bytes:
    with world.database.read() as session:
        row_id = session.scalars(select(DocumentRow.id)).one()
        kept = documents.load(session, world.app.extensions["portal"].vault, row_id)
    assert kept
    return kept.pdf


def test_fields_become_the_pdf_that_is_kept(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    answer = put_fields(world, given)
    assert answer.status == 202
    assert (answer.json()["left_out"], answer.json()["advice"]) == (0, [])
    with pikepdf.open(BytesIO(kept_pdf(world)), attempt_recovery=False) as made:
        assert made.open_metadata().pdfa_status == "2A"
        assert (str(made.docinfo["/Title"]), len(made.pages)) == ("Dødsmelding", 1)
        assert str(made.docinfo["/Author"])
    # Whose it is stands in it, and nowhere that is not sealed.
    assert LINE["number"].encode() not in kept_pdf(world)


def test_the_framework_s_own_example_is_taken(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    (example,) = (json.loads(block) for block in blocks("nb", "tilbakeskriving", "json") if '"fields"' in block)
    assert put_fields(world, given, **example | {"patient": given["patient"]}).status == 202


def test_a_state_says_where_it_is_and_not_what_was_said_of_it(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    put_fields(world, given)
    state = world.state_of(given).json()
    assert state["state"] == "queued"
    assert not state.keys() & {"left_out", "advice"}


@pytest.mark.parametrize(
    ("changes", "left_out", "advice"),
    [
        ({}, 0, []),
        ({"title": "Kopi – 日", "text": "Sendt 語本. Se PDF."}, 3, []),
        ({"text": "…" * 200}, 0, ["text_long"]),
        (with_pdf(pdfs.pages(11)), 0, ["pages_many"]),
        (with_pdf(pdfs.heavy(2 * 1024 * 1024)), 0, ["pdf_large"]),
    ],
    ids=["none", "letters", "text", "pages", "bytes"],
)
def test_a_target_is_told_of_noise(
    world: World, anna: tuple[Browser, Page], changes: dict[str, Any], left_out: int, advice: list[str]
) -> None:
    answer = world.put(world.launch(*anna), **changes)
    assert answer.status == 202
    assert (answer.json()["left_out"], answer.json()["advice"]) == (left_out, advice)


def test_the_sixth_document_of_a_launch_is_many_and_stays_that(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    told = [world.put(given, f"d-{number}").json()["advice"] for number in range(6)]
    assert told == [[]] * 5 + [["many_documents"]]
    assert [world.put(given, f"d-{number}").json()["advice"] for number in range(6)] == told
