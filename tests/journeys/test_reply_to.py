"""Where the journal takes messages is what NHN's address register says, and a patient opens while it is silent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.bodies import LINE, REPLY_TO, session_body
from support.helseid import ANNA, DINA
from support.staging import living

from portal.demo.helseid.address_register import AUDIENCE, PARTIES
from portal.store.tables.sign_on import HelseIdTokenRow

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World


def create(world: World, **reply_to: str) -> tuple[int, dict[str, Any]]:
    body = session_body("v" * 43, LINE, reply_to=REPLY_TO | reply_to)
    answer = world.call("POST", "/api/session/create", world.epj_token(ANNA), body)
    return answer.status, answer.json()


def test_a_service_of_the_tokens_organisation_takes_messages(world: World) -> None:
    status, said = create(world)
    assert (status, said["writeback"]) == (201, True)


def test_a_clinician_who_is_the_patient_herself_gets_no_message(world: World) -> None:
    body = session_body("v" * 43, LINE | {"number": DINA.pid})
    answer = world.call("POST", "/api/session/create", world.epj_token(DINA), body)
    assert (answer.status, answer.json()["writeback"]) == (201, False)


def test_the_registers_token_is_ours_for_it_alone_and_kept(world: World) -> None:
    for hours in range(3):
        world.clock.ahead = timedelta(hours=hours)
        create(world)
    with world.database.read() as session:
        kept = session.scalars(select(HelseIdTokenRow).where(HelseIdTokenRow.audience != "")).all()
    jkt = world.app.extensions["portal"].helseid.client.jkt
    assert [(row.owner, row.audience) for row in kept] == [("portal", f"{AUDIENCE} {jkt}")]


@pytest.mark.parametrize(
    ("her_id", "parent", "code"),
    [
        ("1", "99000101", "reply_to_unknown"),
        ("99000101", "99000101", "reply_to_unknown"),
        ("99000102", "99000102", "reply_to_elsewhere"),
    ],
)
def test_what_the_register_does_not_confirm_is_refused(world: World, her_id: str, parent: str, code: str) -> None:
    status, said = create(world, her_id=her_id, parent_her_id=parent)
    assert (status, said["code"]) == (422, code)


def test_while_the_register_is_silent_the_patient_opens_without_write_back(database_url: str, tmp_path: Path) -> None:
    with living(database_url, tmp_path, address_register=f"http://127.0.0.1:9{PARTIES}", egress_allow=()) as world:
        status, said = create(world)
        assert (status, said["writeback"]) == (201, False)
