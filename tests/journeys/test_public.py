"""The public page: everyone's, cacheable, and standing when the database and HelseID are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA

from portal.adapters import catalogue_file
from portal.app import Edges
from portal.demo.browser import Hop
from portal.errors import CatalogueRejected
from portal.store.publishing import publish

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World

SHIPPED = "link_catalog.yaml"


@pytest.mark.parametrize(
    ("query", "language", "heading"),
    [
        ("", "nb", "Alle innmeldinger, én inngang"),
        ("?lang=nn", "nn", "Alle innmeldingar, éin inngang"),
        ("?lang=en", "en", "Every report, one entrance"),
        ("?lang=xx", "nb", "Alle innmeldinger, én inngang"),
    ],
)
def test_it_speaks_three_languages(world: World, query: str, language: str, heading: str) -> None:
    page = world.browser().open(f"{world.origin}/{query}")
    assert page.tree.get("lang") == language
    assert [one.text_content() for one in page.tree.iter("h1")] == [heading]


def test_it_ignores_who_is_asking(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    mine, anyones = browser.open(f"{world.origin}/"), world.browser().open(f"{world.origin}/")
    assert mine.response.content == anyones.response.content
    assert "public" in mine.response.headers["Cache-Control"]
    assert "Set-Cookie" not in mine.response.headers


def test_it_is_not_sent_again_when_nothing_changed(world: World) -> None:
    etag = world.browser().open(f"{world.origin}/").response.headers["ETag"]
    answer = world.egress.send("GET", f"{world.origin}/", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")


def test_it_stands_when_the_database_is_gone(world: World) -> None:
    with world.app_with(database_url="postgresql://127.0.0.1:9/gone") as client:
        assert client.get("/", base_url=world.origin).status_code == 200
        client.set_cookie("portal-session", "x", domain="127.0.0.1")
        for path in ("/health/ready", "/mine", "/metrics"):
            assert client.get(path, base_url=world.origin).status_code == 503
        assert client.get("/health/live", base_url=world.origin).status_code == 200


def test_a_login_says_so_when_helseid_is_gone(world: World) -> None:
    with world.app_with(helseid_issuer="http://127.0.0.1:9") as client:
        answer = client.get("/login", base_url=world.origin)
    assert answer.status_code == 503
    assert "svarer ikke" in answer.text


def test_a_publish_shows_at_the_next_look_and_needs_the_revision_in_force(
    world: World, request: pytest.FixtureRequest
) -> None:
    shipped = catalogue_file.read(request.config.rootpath / SHIPPED)
    before = world.browser().open(f"{world.origin}/").response.text
    assert "Helsebiblioteket" not in before
    with pytest.raises(CatalogueRejected):
        publish(world.settings, shipped, by="test", based_on=None)
    revision = publish(world.settings, shipped, by="test", based_on=1)
    assert revision == 2
    world.app.extensions["public_pages"].refresh()
    after = world.browser().open(f"{world.origin}/").response.text
    assert "Helsebiblioteket" in after
    assert 'data-zone="internett"' in after


def test_it_can_be_published_where_two_sockets_tell_the_zone(world: World, tmp_path: Path) -> None:
    listen = {"helsenett": "unix:/run/a.sock", "internett": "unix:/run/b.sock"}
    settings = world.settings.model_copy(update={"state_dir": tmp_path / "host", "listen": listen})
    demo = world.app.extensions["portal"].shelf.stock().catalogue
    assert publish(settings, demo, by="test", based_on=1) == 2


def test_each_zone_has_its_own_page(world: World, tmp_path: Path) -> None:
    with world.app_with(Edges(zone_of=lambda _: "helsenett"), state_dir=tmp_path / "other-host") as client:
        page = client.get("/", base_url=world.origin).text
    assert 'data-zone="helsenett"' in page


def test_every_answer_wears_the_headers(world: World) -> None:
    browser = world.browser()
    for path in ("/", "/mine", "/nowhere", "/api/nowhere", "/health/live", "/static/portal.css", "/oauth/authorize"):
        headers = browser.step(Hop("GET", f"{world.origin}{path}")).response.headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert headers["Cache-Control"]


def test_the_contract_is_served_and_names_every_api_route(world: World) -> None:
    contract = world.egress.send("GET", f"{world.origin}/api/openapi.json").json()
    served = {
        str(rule).replace("<", "{").replace(">", "}")
        for rule in world.app.url_map.iter_rules()
        if str(rule).startswith(("/api/", "/oauth/", "/fhir/", "/.well-known/", "/health/"))
        and not str(rule).startswith(("/api/openapi.json", "/oauth/confirm", "/fhir/style/"))
    }
    assert served == set(contract["paths"])
    assert {one["release"] for one in contract["x-context-variables"]} >= {"patient_number", "hpr", "organisation"}


@pytest.mark.parametrize(
    "path", ["/k/%00/", "/go/%00", "/oauth/authorize?client_id=%00&request_uri=x", "/start?code=%00"]
)
def test_a_nul_is_refused_on_either_database(world: World, path: str) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    assert browser.step(Hop("GET", f"{world.origin}{path}")).status == 400
    assert browser.step(Hop("POST", f"{world.origin}/start", {"code": "a\0b"})).status == 400


def test_a_head_begins_nothing(world: World) -> None:
    browser = world.browser()
    for path in ("/login", "/start/videre/a", "/login/callback", "/mine", "/oauth/authorize"):
        assert browser.step(Hop("HEAD", f"{world.origin}{path}")).status == 405
    for path in ("/", "/health/live", "/static/portal.css", "/.well-known/openid-configuration"):
        assert browser.step(Hop("HEAD", f"{world.origin}{path}")).status == 200
