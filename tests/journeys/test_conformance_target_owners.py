"""Who may register a target in the sandbox, what as, and who may change it afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.owner import AT, ID, Owner, registration
from support.staging import living

from portal.demo.browser import Hop
from portal.domain.client_registration import Client
from portal.store import registry, sandbox_targets
from portal.store.tables.log import AuditRow
from portal.store.tables.sandbox import SandboxTargetRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.adapters.http import Answer


@pytest.fixture
def owner(database_url: str, tmp_path: Path) -> Iterator[Owner]:
    with living(database_url, tmp_path, environment="sandbox") as world:
        yield Owner(world)


def in_force(owner: Owner, client_id: str = ID) -> Client | None:
    with owner.world.database.read() as session:
        return registry.client(session, client_id)


def post(owner: Owner, text: str, origin: str | None = None) -> Answer:
    """The form, from our own page unless another is named."""
    headers = {"Origin": origin or owner.world.origin}
    data = {"registration": text}
    return owner.world.egress.send("POST", f"{owner.world.origin}/sandkasse/mal/", headers=headers, data=data)


def test_a_registration_is_in_force_at_once_and_its_service_is_its_own(owner: Owner) -> None:
    told = owner.register(owner="  Eksempeletaten ", service="demo-melding").json()
    client = in_force(owner)
    assert client is not None
    assert (client.service, client.owner) == (ID, "Eksempeletaten")
    assert told["page"] == owner.page
    assert (told["issuer"], told["iss"]) == (owner.world.origin, owner.world.settings.fhir_issuer)


def test_the_secret_is_told_once_and_kept_as_a_hash(owner: Owner) -> None:
    owner.register()
    with owner.world.database.read() as session:
        kept = session.scalars(select(SandboxTargetRow.secret_hash)).one()
    assert len(owner.secret) == 43
    assert owner.secret not in kept
    assert owner.secret not in owner.browser.open(owner.page).text


def test_what_an_owner_does_is_audited(owner: Owner) -> None:
    owner.register()
    owner.manage("", registration=json.dumps(registration(owner="Ny eier")))
    with owner.world.database.read() as session:
        acts = session.execute(select(AuditRow.action, AuditRow.subject).order_by(AuditRow.id)).all()
    assert [tuple(act) for act in acts if act.action.startswith("client_")] == [
        ("client_registered", f"client {ID}"),
        ("client_changed", f"client {ID}"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": "Å"}, "client_id"),
        ({"client_id": "demo-melding"}, "client_id"),
        ({"client_id": "demo-jordmor"}, "client_id"),
        ({"owner": "Eier\u0000"}, "owner"),
        ({"owner": "To\nlinjer"}, "owner"),
        ({"launch_url": "http://melding.example.no/launch"}, "launch_url"),
        ({"launch_url": "https://melding.example.no/<script>"}, "launch_url"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"keys": None, "jwks_uri": "http://127.0.0.1/jwks"}, "jwks_uri"),
        ({"keys": []}, "keys"),
        ({"admin": True}, "admin"),
    ],
)
def test_what_is_wrong_is_named_by_field_and_nothing_is_registered(
    owner: Owner, changes: dict[str, Any], field: str
) -> None:
    refused = owner.register(**changes)
    assert refused.status == 422
    assert field in refused.json()["faults"][0]
    shown = post(owner, json.dumps(registration(**changes)))
    assert shown.status == 422
    assert field in shown.body.decode()
    assert in_force(owner) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"owner": 1, "owner": 2}', json.dumps({"owner": "e" * 9000})])
def test_what_is_no_registration_is_refused(owner: Owner, text: str) -> None:
    assert post(owner, text).status == 422


def test_a_form_must_be_our_own_page_s(owner: Owner) -> None:
    assert post(owner, json.dumps(registration()), "https://other.example").status == 403
    assert in_force(owner) is None


def test_nobody_gets_a_name_that_somebody_has(owner: Owner) -> None:
    assert owner.register().status == 201
    mine = owner.secret
    other = Owner(owner.world)
    assert other.register().status == 422
    assert owner.manage("forfra", mine).status == 303


def test_a_sandbox_that_is_full_says_so_until_an_operator_makes_room(owner: Owner) -> None:
    now = owner.world.clock()
    with owner.world.database.write() as session:
        for number in range(sandbox_targets.MOST):
            other = Client.model_validate(registration(client_id=f"annen-{number}", service=f"annen-{number}"))
            sandbox_targets.change(session, other)
            session.add(SandboxTargetRow(client_id=other.client_id, secret_hash="h" * 64, used_at=now))
    refused = owner.register()
    assert refused.status == 422
    assert "full" in refused.json()["faults"][0]
    with owner.world.database.write() as session:
        registry.disable_client(session, "annen-0")
    assert owner.register().status == 201


@pytest.mark.parametrize("what", ["feil", "forfra", "erklaering", ""])
@pytest.mark.parametrize("secret", ["", "wrong"])
def test_nobody_but_who_knows_the_secret_changes_anything(owner: Owner, what: str, secret: str) -> None:
    owner.register()
    refused = owner.manage(what, secret, fault="expired", registration=json.dumps(registration(writeback=False)))
    assert refused.status == 403
    client = in_force(owner)
    assert client is not None
    assert client.writeback
    assert "code" in owner.ask(owner.press())[0]


def test_a_browser_that_has_shown_the_secret_is_the_owner_s_for_this_target_alone(owner: Owner) -> None:
    owner.register()
    mine, other = owner.page, owner.page.replace(ID, "annen")
    assert owner.register(client_id="annen").status == 201
    browser, origin = owner.browser, owner.world.origin
    asked = browser.open(other)
    assert browser.submit(asked, asked.form("/eier"), secret="wrong").status == 403
    opened = browser.submit(asked, asked.form("/eier"), secret=owner.secret)
    assert opened.tree.xpath("//input[@name='fault']")
    assert not browser.open(mine).tree.xpath("//input[@name='fault']")
    assert browser.step(Hop("POST", f"{other}/forfra", {}, origin)).status == 303
    assert browser.step(Hop("POST", f"{mine}/forfra", {}, origin)).status == 403
    assert browser.step(Hop("POST", f"{other}/forfra", {}, "https://other.example")).status == 403


def test_a_change_is_in_force_at_once_and_stays_the_same_target_s(owner: Owner) -> None:
    owner.register()
    changed = owner.manage("", registration=json.dumps(registration(launch_url=f"{AT}/ny")))
    assert changed.status == 303
    client = in_force(owner)
    assert client is not None
    assert client.launch_url == f"{AT}/ny"
    for text in (json.dumps(registration(client_id="annen")), "{"):
        assert owner.manage("", registration=text).status == 422
    assert in_force(owner, "annen") is None


def test_what_an_operator_registered_nobody_changes(owner: Owner) -> None:
    text = json.dumps(registration(client_id="demo-melding"))
    url = f"{owner.world.origin}/sandkasse/mal/demo-melding"
    headers = {"Origin": owner.world.origin}
    assert owner.world.egress.send("POST", url, headers=headers, data={"registration": text}).status == 422


def test_what_an_operator_has_stopped_stays_stopped(owner: Owner) -> None:
    owner.register()
    with owner.world.database.write() as session:
        registry.disable_client(session, ID)
    assert owner.register().status == 422
    assert owner.manage("", registration=json.dumps(registration())).status == 404
    assert in_force(owner) is None
