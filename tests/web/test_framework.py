"""The framework's pages say in three languages what the code does, and nothing else."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html
from support.copied import blocks, every_curl, filled, parsed, source

from portal import errors
from portal.app import create_app
from portal.demo import environment, keys, ports
from portal.domain import oids
from portal.domain.bodies import WritebackPut
from portal.domain.client_registration import Client
from portal.domain.launch_failure import Code
from portal.domain.target_bodies import ContextResponse, FhirContextItem, TokenResponse
from portal.lifetimes import Lifetimes
from portal.settings import Settings
from portal.web.framework import text
from portal.web.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

INLINE = "//script[not(@src)] | //style | //@style | //@*[starts-with(name(), 'on')]"
SYNTHETIC = {"31817541278"}
ELSEWHERE = (
    "https://www.rfc-editor.org/rfc/",
    "https://openid.net/specs/",
    "https://hl7.org/fhir/smart-app-launch/",
    "https://utviklerportal.nhn.no",
)
API_FAMILIES: tuple[type[errors.PortalError], ...] = (
    errors.RequestRejected,
    errors.TokenRejected,
    errors.HandoverRejected,
    errors.DocumentRejected,
)
API_SINGLES = (
    errors.PortalError("internal"),
    errors.Unavailable("unavailable"),
    errors.NotFound("document_unknown"),
    errors.NotAllowed("unknown_host"),
)
UNITS = {"sek": 1, "sec": 1, "min": 60, "tim": 3600, "hou": 3600}
BLOCKS = ("h1", "h2", "h3", "p", "pre", "ul", "ol", "li", "table", "tr", "td", "figure", "div", "code")
EVERY = [(language, name) for language in LANGUAGES for name in text.ORDER]
OTHERS = [(language, name) for language, name in EVERY if language != "nb"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("app")
    made = create_app(Settings.from_env(environment.make(folder, ports.ephemeral(), keys.fresh(), {})))
    yield made
    made.extensions["portal"].database.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def got(client: FlaskClient, path: str, **headers: str) -> Any:
    base_url = client.application.extensions["portal"].settings.base_url
    return client.get(path, base_url=base_url, headers=headers)


def parsed_html(content: str) -> Any:
    return html.fromstring(content)


def tables(language: str, name: str) -> list[list[list[str]]]:
    """Every table of a page: rows of cells."""
    found = re.findall(r"(?:^\|.*\|\n)+", source(language, name), re.MULTILINE)
    return [[[cell.strip() for cell in row[1:-1].split("|")] for row in one.splitlines()[2:]] for one in found]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_every_page_is_there_in_every_language(client: FlaskClient, language: str, name: str) -> None:
    answer = got(client, f"/rammeverk/{'' if name == text.FIRST else name}?lang={language}")
    tree = parsed_html(answer.text)
    assert answer.status_code == 200
    assert tree.get("lang") == language
    assert [one.text_content() for one in tree.iter("h1")] == [source(language, name).splitlines()[0][2:]]
    assert len(tree.xpath("//nav//a[@aria-current='page']")) == 1
    assert len(tree.xpath("//nav[@id='sider']//a")) == len(text.ORDER)
    assert tree.xpath(INLINE) == []
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_headings_go_down_one_step_at_a_time(language: str, name: str) -> None:
    content = parsed_html(text.page(language, name, "https://a.example").content)
    levels = [int(one.tag[1]) for one in content.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_no_page_is_left_out_of_the_order() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in (text.PAGES / language).iterdir()} == set(text.ORDER)


@pytest.mark.parametrize("path", ["finnes-ikke", "index.md", "..%2Fnb%2Findex"])
def test_there_is_no_other_page(client: FlaskClient, path: str) -> None:
    assert got(client, f"/rammeverk/{path}").status_code == 404


def test_anybodys_cache_may_keep_a_page_and_it_is_not_sent_twice(client: FlaskClient) -> None:
    answer = got(client, "/rammeverk/feil?lang=nn", Cookie="lang=en")
    assert answer.cache_control.public
    assert "Set-Cookie" not in answer.headers
    assert parsed_html(answer.text).get("lang") == "nn"
    assert parsed_html(got(client, "/rammeverk/feil", Cookie="lang=en").text).get("lang") == "nb"
    again = got(client, "/rammeverk/feil?lang=nn", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_the_address_is_this_portals_own(language: str, name: str) -> None:
    assert text.EXAMPLE not in text.page(language, name, "https://a.example").content


def shape(language: str, name: str) -> list[str]:
    """What a page is made of, without its words: kinds of blocks, sizes of tables, who speaks to whom in a diagram."""
    tree = parsed_html(text.page(language, name, text.EXAMPLE).content)
    return [
        f"{one.tag} {one.get('data-left')} {one.get('class')} {one.get('data-right')}" for one in tree.iter(*BLOCKS)
    ]


@pytest.mark.parametrize(("language", "name"), OTHERS)
def test_every_language_says_the_same(language: str, name: str) -> None:
    assert shape(language, name) == shape("nb", name)
    kinds = ("sh", "json", "python", "")
    assert blocks(language, name, *kinds) == blocks("nb", name, *kinds)
    ours, theirs = tables(language, name), tables("nb", name)
    cells = [[[named(cell) for cell in row] for row in one] for one in ours]
    assert cells == [[[named(cell) for cell in row] for row in one] for one in theirs]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_oauth_error_is_told_with_its_status_and_no_other(language: str) -> None:
    told = {(named(row[0])[0], int(row[1])) for row in tables(language, "feil")[0]}
    assert told == set(errors.OAuthError.codes.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_that_a_target_meets_is_told_with_its_status_and_no_other(language: str) -> None:
    told = {(named(row[0])[0], int(row[1])) for row in tables(language, "feil")[1]}
    known = {row for family in API_FAMILIES for row in family.codes.items()}
    assert told == known | {(one.code, one.status) for one in API_SINGLES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_for_a_failed_launch_is_told(language: str) -> None:
    assert [named(row[0])[0] for row in tables(language, "feil")[2]] == list(Code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_context_variable_is_told_with_its_systems_and_resource(language: str) -> None:
    told = [(named(row[0]), set(named(row[1])), row[2].split(",")[0]) for row in tables(language, "kontekst")[0]]
    known = [
        ([one.release], set(filter(None, one.system.split(" | "))), one.resource) for one in oids.CONTEXT_VARIABLES
    ]
    assert told == known


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_an_answer_is_told(language: str) -> None:
    told = [name for row in tables(language, "kontekst")[1] for name in named(row[0])]
    assert sorted(told) == sorted(TokenResponse.model_fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_registration_is_told(language: str) -> None:
    told = [name for row in tables(language, "registrering")[0] for name in named(row[0])]
    assert sorted(told) == sorted(Client.model_fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_document_is_told(language: str) -> None:
    told = [name for row in tables(language, "tilbakeskriving")[0] for name in named(row[0])]
    assert sorted(told) == sorted(WritebackPut.model_fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_times_are_the_defaults(language: str) -> None:
    said = [re.match(r"(\d+) ([a-z]{3})", row[1]) for row in tables(language, "krav")[0]]
    told = [timedelta(seconds=int(one[1]) * UNITS[one[2]]) for one in said if one]
    lives = ("launch", "launch_context", "request_uri", "code", "access_token", "writeback")
    assert told == [Lifetimes.model_fields[life].default for life in lives]


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_no_number_could_be_somebodys(language: str, name: str) -> None:
    assert set(re.findall(r"(?<!\d)\d{11}(?!\d)", source(language, name))) <= SYNTHETIC


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_no_link_leads_nowhere(app: Flask, client: FlaskClient, language: str, name: str) -> None:
    base_url = app.extensions["portal"].settings.base_url
    tree = parsed_html(text.page(language, name, base_url).content)
    for address in tree.xpath("//a/@href"):
        if address.startswith("/"):
            path, _, anchor = address.partition("#")
            answer = got(client, path)
            assert answer.status_code == 200, address
            assert parsed_html(answer.text).get("lang") == language
            assert not anchor or parsed_html(answer.text).xpath("//*[@id=$id]", id=anchor), address
        elif address.startswith(base_url):
            assert got(client, address.removeprefix(base_url)).status_code == 200, address
        else:
            assert address.startswith(ELSEWHERE), address


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_links_between_pages_lead_somewhere_on_a_code_host_too(language: str, name: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", source(language, name))
    assert [target for target in targets if not (text.PAGES / language / target).exists()] == []


@pytest.mark.parametrize(("name", "command"), every_curl())
def test_a_request_is_for_a_path_of_ours_and_has_the_fields_that_it_takes(
    app: Flask, client: FlaskClient, name: str, command: str
) -> None:
    copied = parsed(filled(command, str, lambda *_: "x"), next(iter(blocks("nb", name, "json")), ""))
    path = copied.path.partition("?")[0]
    app.url_map.bind("").match(path, method=copied.method)
    described = got(client, "/api/openapi.json").get_json()
    template = next(one for one in described["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path))
    operation = described["paths"][template][copied.method.lower()]
    if "requestBody" in operation:
        sent = copied.form or json.loads(copied.body)
        schemas = list(resolved(operation["requestBody"]["content"], described))
        assert any(set(one["required"]) <= sent.keys() <= one["properties"].keys() for one in schemas), sent


def resolved(content: dict[str, Any], described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects that a body may be."""
    for media in content.values():
        for one in media["schema"].get("oneOf", [media["schema"]]):
            yield described["components"]["schemas"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one


def test_the_registration_holds() -> None:
    Client.model_validate_json(blocks("nb", "registrering", "json")[0])


def test_the_answers_are_what_we_answer() -> None:
    (token,), (context,) = blocks("nb", "oppstart", "json"), blocks("nb", "uten-oauth", "json")
    for written, model in ((token, TokenResponse), (context, ContextResponse)):
        assert json.loads(written).keys() <= model.model_fields.keys()
        model.model_validate_json(written)
    (items,) = blocks("nb", "kontekst", "json")
    known = {system for one in oids.CONTEXT_VARIABLES for system in one.system.split(" | ")}
    assert {FhirContextItem.model_validate(item).identifier.system for item in json.loads(items)} <= known


def test_the_document_holds() -> None:
    wanted = WritebackPut.model_validate_json(blocks("nb", "tilbakeskriving", "json")[0])
    assert sha256(b64decode(wanted.pdf or "")).hexdigest() == wanted.pdf_sha256
