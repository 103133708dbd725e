"""The catalogue for other link pages, and what owners say of their services' stops."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from support.helseid import ANNA
from support.keys import ec

from portal.adapters import catalogue_file
from portal.domain import assertion
from portal.domain.catalogue import overlay
from portal.domain.service_parts import Stop
from portal.store import notices
from portal.store.publishing import publish

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer

PUBLIC = "/api/catalogue/public"
TEXT = {"nb": "Innsending feiler.", "nn": "Innsending feilar.", "en": "Submission fails."}


@pytest.fixture
def shipped(world: World, request: pytest.FixtureRequest) -> World:
    """A world with the shipped catalogue in force beside the demo's."""
    demo = world.app.extensions["portal"].shelf.stock().catalogue
    whole = overlay(catalogue_file.read(request.config.rootpath / "link_catalog.yaml"), demo)
    publish(world.settings, whole, by="test", based_on=1)
    world.app.extensions["public_pages"].refresh()
    return world


def test_every_public_entry_is_there_and_no_other(shipped: World) -> None:
    answer = shipped.egress.send("GET", f"{shipped.origin}{PUBLIC}")
    document = answer.json()
    ids = [one["id"] for one in document["services"]]
    assert (answer.status, document["revision"], len(ids)) == (200, 2, 54)
    assert not any(one.startswith("demo-") for one in ids)
    blue = next(one for one in document["services"] if one["id"] == "blareseptsoknad")
    assert blue["go"] == f"{shipped.origin}/go/blareseptsoknad"
    assert {zone: access["answer"] for zone, access in blue["access"].items()} == {
        "helsenett": "open",
        "internett": "open",
    }
    assert blue["access"]["helsenett"]["url"] != blue["access"]["internett"]["url"]
    assert (blue["parent"], blue["owner"]["id"]) == ("helsedir-tjenesteportal", "helfo")
    assert all(set(one["title"]) == {"nb", "nn", "en"} for one in document["services"])


def test_it_has_an_etag_and_may_be_read_by_any_page(shipped: World) -> None:
    url = f"{shipped.origin}{PUBLIC}"
    headers = shipped.browser().open(url).response.headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "public, max-age=60"
    again = shipped.egress.send("GET", url, headers={"If-None-Match": headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


def test_it_stands_when_the_database_is_gone(shipped: World) -> None:
    whole = shipped.egress.send("GET", f"{shipped.origin}{PUBLIC}").body
    with shipped.app_with(database_url="postgresql://127.0.0.1:9/gone") as client:
        assert client.get(PUBLIC, base_url=shipped.origin).data == whole
        found = client.get("/?q=sykmelding", base_url=shipped.origin)
        assert "Sykmelding fra journal" in found.text


def test_the_schema_is_published_and_the_shipped_file_is_valid_by_it(
    world: World, request: pytest.FixtureRequest
) -> None:
    served = world.egress.send("GET", f"{world.origin}/api/catalogue/schema").body.decode()
    assert served == (request.config.rootpath / "docs/link_catalog.schema.json").read_text(encoding="utf-8")
    schema = json.loads(served)
    Draft202012Validator.check_schema(schema)
    shipped = catalogue_file.read(request.config.rootpath / "link_catalog.yaml")
    written = shipped.model_dump(mode="json", exclude_defaults=True)
    Draft202012Validator(schema).validate(written)
    broken = written | {"surprise": 1}
    assert not Draft202012Validator(schema).is_valid(broken)


def put(world: World, notice_id: str = "n-1", client: str = "demo-melding", jti: str = "", **changes: Any) -> Answer:
    """An owner's system tells of a fault of its own service."""
    now = world.clock()
    signed = assertion.make(ec(client).private, client, world.origin, now, jti or secrets.token_hex())
    body = {
        "client_assertion_type": assertion.TYPE,
        "client_assertion": signed,
        "kind": "fault",
        "from": now.isoformat(),
        "to": (now + timedelta(hours=2)).isoformat(),
        "message": TEXT,
    }
    sent = json.dumps(body | changes).encode()
    url = f"{world.origin}/api/notices/{notice_id}"
    return world.egress.send("PUT", url, headers={"Content-Type": "application/json"}, data=sent)


def card(world: World) -> str:
    """What stands on the demo's card in the patient's list."""
    page = world.open_patient(world.browser(), ANNA)
    return " ".join(page.tree.xpath("string(//article[@id='demo-melding'])").split())


def test_an_owner_tells_of_a_fault_and_of_its_end(world: World) -> None:
    assert "Driftsforstyrrelse" not in card(world)
    answer = put(world)
    assert (answer.status, answer.json()["kind"]) == (200, "fault")
    assert "Driftsforstyrrelse. Innsending feiler. Ventet slutt:" in card(world)
    page = world.open_patient(world.browser(), ANNA)
    assert page.tree.xpath("//section[@aria-labelledby='drift']//a/@href") == ["#demo-melding"]
    world.clock.ahead += timedelta(seconds=5)
    assert (
        put(world, to=(world.clock() - timedelta(seconds=1)).isoformat(), **{"from": "2026-01-01T00:00:00Z"}).status
        == 200
    )
    assert "Driftsforstyrrelse" not in card(world)


def test_a_notice_of_a_public_service_reaches_the_public_page_of_every_host(shipped: World) -> None:
    now = shipped.clock()
    said = {"kind": "fault", "from": now.isoformat(), "to": (now + timedelta(hours=1)).isoformat(), "message": TEXT}
    with shipped.database.write() as session:
        stop = Stop.model_validate(said)
        notices.post(session, notices.Notice("dodsmelding", "n", stop, "operator test"))
    shipped.app.extensions["public_pages"].refresh()
    for lang, text in {"nb": "Innsending feiler.", "nn": "Innsending feilar.", "en": "Submission fails."}.items():
        assert text in shipped.browser().open(f"{shipped.origin}/?lang={lang}").text
    document = shipped.egress.send("GET", f"{shipped.origin}{PUBLIC}").json()
    assert [one["id"] for one in document["services"] if one["stops"]] == ["dodsmelding"]
    shipped.clock.ahead += timedelta(hours=2)
    assert "Innsending feiler." not in shipped.browser().open(f"{shipped.origin}/").text


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_assertion": "x.y.z"}, 401, "invalid_client"),
        ({"message": {"nb": "Bare bokmål."}}, 422, "invalid_body"),
        ({"to": "2026-01-01T00:00:00Z"}, 422, "invalid_body"),
        ({"kind": "party"}, 422, "invalid_body"),
        ({"surprise": 1}, 422, "invalid_body"),
    ],
)
def test_what_is_wrong_is_refused_by_its_rule_and_tells_nobody(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = put(world, **changes)
    assert (answer.status, answer.json()["code"]) == (status, code)
    with world.database.read() as session:
        assert notices.listed(session) == []


def test_an_assertion_is_good_once_and_an_id_is_opaque(world: World) -> None:
    assert [put(world, jti="once").status, put(world, jti="once").status] == [200, 401]
    assert put(world, notice_id="13116900216").status == 422


def test_one_owner_cannot_touch_the_notice_of_another(world: World) -> None:
    assert put(world).status == 200
    assert put(world, client="demo-annen", message=TEXT | {"nb": "Kuppet."}).status == 200
    assert "Innsending feiler." in card(world)
    assert "Kuppet." not in card(world)


def test_few_launches_that_arrive_are_told_of(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    for _ in range(5):
        world.handle(browser, page)
    world.clock.ahead += timedelta(minutes=2)
    assert "Få kommer inn nå: 0 av 5 forsøk lyktes den siste timen." in card(world)
    metrics = world.egress.send("GET", f"{world.origin}/metrics").body.decode()
    assert 'portal_launches_last_hour{service="demo-melding",taken_up="no"} 5.0' in metrics
